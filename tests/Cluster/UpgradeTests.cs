using Orchestrator.EndToEnd.Harness;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Partitions;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace Orchestrator.Cluster.Tests;

public sealed class UpgradeTests(PostgresServer server)
{
    private const int Newer = FeatureLevel.Current + 1;

    [Fact]
    public async Task Silos_of_two_versions_share_a_store_until_the_level_is_raised_and_then_an_older_one_takes_nothing_and_says_why()
    {
        var place = server.NewPlace();
        await using var cluster = await SiloCluster.StartAsync([new SiloMember("a", place), new SiloMember("b", place)]);
        await using var load = new Load(cluster, clients: 4);
        await load.MoreAsync(100);

        // An upgrade that is taken back.
        await using (var tried = await OtherSilo.StartAsync("tried", place, Newer))
        {
            await MoveSomeAsync(cluster, tried.Silo);
            await load.MoreAsync(100);
            Assert.Equal(FeatureLevel.Current, (await cluster.ListAsync()).Level);
        }

        await SiloCluster.UntilAsync(async () => await cluster.ListAsync() is { Unowned: 0 } list && list.Silos.All(s => s.Level == FeatureLevel.Current || s.Partitions.Count == 0), "the older silos have all partitions again");
        await load.MoreAsync(100);

        // Now in earnest: refused as long as a silo lives that could not read it.
        await using var newer = await OtherSilo.StartAsync("newer", place, Newer);
        await MoveSomeAsync(cluster, newer.Silo);
        var refused = await Assert.ThrowsAsync<RpcException>(() => SiloCluster.AnswerAsync(() => newer.Client.Cluster.RaiseLevel(new() { Level = Newer }, new())));
        Assert.Equal(StatusCode.FailedPrecondition, refused.Code);
        Assert.Contains("`a.", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("`b.", refused.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("`newer.", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => SiloCluster.AnswerAsync(() => cluster.Silos[0].Client.Cluster.RaiseLevel(new() { Level = Newer }, new())))).Code);
        var level = await SiloCluster.AnswerAsync(() => newer.Client.Cluster.GetLevel(new(), new()));
        Assert.Equal((FeatureLevel.Current, FeatureLevel.Current), (level.Level, level.Highest));
        await load.MoreAsync(100);
        await load.EndAsync();
        await load.AssertAllThereOnceAsync(_ => 0);

        // One of the older silos leaves, the other one stands still beyond its lease, and misses it.
        Assert.Equal(0, (await cluster.Silos[1].StopAsync()).Exit);
        cluster.Silos[0].Process.Send("STOP");
        await SiloCluster.UntilAsync(async () => (await SiloCluster.AnswerAsync(() => newer.Client.Cluster.ListSilos(new(), new()))).Silos.Where(s => s.Alive).ToArray() is [var last] && last.Partitions.Count == SiloCluster.Partitions, "the newer silo has all partitions");
        Assert.Equal(Newer, (await SiloCluster.AnswerAsync(() => newer.Client.Cluster.RaiseLevel(new() { Level = Newer }, new()))).Level);

        cluster.Silos[0].Process.Send("CONT");
        await SiloCluster.UntilAsync(
            () => Task.FromResult(!cluster.Silos[0].IsUp && cluster.Silos[0].Said.Contains($"feature level {Newer}, this silo reads up to {FeatureLevel.Current}", StringComparison.Ordinal)),
            "the silo that missed it ends and says why");
        Assert.NotEqual(0, cluster.Silos[0].Process.ExitCode);
        cluster.Silos[1].Start();
        await cluster.Silos[1].Process.EndAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(1, cluster.Silos[1].Process.ExitCode);
        Assert.Contains($"feature level {Newer}, this silo reads up to {FeatureLevel.Current}: upgrade this silo", cluster.Silos[1].Process.Error, StringComparison.Ordinal);

        var after = await SiloCluster.AnswerAsync(() => newer.Client.Cluster.ListSilos(new(), new()));
        Assert.Equal((Newer, 0), (after.Level, after.Unowned));
        Assert.Equal(newer.Silo, after.Silos.Single(s => s.Partitions.Count > 0).Name);
        foreach (var (account, n) in SiloCluster.Accounts.Select((account, n) => (account, n)))
        {
            var answer = (await SiloCluster.AnswerAsync(() => newer.Client.Signals.RecordBatch(new() { Signals = { Texts.Viewed($"after-{n}", account) } }, new()))).Acknowledgements[0];
            Assert.True(answer.Result == Acknowledgement.Types.Result.Recorded, answer.Reason);
            var known = (await SiloCluster.AnswerAsync(() => newer.Client.Accounts.GetAccount(new() { Account = account }, new()))).Account;
            Assert.Equal(load.Acknowledged.Count(s => s.Account == account) + 1, known.SignalCount);
        }
    }

