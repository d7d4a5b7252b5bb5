using System.CommandLine;
using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary><c>orc account corrections</c>, and the part of an account's page about what came late.</summary>
static class LatenessPage
{
    public static Command Build(Terminal terminal)
    {
        var id = new Argument<string>("account") { Description = "The account's id" };
        var tolerance = new Option<string?>("--tolerance") { Description = "How much later than others a signal may come, for example 5m; without it, as the playbook says" };
        var command = new Command("corrections", "Judges an account's history anew in the order in which it happened: what came late, and which decisions would have been others") { id, tolerance };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var allowed = parsed.GetValue(tolerance) is { } text ? (long)Durations.Parse(text, "--tolerance").TotalSeconds : 0;
            var response = await session.Client.Accounts.Corrections(new() { Account = parsed.GetValue(id), ToleranceSeconds = allowed }, session.Repeatable());
            return session.Answer(response, print => Print(print, response));
        });
    }

    public static void Print(Printing print, AccountLateness? lateness)
    {
        if (lateness is null || lateness.LateSignals == 0)
        {
            return;
        }

        print.Line();
        print.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{lateness.LateSignals} signals came late; {lateness.ChangedDecisions} decisions would have been others, {lateness.DoneInError} of them done meanwhile{(lateness.CorrectsAt is null ? "" : $"; judged anew at {Printing.Show(lateness.CorrectsAt)}")}"));
        foreach (var correction in lateness.Corrections)
        {
            Print(print, correction, $"put right at {Printing.Show(correction.At)}");
        }
    }

    static void Print(Printing print, CorrectionsResponse response)
    {
        print.Table(
            ["LATE SIGNAL", "TYPE", "CONTACT", "HAPPENED", "CAME"],
            response.Late.Select(late => (string[])[late.Id, late.Type, late.Contact, Printing.Show(late.HappenedAt), Printing.Show(late.CameAt)]),
            "no signal came late");
        if (response.LateCount > response.Late.Count)
        {
            print.Line(string.Create(CultureInfo.InvariantCulture, $"and {response.LateCount - response.Late.Count} more"));
        }

        if (response.Would is { } would)
        {
            Print(print, would, "in order");
        }

        Print(print, response.Made);
    }

    static void Print(Printing print, Correction correction, string title)
    {
        print.Line();
        print.Line($"{title}, since {Printing.Show(correction.Since)}: {Outcome(correction)}");
        if (correction.Rooms.Count > 0)
        {
            print.Table(["PUT RIGHT", "WHAT"], correction.Rooms.SelectMany(room => room.Changes.Select(change => (string[])[room.Room, change])), "");
        }

        if (correction.Changed.Count > 0)
        {
            print.Table(
                ["CHANGED", "PLAY", "CHANNEL", "FOR", "DECIDED", "ACTION", "WHY"],
                correction.Changed.Select(c => (string[])[Word(c.Kind), c.Play, c.Channel, c.Contact, Printing.Show(c.At), c.ActionId, c.Why]),
                "");
        }

        if (correction.Unlisted > 0)
        {
            print.Line(string.Create(CultureInfo.InvariantCulture, $"and {correction.Unlisted} more"));
        }
    }

    static string Outcome(Correction correction)
    {
        if (correction.Undetermined.Length > 0)
        {
            return $"it cannot be said: {correction.Undetermined}";
        }

        List<string> said = correction.StageBefore == correction.StageAfter ? [] : [$"stage {correction.StageAfter} instead of {correction.StageBefore}"];
        said.AddRange(correction.Also);
        return said.Count > 0 ? string.Join("; ", said) : correction.Changed.Count + correction.Rooms.Count > 0 ? "the same stage" : "nothing is different";
    }

    static string Word(ChangedDecision.Types.Kind kind) => kind switch
    {
        ChangedDecision.Types.Kind.Revoked => "taken back",
        ChangedDecision.Types.Kind.Done => "done, would not have been",
        ChangedDecision.Types.Kind.Ended => "would not have been",
        ChangedDecision.Types.Kind.Missed => "would have been",
        _ => kind.ToString(),
    };
}
