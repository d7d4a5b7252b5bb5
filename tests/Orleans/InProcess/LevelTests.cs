using Orchestrator.EndToEnd.Harness;
using Orchestrator.Silo.Journal;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace Orchestrator.Orleans.Tests.InProcess;

public sealed class LevelTests(PostgresServer server)
{
    [Fact]
    public async Task A_raised_level_reaches_the_partitions_of_every_silo_without_a_restart()
    {
        // The first silo makes the store, at its own level; then it is alone with silos that read more.
        await using var world = await OrleansWorld.StartAsync(server, silos: 3, level: n => n == 0 ? 1 : FeatureLevel.Current);
        var first = world.Members[0];
        var rest = world.Members.Skip(1).ToArray();
        foreach (var member in rest)
        {
            var refused = await RecordAsync(member, member.Running[0], "before");
            Assert.Contains("needs feature level 2, the cluster has 1", refused.Reason, StringComparison.Ordinal);
        }

        await first.Engine.LeaveAsync();
        await world.UntilAsync(() => rest.Sum(m => m.Running.Length) == 16, "the others have what the first had");
        await first.DisposeAsync();
        await world.UntilAsync(() => rest.All(m => m.Engine.View!.Silos.All(s => !s.Alive || s.Level >= 2)), "the first is gone");
        await rest[0].Parts.Levels.RaiseAsync(2, rest[0].Engine.View, CancellationToken.None);

        // Asked at each silo for each of its own partitions: those it ran before and those it was given.
        foreach (var member in rest)
        {
            await world.UntilAsync(() => member.Engine.View!.Level == 2, "the silo has heard of the level");
            Assert.NotEmpty(member.Running);
            foreach (var partition in member.Running)
            {
                Assert.Equal(Acknowledgement.Types.Result.Recorded, (await RecordAsync(member, partition, "after")).Result);
            }
        }

        async Task<Acknowledgement> RecordAsync(OrleansWorld.Member member, int partition, string id)
        {
            var signal = Texts.Viewed($"{id}-{partition}", world.AccountIn(partition));
            (signal.BackFill, signal.Time) = (true, Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(-30)));
            return await (await member.Services.Task).RecordAsync(signal);
        }
    }
}