    [Fact]
    public async Task As_long_as_a_silo_of_level_1_lives_nothing_is_written_that_it_cannot_read_and_whoever_asks_for_it_is_told_which_command_raises_the_level()
    {
        var place = server.NewPlace();
        // Of an earlier build, if there is one at hand; else of this one, held back to level 1.
        await using var shipped = Environment.GetEnvironmentVariable("ORCHESTRATOR_OLDER_SILO") is { Length: > 0 } program ? new SiloMember("older", place) { Program = program } : null;
        await using var held = shipped is null ? await OtherSilo.StartAsync("older", place, level: 1) : null;
        shipped?.Start();
        await SiloCluster.UntilAsync(async () => shipped is null || await shipped.IsReadyAsync(), "the older silo is ready");
        await using var cluster = await SiloCluster.StartAsync([new SiloMember("a", place), new SiloMember("b", place)]);
        await using var load = new Load(cluster, clients: 4);
        await load.MoreAsync(100);
        Assert.Equal(1, (await cluster.ListAsync()).Level);

        var client = cluster.Silos[0].Client;
        var playbook = new PublishRequest { Text = Texts.Mails + "lateness: {correct-after: 1s}\n", File = "late.yaml" };
        await RefusedAsync(() => client.Playbooks.Publish(playbook, new()), "`lateness` (late.yaml:");
        await RefusedAsync(() => client.Playbooks.SaveDraft(new() { Name = "next", Text = playbook.Text, File = "late.yaml", Author = "ann" }, new()), "the draft `next`");
        await RefusedAsync(() => client.Identities.MergeAccounts(new() { Account = SiloCluster.Accounts[0], Into = SiloCluster.Accounts[1] }, new()), "`StoredCommand.");
        var loaded = Texts.Viewed("loaded", SiloCluster.Accounts[0]);
        (loaded.BackFill, loaded.Time) = (true, Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(-30)));
        Assert.Contains("needs feature level 2, the cluster has 1", (await SiloCluster.AnswerAsync(() => SiloCluster.RecordAsync(cluster.Silos[1], loaded))).Reason, StringComparison.Ordinal);
        // A second version is applied to accounts in flight as the older silo would do it, and by visits once the level is raised.
        await SiloCluster.AnswerAsync(() => client.Playbooks.Publish(new() { Text = Texts.OneMailAnAccount, File = "once.yaml" }, new()));

        // Everything that every account meets, wherever its partition runs: by a person's word, through an identifier, moved about, and taken over from a silo that died.
        await load.MoreAsync(100);
        foreach (var (account, n) in SiloCluster.Accounts.Take(8).Select((account, n) => (account, n)))
        {
            var said = new Signal { Id = $"said-{n}", Type = "account.updated", Account = account, AssertedBy = "ann", Source = "crm", Properties = { ["country"] = new Value { Text = "GB" } } };
            await cluster.InsistAsync(said, first: n);
            var visit = new Signal { Id = $"visit-{n}", Type = "page.viewed", Identifiers = { new Identifier { Kind = "anonymous", Value = $"v-{n}" } } };
            await cluster.InsistAsync(visit, first: n);
            var known = Texts.Viewed($"known-{n}", account);
            known.Identifiers.Add(new Identifier { Kind = "anonymous", Value = $"v-{n}" });
            await cluster.InsistAsync(known, first: n);
        }

