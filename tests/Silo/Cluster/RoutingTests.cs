using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Tests.Cluster;

public sealed class RoutingTests
{
    [Fact]
    public async Task Any_silo_takes_a_command_for_any_partition_and_answers_for_its_owner()
    {
        await using var world = await ClusterWorld.BeginAsync();
        var (a, b) = (world.Members[0], world.Members[1]);
        Assert.NotEmpty(a.Running);
        Assert.NotEmpty(b.Running);
        Assert.IsType<Outcome.Accepted>(await world.InsistAsync(a, world.Publish()));
        await world.UntilAsync(() => world.Members.All(m => m.Shelf.Current.Current(ClusterWorld.Tenant) is not null));

        var sent = 0;
        foreach (var through in world.Members)
        {
            foreach (var at in world.Members)
            {
                var account = ClusterWorld.AccountOf(at, ordinal: ++sent);
                var accepted = Assert.IsType<Outcome.Accepted>(await world.AskAsync(through, World.Purchase(account, $"s-{sent}", $"p{sent}@x.example")));
                Assert.Equal(ClusterWorld.PartitionOf(account), accepted.Partition);
                Assert.False(Assert.IsType<Answer.Recorded>(accepted.Answer).Duplicate);
                var read = through.Silo.ReadAsync([GrainKey.Account(ClusterWorld.Tenant, account)], CancellationToken.None);
                await world.InTimeAsync(read);
                Assert.Equal(1, Assert.IsType<Account>((await read)[0]).SignalCount);
            }
        }

        Assert.Equal(4, (await world.RecordedAsync()).Count(r => r.Value == 1));
    }
}
