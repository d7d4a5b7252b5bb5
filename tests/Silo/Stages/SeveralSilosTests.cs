using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Stages;
using Orchestrator.Silo.Tests.Cluster;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Stages;

/// <summary>Two silos that share a store, each with its own partitions.</summary>
public sealed class SeveralSilosTests
{
    [Fact]
    public async Task Whichever_silo_is_asked_tells_of_all_partitions_and_another_goes_on_from_its_position_when_it_dies()
    {
        await using var world = await ClusterWorld.BeginAsync(2, s => s with { Catalogs = [GrainKey.Catalog(Tenants.Default)] });
        var publish = new CatalogCommand.Publish(GrainKey.Catalog(Tenants.Default), "sample", SamplePlaybook.Text, "sample.yaml", "digest", [], 0);
        Assert.IsType<Outcome.Accepted>(await world.InsistAsync(world.Members[0], publish));
        await world.UntilAsync(() => world.Members.All(m => m.Shelf.Current.Current(Tenants.Default) is not null));
        var (a, b) = (world.Members[0], world.Members[1]);
        Assert.All(world.Members, m => Assert.InRange(m.Running.Length, 1, ClusterWorld.Partitions - 1));
        Google.Protobuf.ByteString position;
        List<StageChange> before;
        await using (var atA = await Follower.BeginAsync(ServiceOf(a), new() { Stages = { "nurture" } }))
        {
            await SubmitAsync(world, b, 0, 20);
            await TakeAsync(atA, 20);
            (position, before) = (atA.Position, [.. atA.Taken]);
        }

        Assert.Equal(20, before.Select(c => c.Account).Distinct().Count());
        Assert.Contains(before, c => b.Runs(c.Commit.Partition));
        Assert.Contains(before, c => a.Runs(c.Commit.Partition));

        // Nobody follows while these come; then the silo that was asked before is dead.
        await SubmitAsync(world, a, 20, 30);
        a.Kill();
        await using var atB = await Follower.BeginAsync(ServiceOf(b), new() { Position = position, Stages = { "nurture" } });
        await TakeAsync(atB, 10);
        Assert.Equal(Enumerable.Range(20, 10).Select(i => $"a-{i}"), atB.Taken.Select(c => c.Account).Order(StringComparer.Ordinal));
        Assert.Empty(atB.Taken.Select(c => c.Id).Intersect(before.Select(c => c.Id)));
        Assert.True(atB.IsQuiet);
    }

    private static StageService ServiceOf(ClusterWorld.Member member) => new(member.Silo, member.Store, member.Shelf, alone: false, TimeProvider.System, CancellationToken.None);

    private static async Task TakeAsync(Follower follower, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await follower.NextAsync();
        }
    }

    private static async Task SubmitAsync(ClusterWorld world, ClusterWorld.Member at, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var signal = new Signal { Id = $"s-{i}", Type = "form.submitted", Account = $"a-{i}", Source = "test", Identifiers = { new Identifier { Kind = "email", Value = $"p@a-{i}.example" } } };
            Assert.IsType<Outcome.Accepted>(await world.InsistAsync(at, new AccountCommand.Record(GrainKey.Account(Tenants.Default, $"a-{i}"), signal, "", world.Clock.GetUtcNow())));
        }
    }
}
