using Orchestrator.Conformance;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.V1;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.EndToEnd;

public sealed class ClockTests
{
    [Fact]
    public async Task A_clock_an_hour_off_in_either_direction_takes_nothing_back_and_loses_nothing()
    {
        if (await Tool.RunAsync("faketime", "/", "--version") is null)
        {
            Tool.Missing("faketime (Debian: faketime)");
        }

        await using var silo = await SiloProcess.StartAsync(Texts.Mails);
        var recorded = 0;
        DateTimeOffset last = default;
        foreach (var offset in new[] { "", "+1h", "-1h", "+1h", "" })
        {
            if (recorded > 0)
            {
                await silo.KillAsync();
                await silo.StartAsync(offset.Length > 0 ? ["faketime", "-f", offset] : ["env"]);
            }

            for (var n = 0; n < 20; n++)
            {
                Assert.Equal(Result.Recorded, (await silo.RecordAsync(Texts.Viewed($"s{recorded++}", "acme"))).Result);
            }

            Assert.Equal(recorded, (await silo.AccountAsync("acme")).SignalCount);
            var timeline = (await silo.Client.Accounts.Timeline(new() { Account = "acme", PageSize = 1_000 }, new())).Entries;
            var instants = timeline.Reverse().Select(e => e.At.ToDateTimeOffset()).ToList();
            Assert.Equal(instants.Order(), instants);
            Assert.True(instants[^1] >= last, $"with {offset} the journal went back from {last:O} to {instants[^1]:O}");
            last = instants[^1];
            Assert.Equal(recorded, timeline.Where(e => e.Signal is not null).Select(e => e.Signal.Id).Distinct().Count());
        }

        // The hour was really there: otherwise this has shown nothing.
        Assert.True(last > DateTimeOffset.UtcNow.AddMinutes(50), "the silo never saw another clock");
    }
}
