using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Orchestrator.Silo.StoreCommands;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>How this silo takes part in an Orleans cluster.</summary>
/// <param name="ClusterId">Of this cluster; silos of another never meet these. Default <c>orchestrator</c>.</param>
/// <param name="ServiceId">Of the service over all its clusters; reminders and grain storage go by it. Default <c>orchestrator</c>.</param>
/// <param name="Listen">Where silos reach each other.</param>
/// <param name="Advertise">The address that others are told: never the unspecified one.</param>
/// <param name="GatewayPort">Where Orleans clients come; 0 = nowhere.</param>
/// <param name="Link">How messages travel between silos: <c>orleans</c>, over its connections, or <c>grpc</c>, over the gRPC port. The same for all silos.</param>
/// <param name="Tls">PEM files for TLS between silos and from clients; null = in the clear.</param>
/// <param name="Connection">Of the tables of Orleans, with their schema as its search path.</param>
public sealed record OrleansSettings(string ClusterId, string ServiceId, IPEndPoint Listen, IPAddress Advertise, int GatewayPort, string Connection, string Link = "orleans", (string Certificate, string Key, string Authority)? Tls = null)
{
    private const string Invariant = "Npgsql";

    /// <summary>Names of the settings, for usage and for reading.</summary>
    public static IReadOnlyList<(string Name, string Help)> Known { get; } =
    [
        ("orleans-listen", "address where silos reach each other (127.0.0.1:11111)"),
        ("orleans-advertise", "IP address or host that other silos and clients are told (the listening one)"),
        ("orleans-gateway", "port of the gateway for Orleans clients, 0 = none (30000)"),
        ("orleans-cluster", "cluster id of Orleans (orchestrator)"),
        ("orleans-service", "service id of Orleans (orchestrator)"),
        ("orleans-tls-certificate", "PEM file of this silo's certificate: TLS on all connections of Orleans, both ends with one ()"),
        ("orleans-tls-key", "PEM file of the certificate's key ()"),
        ("orleans-tls-authority", "PEM file of the authority that signed the certificates of all silos and clients ()"),
        ("orleans-link", "how messages travel between silos, orleans or grpc, the same for all (orleans)"),
        ("orleans-postgres", "connection string of Orleans' own tables (the store's, schema `orleans`)"),
    ];

    /// <param name="setting">By name; null where nobody says.</param>
    /// <param name="store">The store's connection string.</param>
    /// <exception cref="FormatException">One is malformed.</exception>
    /// <exception cref="Journal.StoreRefusedException">A connection string is malformed.</exception>
    public static OrleansSettings Read(Func<string, string?> setting, string store)
    {
        var listen = setting("orleans-listen") ?? "127.0.0.1:11111";
        if (!IPEndPoint.TryParse(listen, out var at) || at.Port == 0)
        {
            throw new FormatException($"`orleans-listen` is `{listen}`, an address such as `0.0.0.0:11111` was expected");
        }

        return new OrleansSettings(
            Id("orleans-cluster", setting("orleans-cluster")),
            Id("orleans-service", setting("orleans-service")),
            at,
            Reachable(setting("orleans-advertise"), at.Address),
            Port("orleans-gateway", setting("orleans-gateway") ?? "30000"),
            setting("orleans-postgres") is { } own ? OrleansTables.At(own) : OrleansTables.Beside(store),
            setting("orleans-link") is null or "orleans" ? "orleans" : setting("orleans-link") == "grpc" ? "grpc" : throw new FormatException($"`orleans-link` is `{setting("orleans-link")}`, `orleans` or `grpc` was expected"),
            Files(setting));
    }

    /// <summary>Endpoints, membership, grain storage and reminders, all in PostgreSQL.</summary>
    public void Configure(ISiloBuilder silo, string name)
    {
        silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (ClusterId, ServiceId));
        silo.Configure<SiloOptions>(options => options.SiloName = name);
        silo.Configure<EndpointOptions>(options =>
        {
            (options.AdvertisedIPAddress, options.SiloPort, options.GatewayPort) = (Advertise, Listen.Port, GatewayPort);
            options.SiloListeningEndpoint = Listen;
            options.GatewayListeningEndpoint = GatewayPort == 0 ? null : new IPEndPoint(Listen.Address, GatewayPort);
        });
        silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, Connection));
        silo.UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = (Invariant, Connection));
        silo.AddAdoNetGrainStorageAsDefault(options => (options.Invariant, options.ConnectionString) = (Invariant, Connection));
        silo.AddAdoNetGrainStorage("PubSubStore", options => (options.Invariant, options.ConnectionString) = (Invariant, Connection));
        silo.Configure<ClusterMembershipOptions>(Notice);
        silo.AddMemoryStreams(Orchestrator.Orleans.ActionStreams.Provider);
    }

    /// <summary>A silo that died is noticed within about 4 s, so that all partitions serve again within 8: Orleans' own times are made for clusters that may wait a minute.</summary>
    internal static void Notice(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);

        // Orleans waits longer where answers have been slow; a silo that does not run at all must still be noticed in seconds.
        options.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 2;

        // How late a silo hears at worst that the others have given it up, if they cannot tell it.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        options.MaxJoinAttemptTime = TimeSpan.FromSeconds(60);

        // It would be judged by the newcomer's clock, and a silo whose clock is behind would never come in. One that died while it joined is noticed by probes like any other.
        options.EvictWhenMaxJoinAttemptTimeExceeded = false;
    }

    private static (string, string, string)? Files(Func<string, string?> setting) =>
        (setting("orleans-tls-certificate"), setting("orleans-tls-key"), setting("orleans-tls-authority")) switch
        {
            (null, null, null) => null,
            ({ } certificate, { } key, { } authority) => (certificate, key, authority),
            _ => throw new FormatException("`orleans-tls-certificate`, `orleans-tls-key` and `orleans-tls-authority` belong together, some of them are missing"),
        };

    private static string Id(string name, string? value) => (value ?? "orchestrator") is { Length: > 0 and <= 150 } id && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        ? id
        : throw new FormatException($"`{name}` is `{value}`, 1 to 150 letters, digits, `-`, `_` and `.` were expected");

    private static int Port(string name, string value) => ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        ? port
        : throw new FormatException($"`{name}` is `{value}`, a port from 0 to 65535 was expected");

    /// <summary>Listening on all addresses says nothing about where to reach it: then the machine's own address does.</summary>
    private static IPAddress Reachable(string? given, IPAddress listening)
    {
        if (given is null && !listening.Equals(IPAddress.Any) && !listening.Equals(IPAddress.IPv6Any))
        {
            return listening;
        }

        var host = given ?? Dns.GetHostName();
        try
        {
            return Dns.GetHostAddresses(host).OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First(a => !a.Equals(IPAddress.Any));
        }
        catch (Exception unknown) when (unknown is SocketException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"`orleans-advertise` is `{host}`, an IP address or the name of a host that can be looked up was expected");
        }
    }
}
