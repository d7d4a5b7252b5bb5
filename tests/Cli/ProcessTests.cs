using System.Diagnostics;
using System.Runtime.Versioning;
using Xunit;

namespace Orchestrator.Cli.Tests;

[UnsupportedOSPlatform("windows")]
public sealed class ProcessTests
{
    [Fact]
    public async Task An_address_where_nobody_answers_is_said_and_exits_with_5()
    {
        foreach (var args in new[] { ["playbook", "list"], new[] { "doctor" } })
        {
            var ran = await Orc.RunAsync([.. args, "--address", "http://127.0.0.1:1"]);
            Assert.Equal(5, ran.Exit);
            Assert.Contains("no silo answers at `http://127.0.0.1:1`", ran.Out + ran.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("playbook", "list", "--adress", "x")]
    [InlineData("playbook", "list", "-o", "yaml")]
    [InlineData("playbook", "list", "--timeout", "soon")]
    [InlineData("playbook", "list", "--address", "nowhere")]
    [InlineData("playbook", "validate", "/no/such/file")]
    [InlineData("record", "/no/such/file")]
    [InlineData("actions", "settle", "a", "maybe")]
    [InlineData("actions", "settle", "a", "done", "--snooze", "1d")]
    [InlineData("account")]
    public async Task A_command_line_that_cannot_be_understood_exits_with_2_and_one_line(params string[] args)
    {
        var ran = await Orc.RunAsync(args);
        Assert.Equal((2, ""), (ran.Exit, ran.Out));
        Assert.StartsWith("error: ", Assert.Single(ran.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_says_where_it_looked_for_a_silo_that_is_not_there()
    {
        var ran = await Orc.RunAsync(["serve"], new() { ["ORCHESTRATOR_SILO"] = "/no/such/silo" }, default);
        Assert.Equal((1, "error: expected the silo's executable at `/no/such/silo`, which ORCHESTRATOR_SILO names, found nothing there"), (ran.Exit, ran.Error.Trim()));
        var nowhere = Assert.Throws<CommandFailure>(() => Serving.SiloLocation.Find(null, "/"));
        Assert.Contains("set ORCHESTRATOR_SILO", nowhere.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_passes_all_arguments_on_and_ends_with_the_silos_exit_code()
    {
        using var folder = new Folder();
        var silo = Script(folder, $"printf '%s|' \"$@\" > '{folder["args"]}'; exit 7");
        var ran = await Orc.RunAsync(["serve", "--address", "x y", "-o", "--Store:Path=/d", "@v", "plain"], new() { ["ORCHESTRATOR_SILO"] = silo }, default);
        Assert.Equal((7, ""), (ran.Exit, ran.Error));
        Assert.Equal("--address|x y|-o|--Store:Path=/d|@v|plain|", await File.ReadAllTextAsync(folder["args"]));
    }

    [Fact]
    public async Task The_built_orc_passes_sigterm_on_and_waits_for_the_silo()
    {
        using var folder = new Folder();
        var silo = Script(folder, "tail -f /dev/null & waiting=$!; trap 'kill $waiting; echo stopping; exit 9' TERM; echo ready; wait");
        using var orc = Start(silo, "serve");
        Assert.Equal("ready", await orc.StandardOutput.ReadLineAsync());
        using var kill = Process.Start("kill", ["-TERM", $"{orc.Id}"]);
        Assert.Equal("stopping", await orc.StandardOutput.ReadLineAsync());
        await orc.WaitForExitAsync();
        Assert.Equal(9, orc.ExitCode);
    }

    [Fact]
    public async Task The_built_orc_answers_as_a_process_and_completes_words()
    {
        await using var world = await World.StartAsync();
        world.Handlers.OnAsk = _ => new V1.ListResponse { Versions = { new V1.PlaybookVersion { Name = "b2b", Version = 1 } } };
        using var list = Start("", "playbook", "list", "-o", "json", "--address", world.Address);
        Assert.Contains("\"b2b\"", await list.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        await list.WaitForExitAsync();
        Assert.Equal(0, list.ExitCode);
        using var suggest = Start("", "[suggest:4]", "play");
        Assert.Contains("playbook", await suggest.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
    }

    static Process Start(string silo, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "orc.dll"), .. args])
        {
            RedirectStandardOutput = true, RedirectStandardInput = true,
        };
        start.Environment["ORCHESTRATOR_SILO"] = silo;
        return Process.Start(start)!;
    }

    static string Script(Folder folder, string body)
    {
        var file = folder.Write("silo", "#!/bin/bash\n" + body + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return file;
    }
}
