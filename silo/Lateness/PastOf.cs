using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.WhatIf;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Lateness;

/// <summary>An account's recorded history, judged anew in the order in which it happened.</summary>
/// <param name="Account">As it was just before its history was read: whoever acts on the answer must see that it still is.</param>
/// <param name="Frames">Oldest first; empty where the history is not whole.</param>
/// <param name="Missing">Why it is not; empty: it is.</param>
internal sealed record PastOf(Account Account, IReadOnlyList<Contact> People, IReadOnlyList<PastFrame> Frames, string Missing)
{
    /// <summary>Most frames of one account, and of all that became part of it together, that are read.</summary>
    public const int MostFrames = 100_000;

    /// <summary>So many accounts that became part of it are read.</summary>
    private const int MostOthers = 256;

    private IReadOnlyDictionary<GrainKey, IReadOnlyList<PastFrame>?> Others { get; init; } = new Dictionary<GrainKey, IReadOnlyList<PastFrame>?>();

    public static async Task<PastOf> ReadAsync(Account account, SiloRuntime runtime, CancellationToken cancel)
    {
        var key = account.Key;
        var people = await runtime.ReadAsync([.. account.Contacts.Keys.Concat(account.Standing?.Left.Keys ?? []).Distinct().Select(c => GrainKey.Contact(key.Tenant, key.Affinity, c))], cancel);
        var (past, isWhole) = await FramesAsync(key, MostFrames, runtime, cancel);
        var missing = isWhole ? ""
            : past.Count == MostFrames ? $"its history has more than {MostFrames} entries"
            : past.Count > 0 ? $"its history before {past[0].At:yyyy-MM-ddTHH:mm:ssZ} is dropped by retention"
            : "its history is dropped by retention";
        return new PastOf(account, [.. people.OfType<Contact>()], missing.Length > 0 ? [] : past, missing);
    }

    /// <summary>With the histories of accounts that became part of it since; one that cannot be read to its beginning is left out, and then nothing can be said.</summary>
    public async Task<PastOf> WithOthersAsync(DateTimeOffset since, Delays delays, SiloRuntime runtime, CancellationToken cancel)
    {
        var others = new Dictionary<GrainKey, IReadOnlyList<PastFrame>?>();
        var left = new Queue<GrainKey>(Sources.Of(Frames, since, delays));
        for (var room = MostFrames - Frames.Count; left.TryDequeue(out var source) && room > 0 && others.Count < MostOthers;)
        {
            if (others.ContainsKey(source) || source == Account.Key)
            {
                continue;
            }

            if ((await runtime.ReadAsync([source], cancel))[0] is not Account other || !Sources.IsJudged(other))
            {
                others[source] = null;
                continue;
            }

            var (past, isWhole) = await FramesAsync(source, room, runtime, cancel);
            room -= past.Count;
            if (isWhole)
            {
                others[source] = past;
                foreach (var further in Sources.Of(past, since, delays))
                {
                    left.Enqueue(further);
                }
            }
        }

        return this with { Others = others };
    }

    /// <summary>What would be otherwise.</summary>
    public Rederived JudgeAnew(PlaybookLibrary library, DateTimeOffset since, DateTimeOffset now, Delays delays) =>
        Missing.Length > 0 ? Rederived.No(Missing) : InOrder.Of(Account, People, Frames, library, since, now, delays, Others);

    /// <summary>Asks the account to be so, if it still is what was read.</summary>
    public AccountCommand.Correct Command(DateTimeOffset since, Rederived found)
    {
        var people = found.People.Select(f => People.First(p => p.Key.Id == f.Contact));
        return new(Account.Key, Account.SignalCount, Account.Stage, Account.StageSince, since, found) { Mark = LatenessTurn.MarkOf(Account, people) };
    }

    /// <returns>Oldest first.</returns>
    private static async Task<(List<PastFrame> Frames, bool IsWhole)> FramesAsync(GrainKey key, int most, SiloRuntime runtime, CancellationToken cancel)
    {
        var (frames, isWhole) = await runtime.FramesAsync(key, most, cancel);
        var partition = key.PartitionOf(runtime.Partitions);
        List<PastFrame> past = [];
        for (var i = frames.Count - 1; i >= 0; i--)
        {
            if (PastFrame.Of(RecordedFrame.Of(partition, frames[i].Sequence, frames[i].Frame), key) is { } frame)
            {
                past.Add(frame);
            }
        }

        return (past, isWhole);
    }
}
