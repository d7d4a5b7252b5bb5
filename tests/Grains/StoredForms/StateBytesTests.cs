using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Xunit;

namespace Orchestrator.Grains.Tests.StoredForms;

/// <summary>What is written by hand into a snapshot is what its message gives.</summary>
public sealed class StateBytesTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(3_000)]
    public void An_account_with_so_many_signals_is_saved_as_its_message_says(int signals)
    {
        var (seen, tally, other) = (SeenSignals.None, Tally.Empty("page.viewed"), Tally.Empty("deal.won+amount"));
        for (var i = 0; i < signals; i++)
        {
            // Late ones among them, amounts of every sort, and those that are kept as totals only.
            var at = Start.AddMinutes(i % 7 == 3 ? i - 50 : i);
            seen = seen.Add(new SeenSignal(StableHash.Of((ulong)i, 1), (uint)i * 77_777, i, at.UtcTicks));
            tally = tally.Post(new TallyPost(tally.Name, at, i % 3 == 0 ? 0 : -i * 0.25, TimeSpan.FromDays(30)));
            other = other.Post(new TallyPost(other.Name, at, i, TimeSpan.Zero));
        }

        var account = Account.Unknown(GrainKey.Account("acme", "a-1")) with { Exists = true, Stage = "new", SignalCount = signals, Seen = seen, Tallies = [other, tally, Tally.Empty("z")], Wake = Start };
        foreach (var state in new[] { account, account with { Tallies = [] }, account with { Seen = SeenSignals.None }, Account.Unknown(account.Key) })
        {
            var into = new FormBuffer();
            StateBytes.Write(state, 300, into);
            var written = into.Written.ToArray();
            Assert.Equal(StateForm.Write(state, 300).ToByteArray(), written);
            Assert.Equal(written, StateForm.Write(StateForm.Read(StoredState.Parser.ParseFrom(written)).State, 300).ToByteArray());
            Assert.Equal(written, StateForm.Write(StateReader.TryRead(written, state.Key, static text => text.ToString())!.Value.State, 300).ToByteArray());
        }
    }
}
