using System.IO.Compression;
using System.Text.Json;
using Orchestrator.EndToEnd.Harness;

namespace Orchestrator.EndToEnd;

/// <summary>The built `orc` against the real silo with the wholesaler's playbook and real invoices.</summary>
public sealed class OrcTests
{
    [Fact]
    public async Task Orc_publishes_the_sample_playbook_records_real_invoices_and_shows_what_came_of_them()
    {
        await using var silo = await SiloProcess.StartAsync(playbook: null);
        using var folder = new Folder();
        Task<(int Exit, string Output, string Error)> Orc(params string[] arguments) =>
            Child.RunAsync(Place.Orc, arguments, new Dictionary<string, string> { ["ORCHESTRATOR_GRPC"] = silo.Address.ToString(), ["NO_COLOR"] = "1" });

        var unsigned = await Orc("playbook", "publish", Place.In("deploy", "playbooks", "wholesaler.yaml"));
        Assert.Equal(4, unsigned.Exit);
        Assert.Contains("the sign-off of `sales` (for becomes-key), `customer-success` (for becomes-key) is missing", unsigned.Error, StringComparison.Ordinal);
        var published = await Orc("playbook", "publish", Place.In("deploy", "playbooks", "wholesaler.yaml"), "--signed-off-by", "sales", "--signed-off-by", "customer-success");
        Assert.Equal(0, published.Exit);
        Assert.All(published.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains(": warning: ", line, StringComparison.Ordinal));

        var rows = await FirstRowsAsync(500);
        var file = folder.Write("invoices.csv", string.Join('\n', rows) + "\n");
        var mapping = Place.In("deploy", "samples", "retail_b2b", "mapping.yaml");
        var recorded = await Orc("record", file, "--mapping", mapping, "-o", "json");
        Assert.Equal((0, ""), (recorded.Exit, recorded.Error));
        var summary = JsonDocument.Parse(recorded.Output).RootElement;
        var signals = summary.GetProperty("recorded").GetInt32();
        Assert.Equal((500, 0), (summary.GetProperty("rows").GetInt32(), summary.GetProperty("duplicates").GetInt32()));
        Assert.InRange(signals, 500, 1_000);
        var again = JsonDocument.Parse((await Orc("record", file, "--mapping", mapping, "-o", "json")).Output).RootElement;
        Assert.Equal((0, signals), (again.GetProperty("recorded").GetInt32(), again.GetProperty("duplicates").GetInt32()));

        // The account's name agrees with what --sample makes of the same row.
        var account = $"c-{rows[1].Split(',')[1]}";
        var shown = await Orc("account", "show", account);
        Assert.Equal((0, ""), (shown.Exit, shown.Error));
        Assert.Contains(account, shown.Output, StringComparison.Ordinal);
        var explained = await Orc("account", "explain", account);
        Assert.Equal((0, ""), (explained.Exit, explained.Error));
        Assert.NotEmpty(explained.Output);
        var timeline = await Orc("account", "timeline", account);
        Assert.Contains("purchase.made", timeline.Output, StringComparison.Ordinal);

        var tail = await Orc("actions", "tail", "--max", "3", "-o", "json");
        Assert.Equal((0, ""), (tail.Exit, tail.Error));
        Assert.Equal(3, tail.Output.Trim().Split('\n').Length);
        TestContext.Current.TestOutputHelper!.WriteLine(shown.Output + explained.Output + tail.Output);
    }

    static async Task<List<string>> FirstRowsAsync(int count)
    {
        using var text = new StreamReader(new GZipStream(File.OpenRead(Place.In("deploy", "samples", "retail_b2b", "invoices.csv.gz")), CompressionMode.Decompress));
        var rows = new List<string>();
        while (rows.Count <= count && await text.ReadLineAsync() is { } row)
        {
            rows.Add(row);
        }

        return rows;
    }
}
