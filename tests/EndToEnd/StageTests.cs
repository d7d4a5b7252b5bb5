using Google.Protobuf;
using Orchestrator.Conformance;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.V1;

namespace Orchestrator.EndToEnd;

/// <summary>Stage changes over gRPC, from the real silo in a process of its own.</summary>
public sealed class StageTests
{
    private const string Playbook = Texts.Head + """
        stages: {start: {kind: inventory}, engaged: {kind: inventory}}
        transitions: [{id: warms, from: start, to: engaged, when: "signals.count('purchase.made') >= 2"}]

        """;

    [Fact]
    public async Task A_stage_change_and_the_acknowledgement_of_its_signal_bear_one_commit_and_a_kill_loses_none_and_doubles_none()
    {
        await using var silo = await SiloProcess.StartAsync(Playbook);
        Dictionary<string, StageChange> told = [];
        Dictionary<string, Position> acknowledged = [];
        var position = ByteString.Empty;
        for (var round = 0; round < 3; round++)
        {
            using var client = silo.Connect();
            await using (var changes = client.Stages.WatchStages(new() { Position = position }, new()).GetAsyncEnumerator())
            {
                Assert.True(await changes.MoveNextAsync());
                for (var i = 0; i < 10; i++)
                {
                    await BuyTwiceAsync(silo, $"r{round}-{i}", acknowledged);
                }

                // Not all of them: the rest comes behind the kill.
                while (told.Values.Count(c => c.To == "engaged") < (round * 12) + 7)
                {
                    Assert.True(await changes.MoveNextAsync());
                    position = Take(changes.Current, told);
                }
            }

            for (var i = 10; i < 12; i++)
            {
                await BuyTwiceAsync(silo, $"r{round}-{i}", acknowledged);
            }

            await silo.KillAsync();
            await silo.StartAsync();
            using var reconnected = silo.Connect();
            await using var rest = reconnected.Stages.WatchStages(new() { Position = position }, new()).GetAsyncEnumerator();
            while (told.Values.Count(c => c.To == "engaged") < (round + 1) * 12)
            {
                Assert.True(await rest.MoveNextAsync());
                position = Take(rest.Current, told);
            }
        }

        var engaged = told.Values.Where(c => c.To == "engaged").ToDictionary(c => c.Account);
        Assert.Equal(36, engaged.Count);
        Assert.All(acknowledged, a => Assert.Equal(a.Value, engaged[a.Key].Commit));
        Assert.Equal(72, told.Count);
    }

    [Fact]
    public async Task Node_follows_stage_changes_and_goes_on_from_its_position()
    {
        var modules = await ForeignClientTests.ModulesAsync();
        await using var silo = await SiloProcess.StartAsync(Playbook);
        var said = ForeignClientTests.Json(await Tool.RunAsync("node", modules, Path.Combine(AppContext.BaseDirectory, "node", "stages.mjs"), silo.Authority, Place.In("protos"), modules), "Node.js");
        Assert.Equal([">start", "start>engaged"], said.GetProperty("stages").EnumerateArray().Select(s => s.GetString()));
        Assert.Equal(said.GetProperty("acknowledged").EnumerateArray().Select(s => s.GetString()), said.GetProperty("commits").EnumerateArray().Select(s => s.GetString()));
        Assert.Equal(said.GetProperty("missed").GetString(), said.GetProperty("later").EnumerateArray().Single().GetString());
    }

    private static ByteString Take(WatchStagesResponse response, Dictionary<string, StageChange> told)
    {
        foreach (var change in response.Changes)
        {
            Assert.True(told.TryAdd(change.Id, change), $"{change.Id} came twice");
        }

        return response.Position;
    }

    /// <summary>The account is opened by the first purchase and moves with the second.</summary>
    private static async Task BuyTwiceAsync(SiloProcess silo, string account, Dictionary<string, Position> acknowledged)
    {
        await silo.RecordAsync(Texts.Bought($"{account}-1", account, 100));
        var second = await silo.RecordAsync(Texts.Bought($"{account}-2", account, 100));
        Assert.Equal(Acknowledgement.Types.Result.Recorded, second.Result);
        acknowledged.Add(account, second.Position);
    }
}
