using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.InFlight;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Retention;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Silo.Insight;

/// <summary>Who stands at some stages now, and which of them ever did a thing.</summary>
internal static class CampaignRun
{
    private const int AtOnce = 64;

    /// <param name="property">Null: the type alone.</param>
    /// <param name="tally">The name under which conditions count it.</param>
    /// <returns>In order; and whether conditions know of all who did it: what was not counted when it happened is not known to them.</returns>
    public static async Task<(List<string> NotYet, long Done, bool Known)> ReadAsync(
        IStore store, SiloRuntime runtime, IReadOnlyCollection<string> stages, string type, (string Name, string Text)? property, string tally, CancellationToken cancel)
    {
        var (notYet, done, known) = (new List<string>(), 0L, true);
        foreach (var row in await store.PartitionsAsync(cancel))
        {
            if (row.NextSequence == 1)
            {
                continue;
            }

            var did = await DidAsync(store, row, type, property, cancel);
            var page = new List<GrainKey>(AtOnce);
            await foreach (var (account, _) in AccountsOf.PartitionAsync(store, row, "", cancel))
            {
                if (account.Tenant != Tenants.Default)
                {
                    continue;
                }

                page.Add(account);
                if (page.Count == AtOnce)
                {
                    await TakeAsync(page, did);
                }
            }

            await TakeAsync(page, did);
        }

        notYet.Sort(StringComparer.Ordinal);
        return (notYet, done, known);

        async Task TakeAsync(List<GrainKey> page, HashSet<string> did)
        {
            foreach (var state in page.Count == 0 ? [] : await runtime.ReadAsync(page, cancel))
            {
                if (state is not Account { ForwardedTo.Length: 0 } account || !stages.Contains(account.Stage))
                {
                    continue;
                }

                // A count may go back further than the journal.
                var counted = account.Tallies.Any(t => t.Name == tally && t.Count > 0);
                if (counted || did.Contains(account.Key.Affinity))
                {
                    done++;
                    known &= counted;
                }
                else
                {
                    notYet.Add(account.Key.Affinity);
                }
            }

            page.Clear();
        }
    }

    private static async Task<HashSet<string>> DidAsync(IStore store, PartitionRow row, string type, (string Name, string Text)? property, CancellationToken cancel)
    {
        var did = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var frame in store.ReadHistoryAsync(row, cancel))
        {
            foreach (var entry in FrameForm.Read(frame.Body).Entries)
            {
                if ((GrainKind)entry.Grain.Kind == GrainKind.Account && entry.Grain.Tenant == Tenants.Default && entry.Events.Any(e => e.Account?.SignalRecorded is { Signal: var signal } && Is(signal)))
                {
                    did.Add(entry.Grain.Affinity);
                }
            }
        }

        return did;

        bool Is(Signal signal) => signal.Type == type && (property is not { } asked || (signal.Properties.TryGetValue(asked.Name, out var value) && value.Text == asked.Text));
    }
}
