using System.Runtime.CompilerServices;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.InFlight;

/// <summary>All accounts of a partition, in the order of their names: those that have a snapshot, and those that only the journal knows yet. Reads the store; whoever runs the partition is not asked.</summary>
internal static class AccountsOf
{
    private const int Page = 500;
    private static readonly string First = KeyForm.Name(GrainKey.Account("", ""))[..2];

    /// <param name="after">Name of the last account of an earlier walk; empty = from the first. Those without a snapshot come first and always: there are few, and their order is none.</param>
    /// <returns>Accounts with the name to go on after, which is <paramref name="after"/> for those without a snapshot.</returns>
    public static async IAsyncEnumerable<(GrainKey Account, string Cursor)> PartitionAsync(IStore store, PartitionRow row, string after, [EnumeratorCancellation] CancellationToken cancel)
    {
        // Every grain's snapshot includes all frames up to the checkpoint, so whoever has none is in a frame behind it.
        var behind = new HashSet<GrainKey>();
        await foreach (var frame in store.ReadFramesAsync(row.Partition, row.Checkpoint + 1, row.NextSequence - 1, cancel))
        {
            foreach (var entry in FrameForm.Read(frame.Body).Entries)
            {
                if ((GrainKind)entry.Grain.Kind == GrainKind.Account)
                {
                    behind.Add(KeyForm.Read(entry.Grain));
                }
            }
        }

        foreach (var account in behind)
        {
            yield return (account, after);
        }

        for (var last = after; ;)
        {
            var rows = await store.ReadAllSnapshotsAsync(row.Partition, last, Page, cancel);
            foreach (var snapshot in rows)
            {
                last = snapshot.Grain;
                if (!snapshot.Grain.StartsWith(First, StringComparison.Ordinal))
                {
                    // Accounts are the first kind, so no more follow.
                    yield break;
                }

                var account = KeyForm.Parse(snapshot.Grain);
                if (!behind.Contains(account))
                {
                    yield return (account, last);
                }
            }

            if (rows.Count < Page)
            {
                yield break;
            }
        }
    }
}
