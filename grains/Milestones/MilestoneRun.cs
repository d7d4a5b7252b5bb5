using System.Collections.Immutable;

namespace Orchestrator.Grains.Milestones;

/// <summary>How far an account is with one set of milestones. The clock starts once; entering the stage again does not start it anew.</summary>
/// <param name="Set">The set's id.</param>
/// <param name="StartedAt">When the clock started.</param>
/// <param name="Reached">In the order reached.</param>
/// <param name="Alerted">Milestones that were told to be overdue, in that order; they stay here when they are reached later.</param>
public sealed record MilestoneRun(string Set, DateTimeOffset StartedAt, ImmutableArray<ReachedMilestone> Reached, ImmutableArray<string> Alerted)
{
    /// <summary>When a milestone was reached; null = not yet.</summary>
    public DateTimeOffset? ReachedAt(string milestone)
    {
        foreach (var reached in Reached)
        {
            if (reached.Id == milestone)
            {
                return reached.At;
            }
        }

        return null;
    }

    /// <summary>The run of a set; null = its clock has not started.</summary>
    public static MilestoneRun? Find(ImmutableArray<MilestoneRun> runs, string set)
    {
        foreach (var run in runs)
        {
            if (run.Set == set)
            {
                return run;
            }
        }

        return null;
    }

    internal static ImmutableArray<MilestoneRun> Replace(ImmutableArray<MilestoneRun> runs, string set, Func<MilestoneRun, MilestoneRun> change)
    {
        for (var i = 0; i < runs.Length; i++)
        {
            if (runs[i].Set == set)
            {
                return runs.SetItem(i, change(runs[i]));
            }
        }

        // A fact of a set whose start is not known: the journal begins later than the set did.
        return runs.Add(change(new MilestoneRun(set, DateTimeOffset.MinValue, [], [])));
    }
}

/// <summary>A milestone that was reached.</summary>
/// <param name="At">The exact instant at which its condition held first, after the clock had started.</param>
/// <param name="Signal">Id of the signal that made it true; empty = time did, or it held when the clock started.</param>
public readonly record struct ReachedMilestone(string Id, DateTimeOffset At, string Signal);
