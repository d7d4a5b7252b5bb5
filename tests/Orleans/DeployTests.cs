using System.Text.RegularExpressions;
using Orchestrator.Conformance;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Silo.Engines.Orleans;

namespace Orchestrator.Orleans.Tests;

/// <summary>What stands under deploy/ for this engine is read by the tools that will read it, and names only settings that the program has.</summary>
public sealed partial class DeployTests
{
    private static readonly string Deploy = Place.In("deploy");

    [Fact]
    public async Task The_kubernetes_overlay_tells_each_silo_its_address_and_lets_only_silos_to_the_port_between_them()
    {
        var built = await OutputAsync("kubectl", "kubernetes-client", Deploy, "kustomize", "kubernetes/overlays/orleans");

        // A variable may use only those before it.
        Assert.InRange(built.IndexOf("name: POD_IP", StringComparison.Ordinal), 0, built.IndexOf("name: ORCHESTRATOR_ORLEANS_ADVERTISE\n          value: $(POD_IP)", StringComparison.Ordinal));
        Assert.Equal(["registry.example/orchestrator-orleans", "registry.example/orchestrator-orleans"], Image().Matches(built).Select(m => m.Groups[1].Value));
        var network = built[built.IndexOf("kind: NetworkPolicy", StringComparison.Ordinal)..];
        Assert.Equal(1, Regex.Count(network, "port: orleans\n"));
        Assert.Equal(1, Regex.Count(network, "port: orleans-gateway\n"));
        foreach (var port in new[] { "orleans", "orleans-gateway" })
        {
            Assert.Contains($"name: {port}\n", built[..built.IndexOf("kind: NetworkPolicy", StringComparison.Ordinal)], StringComparison.Ordinal);
        }

        // ProductionTests asks the process itself for these, and has it leave.
        foreach (var (probe, path) in new[] { ("readiness", "/readyz"), ("liveness", "/livez"), ("startup", "/livez") })
        {
            Assert.Matches($@"{probe}Probe:\n( +\w+: \d+\n)* +httpGet:\n +path: {path}\n +port: http\n", built);
        }

        Assert.Contains("terminationGracePeriodSeconds: 60\n", built, StringComparison.Ordinal);
        Assert.Matches(@"- store\n +- migrate\n +- --orleans\n +- postgres\n", built);
    }

    [Fact]
    public async Task The_compose_file_is_one_on_top_of_that_of_the_other_engine()
    {
        using var folder = new Folder();
        folder.Write("postgres-password", "x");
        folder.Write("postgres-connection", "Host=postgres;Password=x");
        string[] files = ["compose.yaml", "compose.orleans.yaml"];
        foreach (var file in files)
        {
            folder.Write(file, await File.ReadAllTextAsync(Path.Combine(Deploy, "docker", file)));
        }

        var config = await OutputAsync("docker-compose", "docker-compose", folder.Path, "-f", files[0], "-f", files[1], "config");
        Assert.Equal(3, Regex.Count(config, @"ORCHESTRATOR_ORLEANS_ADVERTISE: silo\d\n"));
        Assert.Equal(3, Regex.Count(config, @"ORCHESTRATOR_ADVERTISE: silo\d:7401\n"));
        Assert.Equal(4, Regex.Count(config, "target: orleans\n"));
    }

    [Fact]
    public void Every_setting_that_is_named_exists_and_the_readme_names_every_one()
    {
        var own = OrleansSettings.Known.Select(k => "ORCHESTRATOR_" + k.Name.Replace('-', '_').ToUpperInvariant()).ToHashSet();
        var known = Variable().Matches(Silo.ServerSettings.Usage).Select(m => m.Value).Concat(own).ToHashSet();
        var named = Directory.EnumerateFiles(Deploy, "*", SearchOption.AllDirectories)
            .Where(f => Path.GetRelativePath(Deploy, f).Contains("orleans", StringComparison.Ordinal))
            .SelectMany(f => Variable().Matches(File.ReadAllText(f)))
            .Select(m => m.Value)
            .ToHashSet();
        Assert.Contains("ORCHESTRATOR_ORLEANS_LISTEN", named);
        Assert.Empty(named.Select(n => n.EndsWith("_FILE", StringComparison.Ordinal) ? n[..^5] : n).Except(known));

        // The table leaves out what all of them begin with.
        var table = File.ReadAllText(Place.In("silo", "Engines", "Orleans", "README.md"));
        Assert.All(own, setting => Assert.Contains($"`{setting["ORCHESTRATOR_ORLEANS_".Length..]}`", table, StringComparison.Ordinal));
    }

    private static async Task<string> OutputAsync(string program, string package, string folder, params string[] arguments)
    {
        if (await Tool.RunAsync(program, folder, arguments) is not { } ran)
        {
            Tool.Missing($"{program} (Debian: {package})");
            return "";
        }

        Assert.True(ran.Code == 0, ran.Output);
        return ran.Output;
    }

    [GeneratedRegex("ORCHESTRATOR_[A-Z_]+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"image: ([a-z./-]+):")]
    private static partial Regex Image();
}
