using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Sample;

/// <summary>What a store's journal says happened: counted from the durable frames alone, so it is the same after any restart.</summary>
public sealed class SampleSummary
{
    /// <summary>Accounts by the stage they are in.</summary>
    public SortedDictionary<string, long> Stages { get; } = new(StringComparer.Ordinal);

    /// <summary>How often a stage was entered.</summary>
    public SortedDictionary<string, long> Entered { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, PlayCount> Plays { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<NoneReason, long> Nones { get; } = [];

    /// <summary>Signals by type.</summary>
    public SortedDictionary<string, long> Signals { get; } = new(StringComparer.Ordinal);

    public long Accounts { get; private set; }

    public long Wakes { get; private set; }

    /// <summary>Signal ids that were recorded more than once; none, if all is well.</summary>
    public long Doubled { get; private set; }

    /// <summary>Commands whose decision failed by a bug of ours.</summary>
    public long DeadLetters { get; private set; }

    public long Frames { get; private set; }

    /// <summary>Reads the whole journal.</summary>
    public static async Task<SampleSummary> ReadAsync(IStore store, CancellationToken cancel)
    {
        var summary = new SampleSummary();
        foreach (var row in await store.PartitionsAsync(cancel))
        {
            var partition = new Counted();
            await foreach (var frame in store.ReadFramesAsync(row.Partition, 1, row.NextSequence - 1, cancel))
            {
                var stored = FrameForm.Read(frame.Body);
                // Not those that only say how a process ended: a restart adds some.
                summary.Frames += stored is { Care: not null, Entries.Count: 0 } ? 0 : 1;
                summary.Count(stored, partition);
            }

            foreach (var stage in partition.Stages.Values)
            {
                Add(summary.Stages, stage);
                summary.Accounts++;
            }
        }

        return summary;
    }

    private void Count(StoredFrame frame, Counted partition)
    {
        DeadLetters += frame.DeadLetters.Count;
        foreach (var entry in frame.Entries)
        {
            foreach (var stored in entry.Events)
            {
                if (stored.Account is { } @event)
                {
                    Count(entry.Grain.Affinity, @event, partition);
                }
            }
        }
    }

    private void Count(string account, StoredAccountEvent @event, Counted partition)
    {
        switch (@event.KindCase)
        {
            case StoredAccountEvent.KindOneofCase.Opened:
                partition.Stages[account] = @event.Opened.Stage;
                break;
            case StoredAccountEvent.KindOneofCase.StageEntered:
                partition.Stages[account] = @event.StageEntered.To;
                Add(Entered, @event.StageEntered.To);
                break;
            case StoredAccountEvent.KindOneofCase.SignalRecorded:
                Add(Signals, @event.SignalRecorded.Signal.Type);
                Doubled += partition.Ids.Add($"{account} {@event.SignalRecorded.Signal.Id}") ? 0 : 1;
                break;
            case StoredAccountEvent.KindOneofCase.ActionOffered when @event.ActionOffered.Action.Request is null:
                partition.Plays[@event.ActionOffered.Action.Id] = @event.ActionOffered.Action.Play;
                PlayOf(@event.ActionOffered.Action.Play).Offered++;
                break;
            case StoredAccountEvent.KindOneofCase.ActionEnded when partition.Plays.TryGetValue(@event.ActionEnded.Id, out var play):
                PlayOf(play).End((EndedHow)@event.ActionEnded.How);
                break;
            // The generated name of the case `none`; without the underscore it means "no case set".
            case StoredAccountEvent.KindOneofCase.None_:
                var reason = (NoneReason)@event.None.Reason;
                Nones[reason] = Nones.GetValueOrDefault(reason) + 1;
                break;
            case StoredAccountEvent.KindOneofCase.Woken:
                Wakes++;
                break;
            default:
                break;
        }
    }

    private PlayCount PlayOf(string play) => Plays.TryGetValue(play, out var count) ? count : Plays[play] = new PlayCount();

    private static void Add(SortedDictionary<string, long> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;

    /// <summary>What is known while one partition is read; ids of actions and accounts belong to one partition.</summary>
    private sealed class Counted
    {
        public Dictionary<string, string> Stages { get; } = [];

        public Dictionary<string, string> Plays { get; } = [];

        public HashSet<string> Ids { get; } = [];
    }
}

/// <summary>What became of a play's actions.</summary>
public sealed class PlayCount
{
    public long Offered { get; set; }

    public long Done { get; private set; }

    public long Expired { get; private set; }

    public long Revoked { get; private set; }

    /// <summary>Rejected or declined.</summary>
    public long Refused { get; private set; }

    public long Open => Offered - Done - Expired - Revoked - Refused;

    internal void End(EndedHow how)
    {
        switch (how)
        {
            case EndedHow.Done:
                Done++;
                break;
            case EndedHow.Expired:
                Expired++;
                break;
            case EndedHow.Revoked:
                Revoked++;
                break;
            case EndedHow.Rejected or EndedHow.Declined:
                Refused++;
                break;
        }
    }
}
