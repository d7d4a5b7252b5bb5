using System.Runtime.Versioning;
using Xunit;

namespace Orchestrator.Cli.Tests;

[UnsupportedOSPlatform("windows")]
public sealed class StoreCommandTests
{
    [Theory]
    [InlineData("store|migrate|/old|postgres|", "store", "migrate", "/old", "postgres")]
    [InlineData("store|migrate|--orleans|postgres|", "store", "migrate", "--orleans", "postgres")]
    [InlineData("store|backup|Host=db;Password=a b|/b.db|", "backup", "Host=db;Password=a b", "/b.db")]
    [InlineData("store|restore|/b.db|/new|", "restore", "/b.db", "/new")]
    [InlineData("store|verify|/b.db|", "verify", "/b.db")]
    public async Task Work_on_a_store_is_handed_to_the_silos_program_with_its_exit_code(string expected, params string[] args)
    {
        using var folder = new Folder();
        var silo = folder.Write("silo", $"#!/bin/sh\nprintf '%s|' \"$@\" > '{folder["args"]}'; exit 4\n");
        File.SetUnixFileMode(silo, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var ran = await Orc.RunAsync(args, new() { ["ORCHESTRATOR_SILO"] = silo }, default);
        Assert.Equal((4, ""), (ran.Exit, ran.Error));
        Assert.Equal(expected, await File.ReadAllTextAsync(folder["args"]));
    }

    [Theory]
    [InlineData("backup", "only-one")]
    [InlineData("verify")]
    [InlineData("store")]
    [InlineData("store", "migrate", "only-one")]
    [InlineData("store", "migrate", "one", "two", "--orleans", "postgres")]
    public async Task A_place_that_is_missing_is_a_mistake(params string[] args) => Assert.Equal(2, (await Orc.RunAsync(args)).Exit);
}
