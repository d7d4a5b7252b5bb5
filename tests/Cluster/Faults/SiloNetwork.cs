using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;
using Npgsql;
using Orchestrator.Conformance;
using Orchestrator.Storage.Contract.Tests.Postgres;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>
/// A network of the test's own: a namespace for each silo, joined by a bridge at which PostgreSQL and the test's clients have an address each. Packets are dropped without a word, in
/// the namespace of the silo, so that nobody learns of a cut but by silence. All of it goes with the test.
/// </summary>
internal sealed class SiloNetwork : IDisposable
{
    private static int _networks;
    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"orc{Environment.ProcessId % 100_000:x}{Interlocked.Increment(ref _networks)}");
    private readonly string _prefix;
    private readonly List<string> _namespaces = [];
    private readonly string _access = Path.Combine(Path.GetTempPath(), $"orchestrator-hba-{Guid.NewGuid():N}");
    private PostgresServer? _database;

    private SiloNetwork()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !TryRun("nft", "--version") || !TryRun("ip", "-V"))
        {
            Tool.Missing("root on Linux with `ip` and `nft` (Debian: iproute2, nftables), to make network namespaces,");
        }

        _prefix = FreePrefix();
        Place = "";
    }

    /// <summary>Connection string of PostgreSQL as the silos reach it.</summary>
    public string Place { get; private set; }

    public IReadOnlyList<SiloMember> Silos { get; private set; } = [];

    /// <summary>Belongs to the network.</summary>
    public PostgresServer Database => _database!;

    private string DatabaseAddress => _prefix + ".2";

    public static SiloNetwork Make()
    {
        var network = new SiloNetwork();
        try
        {
            network.Build();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>What the silo sends to PostgreSQL and what PostgreSQL sends to it is lost.</summary>
    public void CutFromDatabase(SiloMember silo) => Drop(silo, DatabaseAddress, both: true);

    /// <summary>What PostgreSQL sends to the silo is lost; what the silo sends arrives: statements may commit unheard of.</summary>
    public void DeafenToDatabase(SiloMember silo) => Drop(silo, DatabaseAddress, both: false);

    /// <summary>Nothing passes between the silo and the others.</summary>
    public void CutFromSilos(SiloMember silo) => Others(silo).ForEach(other => Drop(silo, AddressOf(other), both: true));

    /// <summary>What the others send to the silo is lost; what it sends arrives.</summary>
    public void DeafenToSilos(SiloMember silo) => Others(silo).ForEach(other => Drop(silo, AddressOf(other), both: false));

    public void Heal(SiloMember silo) => Inside(silo, "nft", "flush", "table", "inet", "cut");

    public void Dispose()
    {
        _database?.Dispose();
        foreach (var space in _namespaces)
        {
            // Their ends of the cables go with them, and with those the other ends.
            TryRun("ip", "netns", "del", space);
        }

        TryRun("ip", "link", "del", _name);
        File.Delete(_access);
    }

    private void Build()
    {
        Run("ip", "link", "add", _name, "type", "bridge");
        Run("ip", "addr", "add", _prefix + ".1/24", "dev", _name);
        Run("ip", "addr", "add", _prefix + ".2/24", "dev", _name);
        Run("ip", "link", "set", _name, "up");
        foreach (var silo in "abc")
        {
            Join(_name + silo, $"{_prefix}.{11 + silo - 'a'}");
        }

        File.WriteAllText(_access, $"host all all 127.0.0.1/32 trust\nhost all all {_prefix}.0/24 trust\n");
        _database = new PostgresServer($"-c listen_addresses=127.0.0.1,{DatabaseAddress} -c hba_file={_access}");
        Place = new NpgsqlConnectionStringBuilder(_database.Place("cut")) { Host = DatabaseAddress }.ConnectionString;
        Silos = [.. "abc".Select(silo => new SiloMember(silo.ToString(), Place, $"{_prefix}.{11 + silo - 'a'}", "ip", "netns", "exec", _name + silo))];
    }

    private void Join(string space, string address)
    {
        Run("ip", "netns", "add", space);
        _namespaces.Add(space);
        Run("ip", "link", "add", space, "type", "veth", "peer", "name", "eth0", "netns", space);
        Run("ip", "link", "set", space, "master", _name, "up");
        Run("ip", "-n", space, "addr", "add", address + "/24", "dev", "eth0");
        Run("ip", "-n", space, "link", "set", "eth0", "up");
        Run("ip", "-n", space, "link", "set", "lo", "up");
        Run("ip", "netns", "exec", space, "nft", "add table inet cut; add chain inet cut in { type filter hook input priority 0; }; add chain inet cut out { type filter hook output priority 0; }");
    }

    private void Drop(SiloMember silo, string address, bool both)
    {
        Inside(silo, "nft", $"add rule inet cut in ip saddr {address} drop");
        if (both)
        {
            Inside(silo, "nft", $"add rule inet cut out ip daddr {address} drop");
        }
    }

    private List<SiloMember> Others(SiloMember silo) => [.. Silos.Where(s => s != silo)];

    private static string AddressOf(SiloMember silo) => silo.Address.Host;

    private void Inside(SiloMember silo, params string[] line) => Run("ip", ["netns", "exec", _name + silo.Name, .. line]);

    // Of the range for networks inside one machine's walls (RFC 2544): no real one is there.
    private static string FreePrefix()
    {
        var taken = NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address.ToString()).ToHashSet();
        return Enumerable.Range(0, 256).Select(n => (n + Environment.ProcessId) % 256).Select(n => string.Create(CultureInfo.InvariantCulture, $"198.18.{n}")).First(p => !taken.Contains(p + ".1"));
    }

    private static void Run(string program, params string[] arguments)
    {
        var (exit, said) = Told(program, arguments);
        Assert.True(exit == 0, $"`{program} {string.Join(' ', arguments)}` failed: {said}");
    }

    private static bool TryRun(string program, params string[] arguments)
    {
        try
        {
            return Told(program, arguments).Exit == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static (int Exit, string Said) Told(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd() + process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said);
    }
}
