using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms.Levels;

namespace Orchestrator.Grains.Requests;

/// <summary>Tells the next higher one that somebody did not act in time, and goes on telling until there is an answer.</summary>
internal static class Escalations
{
    /// <summary>Each level waits twice as long as the one before, but never longer than this: an account that nobody ever answers for costs next to nothing.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    /// <summary>A request was not answered.</summary>
    /// <param name="asked">The department that was asked.</param>
    public static void Raise(TurnBuilder turn, Playbook playbook, Request unanswered, int level, string asked) =>
        Raise(
            turn,
            playbook,
            new Request.Escalation(unanswered, level) { Subject = unanswered.Subject, Reasons = unanswered.Reasons, Packet = unanswered.Packet, Within = Longer(unanswered.Within) },
            asked,
            $"the {unanswered.Kind} of `{unanswered.Subject}` was not answered within {Show(unanswered.Within)}{(asked.Length > 0 ? $" by {asked}" : "")}");

    /// <summary>An escalation was not answered either: the next level.</summary>
    public static void Raise(TurnBuilder turn, Playbook playbook, Request.Escalation escalation, string asked) =>
        Raise(
            turn,
            playbook,
            escalation with { Level = escalation.Level < int.MaxValue ? escalation.Level + 1 : int.MaxValue, Within = Longer(escalation.Within) },
            asked,
            $"nobody answered escalation {escalation.Level.ToString(CultureInfo.InvariantCulture)} of `{escalation.Subject}`");

    /// <summary>An account stayed in a stage for longer than agreed.</summary>
    public static void Overdue(TurnBuilder turn, Playbook playbook, StageDefinition stage, StageSla sla) =>
        Raise(
            turn,
            playbook,
            new Request.Escalation(null, 1) { Subject = stage.Id, Within = sla.Within < LongestWait ? sla.Within : LongestWait },
            stage.Accountable?.Id ?? "",
            $"the account stayed in stage `{stage.Id}` longer than {Show(sla.Within)}{(sla.Then == SlaBreach.Reassign ? ": somebody else must take it over" : "")}");

    /// <summary>First the department that answers for the stage, then whoever answers for the whole lifecycle.</summary>
    private static void Raise(TurnBuilder turn, Playbook playbook, Request.Escalation escalation, string asked, string reason)
    {
        if (turn.Silent || turn.Context.Level < FormLevels.OfRevenueModel)
        {
            // What was overdue in history that is loaded is nobody's task any more. And an older silo beside this one knows of no task that comes from no play.
            return;
        }

        var accountable = playbook.Stages.TryGetValue(turn.Account.Stage, out var stage) ? stage.Definition.Accountable?.Id : null;
        var owner = escalation.Level > 1 || accountable is null ? OwnerOf.EndToEnd(turn.Account, playbook) : "";
        RequestTurn.Ask(turn, playbook, escalation, accountable ?? asked, owner, reason);
    }

    private static TimeSpan Longer(TimeSpan within) => within < LongestWait / 2 ? within * 2 : LongestWait;

    /// <summary>A duration as a playbook writes it.</summary>
    internal static string Show(TimeSpan span) =>
        span.Ticks % TimeSpan.TicksPerDay == 0 ? $"{(span.Ticks / TimeSpan.TicksPerDay).ToString(CultureInfo.InvariantCulture)}d"
        : span.Ticks % TimeSpan.TicksPerHour == 0 ? $"{(span.Ticks / TimeSpan.TicksPerHour).ToString(CultureInfo.InvariantCulture)}h"
        : span.Ticks % TimeSpan.TicksPerMinute == 0 ? $"{(span.Ticks / TimeSpan.TicksPerMinute).ToString(CultureInfo.InvariantCulture)}m"
        : span.ToString("c", CultureInfo.InvariantCulture);
}
