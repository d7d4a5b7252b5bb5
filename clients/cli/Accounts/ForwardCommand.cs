using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary><c>orc account forward</c>: one account ahead of its time.</summary>
static class ForwardCommand
{
    public static Command Build(Terminal terminal)
    {
        var id = new Argument<string>("account") { Description = "The account's id" };
        var time = new Option<string?>("--for") { Description = "How long it is left alone at the end, for example 30d: what if it stays silent?" };
        var signals = Many("--signal", "A signal as `AFTER TYPE [ADDRESS] [name=value ...]`, for example `3d page.viewed ann@acme.example topic=pricing`; may be given several times, in order");
        var leaves = Many("--leaves", "`AFTER ROLE`: whoever has the role leaves, for example `5d champion`; happens after all signals");
        var draft = new Option<string?>("--playbook") { Description = "A file to go by instead of the version that the account is under" };
        var command = new Command("forward", "Runs one account ahead, in memory, with the same code and a clock of its own; changes nothing") { id, time, signals, leaves, draft };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var request = new ForwardRequest { Account = parsed.GetValue(id)! };
            request.Steps.AddRange(parsed.GetValue(signals)!.Select(SignalOf));
            request.Steps.AddRange(parsed.GetValue(leaves)!.Select(LeaveOf));
            if (parsed.GetValue(time) is { } silent)
            {
                request.Steps.Add(new ForwardStep { After = Duration.FromTimeSpan(Durations.Parse(silent, "--for")) });
            }

            if (request.Steps.Count == 0)
            {
                throw new CommandFailure(Exit.Usage, "expected `--for`, `--signal` or `--leaves`, found none: nothing would happen");
            }

            if (parsed.GetValue(draft) is { } file)
            {
                Files.MustExist(file);
                (request.File, request.Text) = (file, await File.ReadAllTextAsync(file, session.Cancellation));
            }

            var response = await session.Client.Authoring.Forward(request, session.Repeatable());
            return session.Answer(response, print =>
            {
                print.Table(["AT", "KIND", "WHAT"], response.Events.Select(e => (string[])[Printing.Show(e.At), e.Kind, e.Text]), "nothing happens");
                print.Line();
                print.Facts(
                    ("until", Printing.Show(response.To)),
                    ("stage", response.StageBefore == response.StageAfter ? response.StageAfter : $"{response.StageBefore} -> {response.StageAfter}"),
                    ("open actions", string.Join(", ", response.OpenActions)));
            });
        });
    }

    static ForwardStep SignalOf(string given)
    {
        var words = given.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2)
        {
            throw new CommandFailure(Exit.Usage, $"expected `AFTER TYPE [ADDRESS] [name=value ...]` behind `--signal`, found `{given}`");
        }

        var signal = new HypotheticalSignal { Type = words[1] };
        foreach (var word in words.Skip(2))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                signal.Properties[word[..equals]] = word[(equals + 1)..];
                continue;
            }

            var colon = word.IndexOf(':', StringComparison.Ordinal);
            signal.Identifiers.Add(colon > 0 ? new Identifier { Kind = word[..colon], Value = word[(colon + 1)..] } : new Identifier { Kind = "email", Value = word });
        }

        return new ForwardStep { After = After(words[0], given), Signal = signal };
    }

    static ForwardStep LeaveOf(string given) =>
        given.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var after, var role]
            ? new ForwardStep { After = After(after, given), Leaves = role }
            : throw new CommandFailure(Exit.Usage, $"expected `AFTER ROLE` behind `--leaves`, found `{given}`");

    // `0` needs no unit.
    static Duration After(string text, string given) => text == "0" ? new Duration() : Duration.FromTimeSpan(Durations.Parse(text, given));

    static Option<string[]> Many(string name, string description) => new(name) { Description = description, DefaultValueFactory = _ => [] };
}
