using System.Net;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Engines.Orleans.Facades;
using Orleans.Runtime;

namespace Orchestrator.Orleans.Tests;

public sealed class DoorTests
{
    [Fact]
    public void Where_nobody_is_known_to_have_the_account_its_door_is_at_the_same_silo_whoever_asks_and_doors_spread_over_all()
    {
        SiloAddress[] silos = [.. Enumerable.Range(0, 3).Select(n => SiloAddress.New(IPAddress.Loopback, 11_111 + n, 7))];
        var doors = new Dictionary<SiloAddress, int>();
        for (var n = 0; n < 300; n++)
        {
            var account = GrainKey.Account("default", $"acme-{n}");
            var door = NearPartitionDirector.Anywhere(account, silos);
            Assert.Equal(door, NearPartitionDirector.Anywhere(account, silos.Reverse()));

            // Without a silo that has not the door, it stays where it is.
            Assert.Equal(door, NearPartitionDirector.Anywhere(account, silos.Where(s => s.Equals(door) || s.Endpoint.Port % 2 == 0)));
            doors[door] = doors.GetValueOrDefault(door) + 1;
        }

        Assert.Equal(3, doors.Count);
        Assert.All(doors.Values, count => Assert.InRange(count, 60, 140));
    }
}
