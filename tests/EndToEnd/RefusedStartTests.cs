using System.Net;
using System.Net.Sockets;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Tests;

namespace Orchestrator.EndToEnd;

/// <summary>What the process says when it cannot start: one line that a person can act on, and an exit code.</summary>
public sealed class RefusedStartTests
{
    [Fact]
    public async Task A_second_silo_on_one_store_is_refused_and_the_first_goes_on()
    {
        await using var silo = await SiloProcess.StartAsync(Texts.Mails);
        var (exit, _, error) = await Child.RunAsync(Place.Silo, [], SiloProcess.Settings(silo.Data, LoopbackPort.Take(), LoopbackPort.Take()));
        Assert.Equal(1, exit);
        Assert.Contains("another silo", OneLine(error), StringComparison.Ordinal);
        Assert.Equal(V1.Acknowledgement.Types.Result.Recorded, (await silo.RecordAsync(Texts.Viewed("a", "acme"))).Result);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_port_in_use_is_said_with_the_way_out(bool grpc)
    {
        using var folder = new Folder();
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var taken = ((IPEndPoint)holder.LocalEndpoint).Port;
        var (exit, _, error) = await Child.RunAsync(Place.Silo, [], SiloProcess.Settings(folder.Path, grpc ? LoopbackPort.Take() : taken, grpc ? taken : LoopbackPort.Take()));
        Assert.Equal(1, exit);
        Assert.Contains($"127.0.0.1:{taken}", OneLine(error), StringComparison.Ordinal);
        Assert.Contains("--http and --grpc", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown argument `--gprc`; did you mean `--grpc`?", "--gprc", "127.0.0.1:1")]
    [InlineData("unknown argument `sample`; did you mean `--sample`?", "sample")]
    [InlineData("`--grpc` needs a value", "--grpc")]
    [InlineData("`grpc` is `here`, an address such as `127.0.0.1:7400` was expected", "--grpc", "here")]
    [InlineData("`partitions` is `0`, a whole number from 1 to 4096 was expected", "--partitions", "0")]
    [InlineData("unknown store `mysql`, `sqlite` or `postgres` was expected", "--store", "mysql")]
    [InlineData("the store `postgres` needs a connection string: give `--postgres`, ORCHESTRATOR_POSTGRES or ORCHESTRATOR_POSTGRES_FILE", "--store", "postgres")]
    [InlineData("`advertise` is `nowhere`, `host:port` was expected", "--advertise", "nowhere")]
    public async Task An_argument_that_cannot_be_understood_exits_with_2_and_shows_the_usage(string expected, params string[] arguments)
    {
        var (exit, output, error) = await Child.RunAsync(Place.Silo, arguments);
        Assert.Equal((2, ""), (exit, output));
        Assert.StartsWith($"error: {expected}\n\nusage: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_is_refused()
    {
        using var folder = new Folder();
        var file = folder.Write("file", "");
        var (exit, _, error) = await Child.RunAsync(Place.Silo, [], SiloProcess.Settings(Path.Combine(file, "data"), LoopbackPort.Take(), LoopbackPort.Take()));
        Assert.Equal(1, exit);
        Assert.Contains(file, OneLine(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_store_is_refused_and_left_as_it_is()
    {
        using var folder = new Folder();
        var text = string.Concat(Enumerable.Repeat("this is no store\n", 100));
        var file = folder.Write("orchestrator.db", text);
        var (exit, _, error) = await Child.RunAsync(Place.Silo, [], SiloProcess.Settings(folder.Path, LoopbackPort.Take(), LoopbackPort.Take()));
        Assert.Equal(1, exit);
        Assert.Contains(file, OneLine(error), StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(file));
    }

    // No stack trace, no second thought.
    static string OneLine(string error)
    {
        var line = Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        return line;
    }
}
