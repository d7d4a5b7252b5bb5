using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Orchestrator.Conformance;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Silo;
using Orchestrator.Tests;

namespace Orchestrator.EndToEnd;

/// <summary>What stands under deploy/ is read by the tools that will read it, and names only settings that the server has.</summary>
public sealed partial class DeployTests
{
    static readonly string Deploy = Place.In("deploy");

    [Theory]
    [InlineData("production")]
    [InlineData("orleans")]
    public async Task The_kubernetes_manifests_build(string overlay)
    {
        var built = await Output("kubectl", "kubernetes-client", Deploy, "kustomize", $"kubernetes/overlays/{overlay}");
        Assert.Equal(
            ["Deployment", "Namespace", "NetworkPolicy", "PodDisruptionBudget", "Service", "Service"],
            Kind().Matches(built).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("image: orchestrator\n", built, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_compose_file_is_one()
    {
        using var folder = new Folder();
        folder.Write("postgres-password", "x");
        folder.Write("postgres-connection", "Host=postgres;Password=x");
        var text = await File.ReadAllTextAsync(Path.Combine(Deploy, "docker", "compose.yaml"));
        var config = await Output("docker-compose", "docker-compose", folder.Path, "-f", folder.Write("compose.yaml", text), "config");
        Assert.Equal(3, Regex.Count(config, @"ORCHESTRATOR_ADVERTISE: silo\d:7401"));
    }

    [Fact]
    public async Task The_unit_is_one_that_systemd_takes()
    {
        using var folder = new Folder();
        var unit = await File.ReadAllTextAsync(Path.Combine(Deploy, "systemd", "orchestrator.service"));
        // The program is not installed here; everything else must stand.
        var file = folder.Write("orchestrator.service", ExecStart().Replace(unit, "ExecStart=/bin/true"));
        Assert.Equal("", await Output("systemd-analyze", "systemd", folder.Path, "verify", file));
    }

    [Fact]
    public void Every_setting_that_is_named_exists()
    {
        var known = Variable().Matches(ServerSettings.Usage).Select(m => m.Value).ToHashSet();
        var named = Directory.EnumerateFiles(Deploy, "*", SearchOption.AllDirectories)
            // What is told to the program with the Orleans engine is checked where that is built (tests/Orleans).
            .Where(f => !f.Contains("samples", StringComparison.Ordinal) && !Path.GetRelativePath(Deploy, f).Contains("orleans", StringComparison.Ordinal) && !f.EndsWith(".md", StringComparison.Ordinal))
            .SelectMany(f => Variable().Matches(File.ReadAllText(f)))
            .Select(m => m.Value)
            .ToHashSet();
        Assert.NotEmpty(named);
        Assert.Empty(named.Select(n => n.EndsWith("_FILE", StringComparison.Ordinal) ? n[..^5] : n).Except(known));
    }

    [Fact]
    public async Task The_service_manager_hears_when_the_silo_serves_and_when_it_leaves()
    {
        using var folder = new Folder();
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(folder["notify"]));
        var settings = SiloProcess.Settings(folder["data"], LoopbackPort.Take(), LoopbackPort.Take());
        settings["NOTIFY_SOCKET"] = folder["notify"];
        await using var silo = Child.Start("silo", "dotnet", [Place.Silo], settings);
        Assert.Equal($"READY=1\nSTATUS=serving gRPC on {settings["ORCHESTRATOR_GRPC"]}", await HeardAsync(manager));
        silo.Send("TERM");
        Assert.Equal("STOPPING=1", await HeardAsync(manager));
    }

    static async Task<string> HeardAsync(Socket manager)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var bytes = new byte[1_024];
        return Encoding.UTF8.GetString(bytes, 0, await manager.ReceiveAsync(bytes, limit.Token));
    }

    static async Task<string> Output(string program, string package, string folder, params string[] arguments)
    {
        if (await Tool.RunAsync(program, folder, arguments) is not { } ran)
        {
            Tool.Missing($"{program} (Debian: {package})");
            return "";
        }

        Assert.True(ran.Code == 0, ran.Output);
        return ran.Output;
    }

    [GeneratedRegex(@"^kind: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Kind();

    [GeneratedRegex("^ExecStart=.*$", RegexOptions.Multiline)]
    private static partial Regex ExecStart();

    [GeneratedRegex("ORCHESTRATOR_[A-Z_]+")]
    private static partial Regex Variable();
}
