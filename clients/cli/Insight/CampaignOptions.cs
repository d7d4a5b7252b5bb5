using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orchestrator.V1;

namespace Orchestrator.Cli.Insight;

/// <summary><c>orc insight contrast --play</c>: a play for those who have not done yet what goes with success.</summary>
sealed class CampaignOptions
{
    readonly Option<string?> play = new("--play") { Description = "Drafts a play for those who have not done it yet: the surest thing, or one as in the table, `product.used{feature=report}`", Arity = ArgumentArity.ZeroOrOne };
    readonly Option<string[]> stages = new("--stages") { Description = "With `--play`: whose accounts are addressed; by default the stages that `--transition` leaves", AllowMultipleArgumentsPerToken = true };
    readonly Option<string?> department = new("--department") { Description = "With `--play`: who does it; else people are addressed directly" };
    readonly Option<string?> channel = new("--channel") { Description = "With `--play`: by default `task` with a department, else `in-app`" };
    readonly Option<string?> marks = new("--marks") { Description = "With `--play`: writes signals to this file that mark the accounts, where conditions cannot know who did it; `orc record` takes it" };

    public void AddTo(Command command)
    {
        command.Add(play);
        command.Add(stages);
        command.Add(department);
        command.Add(channel);
        command.Add(marks);
    }

    public bool IsAsked(ParseResult parsed) => parsed.GetResult(play) is not null;

    public async Task<int> RunAsync(ParseResult parsed, Session session, ContrastRequest contrast)
    {
        var request = new DraftCampaignRequest
        {
            Contrast = contrast,
            Did = parsed.GetValue(play) ?? "",
            Stages = { (parsed.GetValue(stages) ?? []).SelectMany(s => s.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) },
            Department = parsed.GetValue(department) ?? "",
            Channel = parsed.GetValue(channel) ?? "",
        };
        var draft = await session.Client.Insight.DraftCampaign(request, session.Lasting(session.Cancellation));
        if (draft.Mark.Length > 0 && parsed.GetValue(marks) is { } file)
        {
            await File.WriteAllLinesAsync(file, draft.Accounts.Select(account => MarkOf(account, draft.Mark)), session.Cancellation);
            await session.Terminal.Error.WriteLineAsync($"{draft.Accounts.Count.ToString(CultureInfo.InvariantCulture)} signals are in {file}; record them after the play is published");
        }

        // The fragment alone, so that it can be redirected to a file.
        return session.Answer(draft, _ => session.Terminal.Out.Write(draft.Fragment));
    }

    static string MarkOf(string account, string mark) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["id"] = $"{mark}-{account}",
        ["type"] = "account.updated",
        ["account"] = account,
        ["source"] = "orc insight contrast",
        ["properties"] = new Dictionary<string, object> { [mark] = new Dictionary<string, bool> { ["flag"] = true } },
    });
}
