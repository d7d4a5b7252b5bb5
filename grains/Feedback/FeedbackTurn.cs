using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Feedback;

/// <summary>Takes feedback that goes a way which the playbook declares, and its answers.</summary>
internal static class FeedbackTurn
{
    public static string? Fault(Signal signal, SignalMeaning meaning, Playbook playbook, Account? account)
    {
        if (meaning == SignalMeaning.FeedbackAnswered)
        {
            var id = DealingsTurn.Text(signal, "feedback");
            return account is null || account.Dealings?.Feedback.Any(f => f.Id == id) == true ? null : $"no feedback `{id}` was given at this account, or it is long ago";
        }

        var (from, to) = (DealingsTurn.Text(signal, "from"), DealingsTurn.Text(signal, "to"));
        var (kind, about) = AboutOf(signal, account);
        if (FlowOf(playbook, from, to, kind) is null)
        {
            return $"no feedback goes from `{from}` to `{to}` about `{kind}`; declared are {Flows(playbook)}";
        }

        return Known(playbook, kind) is { } known && about.Length > 0 && !known.Contains(about)
            ? $"the playbook has no {kind} `{about}`{(Words.Nearest(about, known) is { } near ? $"; did you mean `{near}`?" : "")}"
            : kind == "promise" && about.Length > 0 && account is not null && account.Dealings?.FindPromise(about) is null
                ? $"nobody promised `{about}` to this account"
                : null;
    }

    public static void Take(TurnBuilder turn, Playbook playbook, SignalMeaning meaning, Signal signal, DateTimeOffset time)
    {
        if (meaning == SignalMeaning.FeedbackAnswered)
        {
            var changed = signal.Properties.TryGetValue("changed-in", out var version) && version.KindCase == Value.KindOneofCase.Integer ? (int)Math.Clamp(version.Integer, 0, int.MaxValue) : 0;
            turn.Add(new DealingsEvent.FeedbackAnswered(DealingsTurn.Text(signal, "feedback"), DealingsTurn.Text(signal, "text"), DealingsTurn.By(signal), changed, time));
            return;
        }

        var (from, to) = (DealingsTurn.Text(signal, "from"), DealingsTurn.Text(signal, "to"));
        var (kind, about) = AboutOf(signal, turn.Account);
        var action = turn.Account.OpenActions.FirstOrDefault(a => a.Id == signal.Action);
        var said = signal.Properties.TryGetValue("version", out var of) && of.KindCase == Value.KindOneofCase.Integer ? (int)Math.Clamp(of.Integer, 0, int.MaxValue) : 0;
        turn.Add(new DealingsEvent.FeedbackGiven(new GivenFeedback(
            signal.Id, from, to, kind, about, Known(playbook, kind) is null ? 0 : said > 0 ? said : action?.PlaybookVersion ?? playbook.Version, signal.Action,
            DealingsTurn.Text(signal, "verdict"), DealingsTurn.Text(signal, "text"), DealingsTurn.By(signal), time)
        {
            DueAt = FlowOf(playbook, from, to, kind)?.AnswerWithin is { } within ? time.Forth(within) : null,
        }));
    }

    public static void Judge(TurnBuilder turn, DateTimeOffset at)
    {
        foreach (var feedback in turn.Account.Dealings?.Feedback ?? [])
        {
            if (feedback.AnsweredAt is null && feedback.LateSince is null && feedback.DueAt <= at)
            {
                turn.Add(new DealingsEvent.FeedbackLate(feedback.Id, feedback.DueAt.Value));
            }
        }
    }

    public static DateTimeOffset? NextChange(Account account)
    {
        DateTimeOffset? next = null;
        foreach (var feedback in account.Dealings?.Feedback ?? [])
        {
            next = feedback is { AnsweredAt: null, LateSince: null, DueAt: { } due } && (next is null || due < next) ? due : next;
        }

        return next;
    }

    private static FeedbackDefinition? FlowOf(Playbook playbook, string from, string to, string kind) =>
        playbook.Definition.Feedback.FirstOrDefault(f => f.From.Id == from && f.To.Any(t => t.Id == to) && f.About.Contains(kind));

    /// <summary>`play:send-case-study`, or a kind alone with the id from the action at hand or from `of`.</summary>
    private static (string Kind, string Id) AboutOf(Signal signal, Account? account)
    {
        var about = DealingsTurn.Text(signal, "about");
        var colon = about.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            return (about[..colon].Trim(), about[(colon + 1)..].Trim());
        }

        var action = account?.OpenActions.FirstOrDefault(a => a.Id == signal.Action);
        return (about, DealingsTurn.Text(signal, "of") is { Length: > 0 } of ? of : about switch { "play" => action?.Play ?? "", "treatment" => action?.Treatment ?? "", _ => "" });
    }

    /// <summary>The ids of a kind of thing that stands in the playbook; null: that kind does not.</summary>
    private static List<string>? Known(Playbook playbook, string kind) => kind switch
    {
        "play" => [.. playbook.Definition.Plays.Select(p => p.Id)],
        "treatment" => [.. playbook.Definition.Plays.SelectMany(p => p.Treatments).Select(t => t.Id)],
        "signal" => [.. playbook.Signals.Keys],
        "transition" or "rule" => [.. playbook.Definition.Transitions.Select(t => t.Id)],
        "stage" => [.. playbook.Definition.Stages.Select(s => s.Id)],
        "score" => [.. playbook.Definition.Scores.Select(s => s.Id)],
        "expectation" => [.. playbook.Definition.Experience.Select(e => $"{e.Stage.Id}/{e.Role.Id}")],
        _ => null,
    };

    private static string Flows(Playbook playbook) => playbook.Definition.Feedback.Length == 0
        ? "no ways at all"
        : string.Join("; ", playbook.Definition.Feedback.Select(f => $"from `{f.From.Id}` to {string.Join(" or ", f.To.Select(t => $"`{t.Id}`"))} about {string.Join(", ", f.About.Select(a => $"`{a}`"))}"));
}
