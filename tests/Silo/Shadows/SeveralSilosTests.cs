using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Authoring;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Shadows;
using Orchestrator.Silo.Tests.Cluster;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Shadows;

/// <summary>Two silos that share a store, each with its own partitions.</summary>
public sealed class SeveralSilosTests
{
    [Fact]
    public async Task N1_any_of_several_silos_replays_what_all_of_them_recorded_and_says_the_same()
    {
        await using var world = await BeginAsync();
        await RecordAsync(world, 0, 40);
        var draft = SamplePlaybook.Text.Replace("levers: {banner: 1.5}", "levers: {banner: 9}", StringComparison.Ordinal);
        var reports = new List<WhatIfReport>();
        foreach (var member in world.Members)
        {
            Assert.InRange(member.Running.Length, 1, ClusterWorld.Partitions - 1);
            Assert.False((await WhatIfAsync(world, member, SamplePlaybook.Text)).Differs);
            reports.Add(await WhatIfAsync(world, member, draft));
        }

        Assert.Equal(40, reports[0].Signals);
        Assert.True(reports[0].Differs);
        foreach (var report in reports)
        {
            (report.Seconds, report.SignalsPerSecond) = (0, 0);
        }

        Assert.Equal(reports[0], reports[1]);
    }

    [Fact]
    public async Task N5_one_silo_follows_for_all_another_is_asked_and_goes_on_where_the_first_one_died()
    {
        await using var world = await BeginAsync();
        var (a, b) = (world.Members[0], world.Members[1]);
        var followed = true;
        await using var first = new ShadowFollower(a.Silo, a.Store, a.Shelf, () => followed, TimeProvider.System, NullLogger.Instance);
        await using var second = new ShadowFollower(b.Silo, b.Store, b.Shelf, () => !followed, TimeProvider.System, NullLogger.Instance);
        var askedAtB = new ShadowService(b.Shelf, b.Store, second, world.Clock);
        await askedAtB.StartShadow(new() { Version = 1 }, new CallContext());
        await RecordAsync(world, 0, 30);
        await CaughtUpAsync(world, new ShadowService(a.Shelf, a.Store, first, world.Clock), first, 30);

        // As another silo becomes the first alive; what the first had not saved is looked at again.
        followed = false;
        await RecordAsync(world, 30, 50);
        var status = await CaughtUpAsync(world, askedAtB, second, 50);
        Assert.Equal((50, status.Decisions, false), (status.Report.Signals, status.Same, status.Report.Differs));
    }

    private static async Task<ShadowStatus> CaughtUpAsync(ClusterWorld world, ShadowService service, ShadowFollower follower, int signals)
    {
        ShadowStatus? status = null;
        do
        {
            follower.Poke();
            var asked = service.GetShadow(new(), new CallContext());
            await world.InTimeAsync(asked);
            status = (await asked).Shadow;
            await world.PassAsync(TimeSpan.FromMilliseconds(50));
        }
        while (status.FramesBehind > 0 || status.Report.Signals < signals);
        return status;
    }

    private static async Task<ClusterWorld> BeginAsync()
    {
        var world = await ClusterWorld.BeginAsync(2, s => s with { Catalogs = [GrainKey.Catalog(Tenants.Default)] });
        var publish = new CatalogCommand.Publish(GrainKey.Catalog(Tenants.Default), "sample", SamplePlaybook.Text, "sample.yaml", "digest", [], 0);
        Assert.IsType<Outcome.Accepted>(await world.InsistAsync(world.Members[0], publish));
        await world.UntilAsync(() => world.Members.All(m => m.Shelf.Current.Current(Tenants.Default) is not null));
        return world;
    }

    private static async Task RecordAsync(ClusterWorld world, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var account = $"a-{i % 13}";
            var signal = new Signal { Id = $"s-{i}", Type = i % 3 == 0 ? "form.submitted" : "page.viewed", Account = account, Source = "test", Identifiers = { new Identifier { Kind = "email", Value = $"p@{account}.example" } } };
            Assert.IsType<Outcome.Accepted>(await world.InsistAsync(world.Members[i % 2], new AccountCommand.Record(GrainKey.Account(Tenants.Default, account), signal, "", world.Clock.GetUtcNow())));
        }
    }

    private static async Task<WhatIfReport> WhatIfAsync(ClusterWorld world, ClusterWorld.Member member, string text)
    {
        var service = new AuthoringService(member.Silo, member.Shelf, member.Store, new People(member.Silo));
        var running = RunAsync();
        await world.InTimeAsync(running);
        return await running;

        async Task<WhatIfReport> RunAsync()
        {
            WhatIfReport? report = null;
            await foreach (var response in service.WhatIf(new WhatIfRequest { Text = text, Recorded = true }, new CallContext()))
            {
                report = response.Report ?? report;
            }

            return report!;
        }
    }
}
