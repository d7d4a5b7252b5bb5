using System.Buffers;
using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Scores;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Grains.StoredForms;

/// <summary>
/// States straight into bytes: the same as those of <see cref="StateForm.Write(GrainState, long)"/>, byte for byte. An account's lists of signals and occurrences are
/// written by hand: a busy account has thousands, is saved often, and as a message they were lists of up to a hundred kilobytes made only to be written. All else takes
/// the way over its message, so a new field of a state needs nothing here.
/// </summary>
public static class StateBytes
{
    /// <summary>Appends a state.</summary>
    /// <param name="lastEntry">Sequence of the grain's last entry in the journal.</param>
    public static void Write(GrainState state, long lastEntry, FormBuffer into)
    {
        if (state is not Account account)
        {
            into.Append(StateForm.Write(state, lastEntry));
            return;
        }

        into.Whole(StoredState.FormatFieldNumber, StateForm.Format);
        into.Whole(StoredState.LastEntryFieldNumber, lastEntry);
        into.Whole(StoredState.WakeFieldNumber, Ticks.Of(state.Wake));
        var begun = into.Begin(StoredState.AccountFieldNumber);
        Write(account, into);
        into.End(begun);
        KeyForm.Write(StoredState.KeyFieldNumber, state.Key, into);
    }

    private static void Write(Account account, FormBuffer into)
    {
        var rest = StateForm.WriteWithoutLists(account);
        var size = rest.CalculateSize();
        var bytes = ArrayPool<byte>.Shared.Rent(size);
        rest.WriteTo(bytes.AsSpan(0, size));
        var (tallies, seen) = Places(bytes, size);
        into.Raw(bytes.AsSpan(0, tallies));
        foreach (var tally in account.Tallies)
        {
            Write(tally, into);
        }

        into.Raw(bytes.AsSpan(tallies, seen - tallies));
        Write(account.Seen, into);
        into.Raw(bytes.AsSpan(seen, size - seen));
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <summary>Where the two lists belong among the other fields, which are in the order of their numbers.</summary>
    private static (int Tallies, int Seen) Places(byte[] bytes, int size)
    {
        var (tallies, seen) = (-1, -1);
        var input = new CodedInputStream(bytes, 0, size);
        var at = 0;
        while (input.ReadTag() is var tag and not 0)
        {
            var field = WireFormat.GetTagFieldNumber(tag);
            tallies = tallies < 0 && field > StoredAccount.TalliesFieldNumber ? at : tallies;
            seen = seen < 0 && field > StoredAccount.SeenFieldNumber ? at : seen;
            input.SkipLastField();
            at = (int)input.Position;
        }

        return (tallies < 0 ? size : tallies, seen < 0 ? size : seen);
    }

    private static void Write(Tally tally, FormBuffer into)
    {
        var recent = tally.Recent;
        var begun = into.Begin(StoredAccount.TalliesFieldNumber);
        into.Text(StoredTally.NameFieldNumber, tally.Name);
        into.Whole(StoredTally.CountFieldNumber, tally.Count);
        into.Number(StoredTally.SumFieldNumber, tally.Sum);
        into.Whole(StoredTally.LastFieldNumber, Ticks.Of(tally.Last));
        if (recent.ChunkCount > 0)
        {
            var times = into.Begin(StoredTally.TimesFieldNumber);
            for (var c = 0; c < recent.ChunkCount; c++)
            {
                foreach (ref readonly var item in recent.ItemsOf(c))
                {
                    into.VarintItem(item.Ticks);
                }
            }

            into.End(times);
            var amounts = into.Begin(StoredTally.AmountsFieldNumber);
            for (var c = 0; c < recent.ChunkCount; c++)
            {
                foreach (ref readonly var item in recent.ItemsOf(c))
                {
                    into.NumberItem(item.Amount);
                }
            }

            into.End(amounts);
        }

        into.Whole(StoredTally.KeepForFieldNumber, tally.KeepFor.Ticks);
        if (recent.ChunkCount > 0)
        {
            var repeats = into.Begin(StoredTally.RepeatsFieldNumber);
            for (var c = 0; c < recent.ChunkCount; c++)
            {
                foreach (ref readonly var item in recent.ItemsOf(c))
                {
                    into.VarintItem(item.Times);
                }
            }

            into.End(repeats);
            var lengths = into.Begin(StoredTally.ChunkLengthsFieldNumber);
            for (var c = 0; c < recent.ChunkCount; c++)
            {
                into.VarintItem(recent.ItemsOf(c).Length);
            }

            into.End(lengths);
        }

        into.End(begun);
    }

    private static void Write(SeenSignals window, FormBuffer into)
    {
        var begun = into.Begin(StoredAccount.SeenFieldNumber);
        if (window.Count > 0)
        {
            var ids = into.Begin(StoredSeen.IdsFieldNumber);
            for (var i = 0; i < window.Count; i++)
            {
                into.Fixed64Item(window[i].IdHash);
            }

            into.End(ids);
            var contents = into.Begin(StoredSeen.ContentsFieldNumber);
            for (var i = 0; i < window.Count; i++)
            {
                into.Fixed32Item(window[i].ContentHash);
            }

            into.End(contents);
            var sequences = into.Begin(StoredSeen.SequencesFieldNumber);
            for (var i = 0; i < window.Count; i++)
            {
                into.VarintItem(window[i].Sequence);
            }

            into.End(sequences);
            var times = into.Begin(StoredSeen.TimesFieldNumber);
            for (var i = 0; i < window.Count; i++)
            {
                into.VarintItem(window[i].AtTicks);
            }

            into.End(times);
        }

        into.End(begun);
    }
}
