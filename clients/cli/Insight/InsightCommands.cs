using System.CommandLine;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;

namespace Orchestrator.Cli.Insight;

/// <summary><c>orc insight</c>: what can be learned from all accounts together.</summary>
static class InsightCommands
{
    public static Command Build(Terminal terminal) => new("insight", "Tells what can be learned from all accounts together")
    {
        Contrast(terminal),
        IcpCommand.Build(terminal),
    };

    static Command Contrast(Terminal terminal)
    {
        var reached = new Option<string?>("--reached") { Description = "Who reached a set of milestones, `onboarding`, or one of them, `onboarding/first-value`, against who did not in time" };
        var transition = new Option<string?>("--transition") { Description = "Who went through this transition, such as `renewed`, against `--versus`" };
        var versus = new Option<string?>("--versus") { Description = "The transition of the others, such as `churned`" };
        var promoters = new Option<bool>("--promoters") { Description = "Promoters against detractors, by their latest answer" };
        var within = new Option<string?>("--within") { Description = "The time to reach milestones; by default as the playbook says" };
        var window = new Option<string?>("--window") { Description = "What was done in so long after the start (milestones, 14d) or before the outcome (else, 90d) counts" };
        var confidence = new Option<double>("--confidence") { Description = "0.8, 0.9, 0.95 or 0.99", DefaultValueFactory = _ => 0.95 };
        var least = new Option<int>("--least") { Description = "Leaves out what fewer accounts did, or all but fewer", DefaultValueFactory = _ => 5 };
        var limit = new Option<int>("--limit") { Description = "Most rows, 1 to 1000", DefaultValueFactory = _ => 20 };
        var campaign = new CampaignOptions();
        var command = new Command("contrast", "What those who succeeded did and the others did not, from the recorded history of every account, with counts, difference, lift and intervals")
        {
            reached, transition, versus, promoters, within, window, confidence, least, limit,
        };
        campaign.AddTo(command);
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var request = new ContrastRequest { Confidence = parsed.GetValue(confidence), Least = parsed.GetValue(least), Limit = parsed.GetValue(limit) };
            Choose(request, parsed.GetValue(reached), parsed.GetValue(transition), parsed.GetValue(versus), parsed.GetValue(promoters));
            request.Within = parsed.GetValue(within) is { } time ? Duration.FromTimeSpan(Durations.Parse(time, "--within")) : null;
            request.Window = parsed.GetValue(window) is { } span ? Duration.FromTimeSpan(Durations.Parse(span, "--window")) : null;
            if (campaign.IsAsked(parsed))
            {
                return await campaign.RunAsync(parsed, session, request);
            }

            var response = await session.Client.Insight.Contrast(request, session.Lasting(session.Cancellation));
            return session.Answer(response, print => Print(print, response));
        });
    }

    static void Choose(ContrastRequest request, string? reached, string? transition, string? versus, bool promoters)
    {
        var chosen = (reached is null ? 0 : 1) + (transition is null && versus is null ? 0 : 1) + (promoters ? 1 : 0);
        if (chosen != 1)
        {
            throw new CommandFailure(Exit.Usage, $"expected one of `--reached`, `--transition` with `--versus`, and `--promoters`, found {(chosen == 0 ? "none" : "more than one")}");
        }

        if (reached is not null)
        {
            request.Reached = reached;
        }
        else if (promoters)
        {
            request.Promoters = true;
        }
        else
        {
            request.Transitions = transition is not null && versus is not null
                ? new ContrastTransitions { Succeeded = transition, Failed = versus }
                : throw new CommandFailure(Exit.Usage, $"`--transition` and `--versus` belong together, found only `{(transition is null ? "--versus" : "--transition")}`");
        }
    }

    static void Print(Printing print, ContrastResponse response)
    {
        print.Line($"{response.Succeeded} accounts succeeded, {response.Others} did not, {response.Neither} are in neither group{(response.Since is null ? "" : $"; history since {Printing.Show(response.Since)}")}");
        print.Line();
        print.Table(
            ["WHAT WAS DONE", "SUCCEEDED WITH", "WITHOUT", "DIFFERENCE", "LIFT"],
            response.Rows.Select(row => (string[])
            [
                row.Did, Of(row.Succeeded, row.All), Of(row.OthersSucceeded, row.Others),
                $"{Points(row.Difference.Value)} ({Points(row.Difference.Low)} to {Points(row.Difference.High)})",
                $"x{Number(row.Lift.Value)} ({Number(row.Lift.Low)} to {Number(row.Lift.High)})",
            ]),
            "nothing was done often enough to compare; `--least` lowers the bar");
        print.Line($"{response.Compared} things compared at a confidence of {Number(response.Confidence)}: what goes together is not yet what causes");
    }

    static string Of(long count, long all) => all == 0 ? "0 of 0" : $"{count} of {all} ({Number(100.0 * count / all)} %)";

    static string Points(double share) => (100 * share).ToString("+0.#;-0.#;0", CultureInfo.InvariantCulture);

    static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