        await cluster.Silos[1].KillAsync();
        await cluster.UntilOwnedAsync();
        await load.MoreAsync(200);
        var refused = await Assert.ThrowsAsync<RpcException>(() => SiloCluster.AnswerAsync(() => client.Cluster.RaiseLevel(new() { Level = 2 }, new())));
        Assert.Contains("`older.", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(await AboveAsync(place, 1, ownCare: shipped is not null));
        Assert.Contains((await cluster.ListAsync()).Silos, s => s.Name.StartsWith("older.", StringComparison.Ordinal) && s.Level == 1 && s.Partitions.Count > 0);

        await (held?.StopAsync() ?? shipped!.StopAsync());
        await SiloCluster.UntilAsync(async () => await cluster.ListAsync() is { Unowned: 0 }, "the newer silo has what the older one had");
        Assert.Equal(2, (await SiloCluster.AnswerAsync(() => client.Cluster.RaiseLevel(new() { Level = 2 }, new()))).Level);
        await SiloCluster.AnswerAsync(() => client.Playbooks.Publish(playbook, new()));
        Assert.Equal(Acknowledgement.Types.Result.Recorded, (await cluster.InsistAsync(loaded, first: 0)).Result);
        await load.EndAsync();
        Assert.Contains("Signal.back_fill", await AboveAsync(place, 1));
        Assert.Empty(await AboveAsync(place, 2));
        await Assert.ThrowsAsync<StoreRefusedException>(() => OtherSilo.StartAsync("again", place, level: 1));
    }

    private static async Task RefusedAsync<T>(Func<Task<T>> call, string what)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => SiloCluster.AnswerAsync(call));
        Assert.Equal(StatusCode.FailedPrecondition, refused.Code);
        Assert.Contains(what, refused.Status.Detail, StringComparison.Ordinal);
        Assert.EndsWith("needs feature level 2, the cluster has 1: raise it with `orc cluster raise-level 2` once every silo reads it", refused.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>What the journal has that a silo of a level cannot read.</summary>
    /// <param name="ownCare">The earlier build has a quarantine of its own, and writes of it.</param>
    private static async Task<HashSet<string>> AboveAsync(string place, int level, bool ownCare = false)
    {
        await using var session = await PostgresServer.SessionAsync(place);
        await using var command = session.CreateCommand();
        command.CommandText = "SELECT body FROM journal";
        await using var rows = await command.ExecuteReaderAsync();
        var found = new HashSet<string>();
        var frames = 0;
        for (; await rows.ReadAsync(); frames++)
        {
            var frame = FrameForm.Read(PackedBody.Expand(rows.GetFieldValue<byte[]>(0)));
            frame.Care = ownCare ? null : frame.Care;
            if (FormLevels.Find(frame, level) is { } above)
            {
                found.Add(above.Name);
            }
        }

        Assert.True(frames > 100, $"only {frames} frames were found");
        return found;
    }

    /// <summary>Silos of different levels do not even out their shares by themselves: an operator moves some.</summary>
    private static async Task MoveSomeAsync(SiloCluster cluster, string silo)
    {
        await SiloCluster.UntilAsync(async () => (await cluster.ListAsync()).Silos.Any(s => s.Name == silo && s.Alive), $"silo {silo} is in the cluster");
        for (var partition = 0; partition < 8; partition++)
        {
            await SiloCluster.UntilAsync(() => MovedAsync(partition), $"partition {partition} moves to silo {silo}");
        }

        await SiloCluster.UntilAsync(async () => await cluster.ListAsync() is { Unowned: 0 } list && list.Silos.Any(s => s.Name == silo && s.Partitions.Count >= 8), $"silo {silo} owns partitions");

        async Task<bool> MovedAsync(int partition)
        {
            try
            {
                await cluster.Silos[0].Client.Cluster.Move(new() { Partition = partition, Silo = silo }, new());
                return true;
            }
            catch (RpcException early) when (early.Code is StatusCode.Unavailable)
            {
                // Whoever has the partition has not heard of that silo yet.
                return false;
            }
        }
    }
}
