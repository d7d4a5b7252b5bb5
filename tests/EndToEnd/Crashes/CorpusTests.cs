using System.Text.Json.Nodes;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.V1;

namespace Orchestrator.EndToEnd.Crashes;

/// <summary>A store of an earlier release is read as that release read it, and goes on.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Releases => [.. Corpus.Releases];

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task A_store_of_an_earlier_release_folds_to_the_states_that_release_saw(string release)
    {
        using var folder = new Folder();
        await Corpus.UnpackAsync(release, folder["orchestrator.db"]);
        var check = await JournalCheck.ReadAsync(folder["orchestrator.db"]);
        var knew = await Corpus.ExpectedAsync(release);
        Assert.NotEmpty(knew);
        Assert.Equal(knew.Select(s => s.Key).Order(StringComparer.Ordinal), check.States.Keys);
        Assert.Empty(Corpus.Differences(knew, Corpus.States(check), release).Take(10));
        Assert.Contains("account.action_ended", check.Kinds);
        TestContext.Current.TestOutputHelper!.WriteLine($"{check.Grains} grains, {check.Frames} frames, kinds: {string.Join(", ", check.Kinds)}");
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task A_silo_goes_on_from_a_store_of_an_earlier_release_and_explains_its_decisions(string release)
    {
        using var folder = new Folder();
        await Corpus.UnpackAsync(release, folder["orchestrator.db"]);
        var before = await JournalCheck.ReadAsync(folder["orchestrator.db"]);
        await using var silo = await SiloProcess.StartAsync(playbook: null, data: folder.Path);
        var (signal, places) = before.Applied.First(s => s.Value is [var place] && place.StartsWith("acc-", StringComparison.Ordinal));
        var account = places[0].Split(' ')[0];
        var explained = await silo.Client.Accounts.Explain(new() { Account = account, SignalId = signal }, new());
        Assert.True(explained.Reproduced, explained.Summary);

        await using var recorder = silo.Client.NewRecorder();
        await recorder.AddAsync(Texts.Viewed("after-the-upgrade", account));
        await recorder.FlushAsync();
        var again = await silo.AccountAsync(account);
        Assert.Equal(before.Applied.Values.Count(p => p[0].StartsWith($"{account} at", StringComparison.Ordinal)) + 1, again.SignalCount);
    }

    [Fact]
    public void A_difference_is_seen()
    {
        var knew = JsonNode.Parse("""{"a": {"b": [1, 2]}, "c": "x"}""");
        Assert.Empty(Corpus.Differences(knew, JsonNode.Parse("""{"a": {"b": [1, 2], "new": 1}, "c": "x"}"""), "s"));
        Assert.Equal(["s.a.b[1]: the release read 2, today 3"], Corpus.Differences(knew, JsonNode.Parse("""{"a": {"b": [1, 3]}, "c": "x"}"""), "s"));
        Assert.Equal(["s.c: the release read \"x\", today nothing"], Corpus.Differences(knew, JsonNode.Parse("""{"a": {"b": [1, 2]}}"""), "s"));
    }
}
