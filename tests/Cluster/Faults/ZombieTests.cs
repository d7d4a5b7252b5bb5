using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Orchestrator.Storage.Contract.Tests.Postgres;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>A silo that stands still beyond its lease, with frames in flight, and then goes on as if nothing had been.</summary>
public sealed partial class ZombieTests(PostgresServer server)
{
    private static readonly int Wanted = Chance.Times(1, 20);
    private static readonly int Tries = Wanted * 3;

    [Fact]
    public async Task A_silo_that_slept_beyond_its_lease_writes_nothing_afterwards_and_serves_again()
    {
        var draw = Chance.Draws();
        // Many calls wait at the sleeper when it wakes: what they ask for is what it tries to write.
        await using var trial = await Trial.StartAsync(server.NewPlace(), clients: 48);
        await trial.Load.MoreAsync(500);
        var (stops, proven, slowest) = (0, 0, TimeSpan.Zero);
        while (proven < Wanted && stops < Tries)
        {
            await trial.Cluster.EvenAsync();
            var sleeper = trial.Cluster.Silos[draw.Next(3)];
            var before = Refused(sleeper);
            await trial.Load.MoreAsync(1 + draw.Next(200));
            stops++;
            sleeper.Process.Send("STOP");
            var (since, pace) = (Stopwatch.StartNew(), Pace.Of(trial.But(sleeper)));
            var served = await trial.ServedAsync(trial.But(sleeper), since);
            pace.AssertWithin(served, TimeSpan.FromSeconds(16));
            slowest = served > slowest ? served : slowest;
            await Rest.UntilAsync(since, Rest.BeyondTheLease + TimeSpan.FromSeconds(2 * draw.NextDouble()));
            sleeper.Process.Send("CONT");

            await trial.ServedAsync([sleeper], since);
            await trial.Load.MoreAsync(200);
            var refused = Refused(sleeper) - before;
            proven += refused > 0 ? 1 : 0;
            Trial.Say($"stop {stops} of {sleeper.Name}: others served all partitions after {served.TotalSeconds:0.00} s; {refused} frames of the sleeper were refused after {since.Elapsed.TotalSeconds:0.0} s");
        }

        await trial.JudgeAsync($"{stops} stops beyond the lease, in {proven} of them a frame was refused; slowest take-over {slowest.TotalSeconds:0.00} s");
        Assert.True(proven >= Wanted, $"in {stops} stops only {proven} had a frame refused, expected {Wanted}: nothing is known of the fence");
    }

    /// <summary>How many frames the store refused to this silo, as it says.</summary>
    internal static int Refused(SiloMember silo) => RefusedFrames().Matches(silo.Said).Sum(m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    [GeneratedRegex("the store refused ([0-9]+) of [0-9]+ frames")]
    private static partial Regex RefusedFrames();
}
