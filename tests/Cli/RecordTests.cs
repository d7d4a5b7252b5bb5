using System.IO.Compression;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Xunit;
using Value = Orchestrator.V1.Value;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.Cli.Tests;

public sealed class RecordTests : IAsyncLifetime
{
    const string Invoices =
        "timestamp,customer_id,country,lines,net_quantity,purchase_value,return_value\n"
        + "2009-12-01 07:45,13085,\"United Kingdom\",8,166,505.30,0.00\n"
        + "2010-07-01 10:33,16321,\"Australia\",9,-100,0.00,196.10\n"
        + "2010-07-02 09:00,17000,\"France\",3,1,10.00,2.50\n"
        + "2010-07-03 09:00,17001,\"France\",3,0,0.00,0.00\n";

    const string Plain = "type: visited\naccount: \"{id}\"\nproperties: {name: \"{name}\"}\n";

    readonly Folder folder = new();
    World world = null!;

    Handlers Silo => world.Handlers;

    static string Sample => Path.Combine(Repository.Root, "deploy", "samples", "retail_b2b", "mapping.yaml");

    public async ValueTask InitializeAsync() => world = await World.StartAsync();

    public async ValueTask DisposeAsync()
    {
        folder.Dispose();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task The_sample_mapping_makes_purchases_and_returns_of_invoices()
    {
        var ran = await world.RunAsync("record", folder.Write("invoices.csv", Invoices), "--mapping", Sample, "-o", "json");
        Assert.Equal(("", 0), (ran.Error, ran.Exit));
        Assert.Equal(["purchase.made", "goods.returned", "purchase.made", "goods.returned"], Silo.Signals.Select(signal => signal.Type));
        var first = Silo.Signals[0];
        Assert.Equal(("c-13085", "crm", "13085"), (first.Account, Assert.Single(first.Identifiers).Kind, first.Identifiers[0].Value));
        Assert.Equal(50530, first.Properties["amount"].Money.MinorUnits);
        Assert.Equal("GBP", first.Properties["amount"].Money.Currency);
        Assert.Equal(8, first.Properties["lines"].Integer);
        Assert.Equal(new DateTimeOffset(2009, 12, 1, 7, 45, 0, TimeSpan.Zero), first.Time.ToDateTimeOffset());

        // In July, London's clocks are an hour ahead.
        Assert.Equal(new DateTimeOffset(2010, 7, 1, 9, 33, 0, TimeSpan.Zero), Silo.Signals[1].Time.ToDateTimeOffset());
        Assert.Equal((4, 4, 1), (ran.Json.GetProperty("rows").GetInt32(), ran.Json.GetProperty("recorded").GetInt32(), ran.Json.GetProperty("skippedRows").GetInt32()));
    }

    [Fact]
    public async Task A3_a_file_of_history_is_marked_as_such_signal_by_signal()
    {
        var file = folder.Write("invoices.csv", Invoices);
        await world.RunAsync("record", file, "--mapping", Sample, "--back-fill");
        Assert.Equal(4, Silo.Signals.Count(signal => signal.BackFill));
        await world.RunAsync("record", file, "--mapping", Sample);
        Assert.Equal((8, 4), (Silo.Signals.Count, Silo.Signals.Count(signal => signal.BackFill)));
    }

    [Fact]
    public async Task A_second_run_sends_the_same_ids_and_finds_duplicates()
    {
        var file = folder.Write("invoices.csv", Invoices);
        await world.RunAsync("record", file, "--mapping", Sample);
        var first = Silo.Signals.Select(signal => signal.Id).ToList();
        using (var packed = new GZipStream(File.Create(folder["again.csv.gz"]), CompressionLevel.Fastest))
        {
            packed.Write(Encoding.UTF8.GetBytes(Invoices));
        }

        var ran = await world.RunAsync("record", folder["again.csv.gz"], "--mapping", Sample, "-o", "json");
        Assert.Equal(first, Silo.Signals.Skip(first.Count).Select(signal => signal.Id));
        Assert.Equal(first.Count, first.Distinct().Count());
        Assert.Equal((0, 4), (ran.Json.GetProperty("recorded").GetInt32(), ran.Json.GetProperty("duplicates").GetInt32()));
    }

    [Theory]
    [InlineData("id,name\r\n7,\"a, \"\"b\"\"\"\r\n")]
    [InlineData("\ufeffid;name\n7;\"a, \"\"b\"\"\"\n")]
    [InlineData("name\tid\n\"a, \"\"b\"\"\"\t7")]
    public async Task Line_ends_marks_and_separators_of_other_tools_are_understood(string text)
    {
        var ran = await world.RunAsync("record", folder.Write("rows.csv", text), "--mapping", folder.Write("map.yaml", Plain));
        Assert.Equal(("", 0), (ran.Error, ran.Exit));
        var signal = Assert.Single(Silo.Signals);
        Assert.Equal(("7", "a, \"b\""), (signal.Account, signal.Properties["name"].Text));
    }

    [Fact]
    public async Task Rejected_rows_stand_in_a_file_with_their_reasons()
    {
        Silo.OnSignal = signal => signal.Account == "2" ? new() { Result = Result.Refused, Reason = "`visited` is \"not\" declared" } : null;
        var file = folder.Write("rows.csv", "id,name\n1,a\n2,\"b, c\"\n3\n,d\n");
        var ran = await world.RunAsync("record", file, "--mapping", folder.Write("map.yaml", Plain));
        Assert.Equal(4, ran.Exit);
        var rejects = (await File.ReadAllLinesAsync(file + ".rejects.csv")).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(
            new[]
            {
                "id,name,reject_row,reject_reason",
                "2,\"b, c\",2,\"`visited` is \"\"not\"\" declared\"",
                "3,,3,\"expected 2 cells, found 1\"",
                ",d,4,\"expected an account or an identifier, found nothing in `{id}`\"",
            }.Order(StringComparer.Ordinal),
            rejects);
        Assert.Contains("rejected rows", ran.Out, StringComparison.Ordinal);

        Silo.OnSignal = _ => null;
        await world.RunAsync("record", folder.Write("rows.csv", "id,name\n1,a\n"), "--mapping", folder["map.yaml"]);
        Assert.False(File.Exists(file + ".rejects.csv"));
    }

    [Fact]
    public async Task What_an_overloaded_silo_put_off_is_sent_again_after_the_delay_it_asked_for()
    {
        var refused = new Dictionary<string, DateTimeOffset>();
        var early = 0;
        var delay = TimeSpan.FromMilliseconds(60);
        Silo.OnSignal = signal =>
        {
            if (refused.TryGetValue(signal.Id, out var at))
            {
                early += DateTimeOffset.UtcNow - at < delay ? 1 : 0;
                return null;
            }

            refused[signal.Id] = DateTimeOffset.UtcNow;
            return new() { Result = Result.Overloaded, RetryAfter = Duration.FromTimeSpan(delay) };
        };
        var rows = string.Concat(Enumerable.Range(1, 20).Select(row => $"{row},n\n"));
        var ran = await world.RunAsync("record", folder.Write("rows.csv", "id,name\n" + rows), "--mapping", folder.Write("map.yaml", Plain), "-o", "json");
        Assert.Equal(("", 0), (ran.Error, ran.Exit));
        Assert.Equal((20, 20, 0), (ran.Json.GetProperty("recorded").GetInt32(), ran.Json.GetProperty("putOff").GetInt32(), early));
    }

    [Fact]
    public async Task A_broken_stream_is_taken_up_where_it_broke_and_nothing_is_lost()
    {
        var broken = false;
        Silo.Breaks = signal => signal.Account == "7" && !broken && (broken = true);
        var rows = string.Concat(Enumerable.Range(1, 50).Select(row => $"{row},n\n"));
        var ran = await world.RunAsync("record", folder.Write("rows.csv", "id,name\n" + rows), "--mapping", folder.Write("map.yaml", Plain), "-o", "json", "--in-flight", "3");
        Assert.Equal(("", 0), (ran.Error, ran.Exit));
        Assert.Equal(50, ran.Json.GetProperty("recorded").GetInt32() + ran.Json.GetProperty("duplicates").GetInt32());
        Assert.Equal(50, Silo.Signals.Select(signal => signal.Account).Distinct().Count());
    }

    [Fact]
    public async Task Rows_of_ndjson_are_signals_with_plain_values_allowed()
    {
        var file = folder.Write("rows.ndjson.txt", """
            {"id":"a","type":"t","account":"acme","time":"2026-01-02T03:04:05Z","properties":{"s":"x","i":3,"d":3.5,"b":true,"n":null,"m":{"money":{"amount":"12.34","currency":"GBP"}},"p":{"integer":"9"}}}

            {"type":"t","account":"acme"}
            {"type":"t","oops":1}
            not json
            """);
        var ran = await world.RunAsync("record", file, "-o", "json");
        Assert.Equal(4, ran.Exit);
        var properties = Silo.Signals[0].Properties;
        Assert.Equal(("x", 3L, 3.5, true), (properties["s"].Text, properties["i"].Integer, properties["d"].Number, properties["b"].Flag));
        Assert.Equal((1234L, 9L, Value.KindOneofCase.None), (properties["m"].Money.MinorUnits, properties["p"].Integer, properties["n"].KindCase));
        Assert.EndsWith("-2", Silo.Signals[1].Id, StringComparison.Ordinal);
        var rejects = await File.ReadAllLinesAsync(file + ".rejects.ndjson");
        Assert.Equal(2, rejects.Length);
        Assert.Contains("\"row\":3", rejects[0], StringComparison.Ordinal);
        Assert.Contains("\"original\":\"not json\"", rejects[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("type: a\naccount: \"{idd}\"\n", ":2:10: `idd` is not a column of `rows.csv`")]
    [InlineData("type: a\naccount: \"{ID}\"\n", ":2:10: `ID` is not a column of `rows.csv`; did you mean `id`")]
    [InlineData("type: a\nacount: x\n", ":2:1: `acount` is not known in the mapping")]
    [InlineData("type: a\naccount: \"{id\"\n", ":2:10: expected a column's name between")]
    [InlineData("type: a\naccount: \"{id}\"\nproperties: {n: {column: name, as: float}}\n", ":3:36: expected one of `string`, `int`")]
    [InlineData("type: a\naccount: \"{id}\"\ntime: {column: id, zone: Europe/Lndon}\n", ":3:26: expected a time zone")]
    [InlineData("type: a\naccount: \"{id}\"\nwhen: {column: id, above: x}\n", ":3:27: expected a number for `above`, found `x`")]
    [InlineData("account: \"{id}\"\n", ":1:1: expected `type` in the mapping")]
    [InlineData("type: a\n", ":1:1: expected `account` or `identifiers`")]
    [InlineData("type: [\n", ":2:1: ")]
    [InlineData("id: x\naccount: \"{id}\"\nsignals: [{type: a}, {type: b}]\n", ":1:5: expected `id` in each of `signals`")]
    public async Task A_wrong_mapping_is_refused_with_file_line_and_column(string mapping, string expected)
    {
        var file = folder.Write("map.yaml", mapping);
        var ran = await world.RunAsync("record", folder.Write("rows.csv", "id,name\n1,a\n"), "--mapping", file);
        Assert.Equal(4, ran.Exit);
        Assert.StartsWith($"error: {file}{expected}", ran.Error, StringComparison.Ordinal);
        Assert.Single(ran.Error.TrimEnd().Split('\n'));
        Assert.Empty(Silo.Signals);
    }

    [Theory]
    [InlineData("as: money, currency: GBP", "1.005", "`v`: expected at most 2 decimal places for GBP, found `1.005`")]
    [InlineData("as: money, currency: JPY", "12", 12L)]
    [InlineData("as: money, currency: JPY", "12.5", "`v`: expected at most 0 decimal places for JPY, found `12.5`")]
    [InlineData("as: int", "1.5", "`v`: expected a whole number, found `1.5`")]
    [InlineData("as: int", "-4", -4L)]
    [InlineData("as: bool", "maybe", "`v`: expected true or false, found `maybe`")]
    [InlineData("as: timestamp, format: yyyy-MM-dd", "01/02/2020", "`{v}`: expected a time as `yyyy-MM-dd`, found `01/02/2020`")]
    [InlineData("as: timestamp, format: \"yyyy-MM-dd HH:mm\", zone: Europe/London", "2024-03-31 01:30", "`{v}`: `2024-03-31 01:30` never was in Europe/London, clocks went forward over it")]
    public async Task A_cell_is_of_its_type_or_its_row_is_rejected(string rule, string cell, object expected)
    {
        var map = folder.Write("map.yaml", $"type: t\naccount: \"{{id}}\"\nproperties: {{v: {{column: v, {rule}}}}}\n");
        var file = folder.Write("rows.csv", $"id,v\n1,{cell}\n");
        var ran = await world.RunAsync("record", file, "--mapping", map);
        if (expected is long number)
        {
            var value = Assert.Single(Silo.Signals).Properties["v"];
            Assert.Equal(number, value.KindCase == Value.KindOneofCase.Money ? value.Money.MinorUnits : value.Integer);
        }
        else
        {
            Assert.Equal(4, ran.Exit);
            Assert.Contains((string)expected, await File.ReadAllTextAsync(file + ".rejects.csv"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_and_damaged_archives_are_refused()
    {
        var map = folder.Write("map.yaml", Plain);
        var latin = await world.RunAsync("record", folder.Write("latin.csv", "id,name\n1,Andr\u00e9\n".Select(c => (byte)c).ToArray()), "--mapping", map);
        Assert.Equal(4, latin.Exit);
        Assert.Contains("expected UTF-8", latin.Error, StringComparison.Ordinal);
        var many = "id,name\n" + string.Concat(Enumerable.Repeat("1,a\n", 50_000)) + "1,Andr\u00e9\n";
        var late = await world.RunAsync("record", folder.Write("late.csv", many.Select(c => (byte)c).ToArray()), "--mapping", map, "-o", "json");
        Assert.Equal(4, late.Exit);
        Assert.Contains("expected UTF-8", late.Error, StringComparison.Ordinal);
        Assert.NotEmpty(Silo.Signals);
        var damaged = await world.RunAsync("record", folder.Write("rows.csv.gz", [0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8]), "--mapping", map);
        Assert.Equal(4, damaged.Exit);
        Assert.Contains("is damaged", damaged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_account_column_of_the_command_line_takes_the_place_of_the_mappings()
    {
        var ran = await world.RunAsync("record", folder.Write("rows.csv", "id,name\n1,a\n"), "--mapping", folder.Write("map.yaml", Plain), "--account-column", "name");
        Assert.Equal((0, "a"), (ran.Exit, Assert.Single(Silo.Signals).Account));
        var wrong = await world.RunAsync("record", folder["rows.csv"], "--mapping", folder["map.yaml"], "--account-column", "nam");
        Assert.StartsWith("error: --account-column: `nam` is not a column", wrong.Error, StringComparison.Ordinal);
    }
}
