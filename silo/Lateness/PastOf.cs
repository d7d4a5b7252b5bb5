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
    /// <summary>Most frames of one account that are read.</summary>
    public const int MostFrames = 100_000;

    public static async Task<PastOf> ReadAsync(Account account, SiloRuntime runtime, CancellationToken cancel)
    {
        var key = account.Key;
        var people = await runtime.ReadAsync([.. account.Contacts.Keys.Concat(account.Standing?.Left.Keys ?? []).Distinct().Select(c => GrainKey.Contact(key.Tenant, key.Affinity, c))], cancel);
        var (frames, isWhole) = await runtime.FramesAsync(key, MostFrames, cancel);
        var partition = key.PartitionOf(runtime.Partitions);
        List<PastFrame> past = [];
        for (var i = frames.Count - 1; i >= 0; i--)
        {
            if (PastFrame.Of(RecordedFrame.Of(partition, frames[i].Sequence, frames[i].Frame), key) is { } frame)
            {
                past.Add(frame);
            }
        }

        var missing = isWhole ? ""
            : frames.Count == MostFrames ? $"its history has more than {MostFrames} entries"
            : past.Count > 0 ? $"its history before {past[0].At:yyyy-MM-ddTHH:mm:ssZ} is dropped by retention"
            : "its history is dropped by retention";
        return new PastOf(account, [.. people.OfType<Contact>()], missing.Length > 0 ? [] : past, missing);
    }

    /// <summary>What would be otherwise.</summary>
    public Rederived JudgeAnew(PlaybookLibrary library, DateTimeOffset since, DateTimeOffset now, Delays? delays = null) =>
        Missing.Length > 0 ? Rederived.No(Missing) : InOrder.Of(Account, People, Frames, library, since, now, delays);

    /// <summary>Asks the account to be so, if it still is what was read.</summary>
    public AccountCommand.Correct Command(DateTimeOffset since, Rederived found)
    {
        var people = found.People.Select(f => People.First(p => p.Key.Id == f.Contact));
        return new(Account.Key, Account.SignalCount, Account.Stage, Account.StageSince, since, found) { Mark = LatenessTurn.MarkOf(Account, people) };
    }
}
