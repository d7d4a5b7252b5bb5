using System.Globalization;
using System.Net;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Silo.Engines;

namespace Orchestrator.Silo;

/// <summary>What the process was told: by argument, else by environment, else the default. One place for all names.</summary>
/// <param name="Http">Where health and the services over HTTP are served; default 127.0.0.1:7400.</param>
/// <param name="Grpc">Where gRPC is served in cleartext HTTP/2; default 127.0.0.1:7401.</param>
/// <param name="Data">Folder of the embedded store; default <c>data</c>, or <c>data/sample</c> for the sample.</param>
/// <param name="Partitions">For a new store; fixed for ever then. Default 256, for the sample 32.</param>
/// <param name="Sample">Replay the bundled sample.</param>
/// <param name="SampleSeconds">How long the sample's two years take, in seconds, 5 to 86,400. Default 90.</param>
/// <param name="Postgres">Connection string; null = the embedded store.</param>
/// <param name="Silo">This silo's name among those of a cluster; default the machine's.</param>
/// <param name="Advertise">Where the other silos reach it, <c>host:port</c>; default the gRPC address.</param>
/// <param name="Zone">Where it stands; empty if nobody says.</param>
/// <param name="Engine">What runs the partitions: <c>embedded</c>, <c>postgres</c>, or the one of this program (<see cref="EnginePlug"/>).</param>
/// <param name="RetentionDays">How many days the journal is kept, 0 to 36,500; 0 = for ever. Default 90, for the sample 0.</param>
/// <param name="PartitionThreads">How many threads decide, 1 to 1,024; 0 = as many as <see cref="UsualPartitionThreads"/> says.</param>
public sealed record ServerSettings(
    IPEndPoint Http, IPEndPoint Grpc, string Data, int Partitions, bool Sample, int SampleSeconds, string? Postgres = null, string Silo = "", string Advertise = "", string Zone = "", int RetentionDays = 90, string Engine = "embedded", int PartitionThreads = 0)
{
    /// <summary>Whether bodies are packed before they are stored, as soon as the store's feature level allows. Default true.</summary>
    public bool Packs { get; init; } = true;

    /// <summary>Between the beginnings of two commits at least, 0 to 1,000. Default 0.</summary>
    public int CommitPauseMilliseconds { get; init; }

    private static readonly (string Name, string Help)[] Own =
    [
        ("http", "address of health and services over HTTP (127.0.0.1:7400)"),
        ("grpc", "address of gRPC, cleartext HTTP/2 (127.0.0.1:7401)"),
        ("data", "folder of the embedded store (data)"),
        ("store", "sqlite, the embedded store of one silo, or postgres, which silos share (sqlite)"),
        ("postgres", "connection string of PostgreSQL, such as `Host=db;Database=orchestrator`"),
        ("silo", "this silo's name in its cluster (the machine's name)"),
        ("advertise", "where other silos reach it, host:port (the gRPC address)"),
        ("zone", "where it stands, such as a data centre, for operators ()"),
        ("engine", "what runs the partitions: embedded on sqlite, postgres on postgres (as the store is)"),
        ("retention-days", "how many days the journal is kept, 0 = for ever (90; for the sample 0)"),
        ("packing", "on: frames and snapshots are stored compressed; off: as they are (on)"),
        ("commit-pause", "milliseconds between two commits at least, 0 to 1000: more = larger frames, fewer bytes a signal, later answers (0)"),
        ("partitions", "number of partitions of a new store, 1 to 4096 (256; for the sample 32)"),
        ("partition-threads", "how many threads decide, 0 = three quarters of the cores (0)"),
        ("sample-seconds", "how long the sample's two years take, 5 to 86400 (90)"),
    ];

    private static IEnumerable<(string Name, string Help)> Known => Own.Concat(EnginePlug.Given?.Settings ?? []);

    /// <summary>A setting of a plugged engine, by name; null where nobody says.</summary>
    public Func<string, string?> OfEngine { get; private init; } = static _ => null;

    /// <summary>Three quarters of the cores, rounded up: the rest is for the edges, the store and the collector. On two cores one thread alone decided a third less than two do.</summary>
    /// <param name="cores">From 1.</param>
    public static int UsualPartitionThreads(int cores) => cores - (cores / 4);

    /// <summary>How to call the program.</summary>
    public static string Usage =>
        "usage: Orchestrator.Silo [--sample] [--name value ...]\n" +
        string.Join('\n', Known.Select(k => $"  --{k.Name,-16} {VariableOf(k.Name),-28} {k.Help}")) +
        "\nSecrets may stand in a file: ORCHESTRATOR_POSTGRES_FILE names it.";

    /// <summary>Reads arguments and environment; unknown and malformed ones are named.</summary>
    /// <param name="error">What was found and what was expected; null if all is well.</param>
    public static ServerSettings? Read(IReadOnlyList<string> args, Func<string, string?> environment, out string? error)
    {
        if (Arguments(args, out var given, out error) is not { } sample)
        {
            return null;
        }

        string? Value(string name) => given.TryGetValue(name, out var value) ? value : FromEnvironment(name, environment);
        try
        {
            var engine = Value("engine");
            var store = Value("store") ?? (engine is null or "embedded" ? "sqlite" : "postgres");
            if (store is not ("sqlite" or "postgres"))
            {
                throw new FormatException($"unknown store `{store}`, `sqlite` or `postgres` was expected");
            }

            var postgres = store == "postgres"
                ? Value("postgres") ?? throw new FormatException("the store `postgres` needs a connection string: give `--postgres`, ORCHESTRATOR_POSTGRES or ORCHESTRATOR_POSTGRES_FILE")
                : null;
            engine = EngineFor(engine, store);
            if (postgres is not null && sample)
            {
                throw new FormatException("the sample runs on a store of its own: leave `--store postgres` out");
            }

            var grpc = EndPoint("grpc", Value("grpc") ?? "127.0.0.1:7401");
            return new ServerSettings(
                EndPoint("http", Value("http") ?? "127.0.0.1:7400"),
                grpc,
                Path.GetFullPath(Value("data") ?? (sample ? Path.Combine("data", "sample") : "data")),
                Whole("partitions", Value("partitions") ?? (sample ? "32" : "256"), 1, 4096),
                sample,
                Whole("sample-seconds", Value("sample-seconds") ?? "90", 5, 86_400),
                postgres,
                Name(Value("silo") ?? Environment.MachineName.ToLowerInvariant()),
                Reachable(Value("advertise"), grpc),
                Value("zone") ?? "",
                Whole("retention-days", Value("retention-days") ?? (sample ? "0" : "90"), 0, 36_500),
                engine,
                Whole("partition-threads", Value("partition-threads") ?? "0", 0, 1024))
                {
                    OfEngine = Value,
                    Packs = Packing(Value("packing") ?? "on"),
                    CommitPauseMilliseconds = Whole("commit-pause", Value("commit-pause") ?? "0", 0, 1_000),
                };
        }
        catch (FormatException malformed)
        {
            error = malformed.Message;
            return null;
        }
    }

    /// <summary>The engine by its name, which must suit the store.</summary>
    private static string EngineFor(string? given, string store)
    {
        string[] suits = store == "sqlite" ? ["embedded"] : EnginePlug.Given is { } plug ? [plug.Name, "postgres"] : ["postgres"];
        return given is null ? suits[0]
            : suits.Contains(given) ? given
            : throw new FormatException($"`engine` is `{given}`, {string.Join(" or ", suits.Select(s => $"`{s}`"))} was expected on the store `{store}`{(given == "orleans" ? "; the Orleans engine is a program of its own, `Orchestrator.Silo.Orleans`" : "")}");
    }

    private static bool Packing(string value) =>
        value is "on" or "off" ? value == "on" : throw new FormatException($"`packing` is `{value}`, `on` or `off` was expected");

    private static string Name(string value) =>
        value.Length is > 0 and <= 100 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? value
            : throw new FormatException($"`silo` is `{value}`, a name of 1 to 100 letters, digits, `-`, `_` and `.` was expected");

    /// <summary>Listening on all addresses says nothing about where to reach it: the machine's name does.</summary>
    private static string Reachable(string? value, IPEndPoint grpc)
    {
        if (value is null)
        {
            return grpc.Address.Equals(IPAddress.Any) || grpc.Address.Equals(IPAddress.IPv6Any)
                ? string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}:{grpc.Port}")
                : grpc.ToString();
        }

        var colon = value.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(value.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            && Uri.CheckHostName(value[..colon].Trim('[', ']')) != UriHostNameType.Unknown
            ? value
            : throw new FormatException($"`advertise` is `{value}`, `host:port` was expected");
    }

    private static bool? Arguments(IReadOnlyList<string> args, out Dictionary<string, string> given, out string? error)
    {
        given = new Dictionary<string, string>(StringComparer.Ordinal);
        error = null;
        var sample = false;
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var n, var v] ? (n, v) : (args[i], null);
            if (name == "--sample")
            {
                sample = true;
                continue;
            }

            if (!name.StartsWith("--", StringComparison.Ordinal) || Known.All(k => k.Name != name[2..]))
            {
                var nearest = Words.Nearest(name, Known.Select(k => $"--{k.Name}").Append("--sample"));
                error = $"unknown argument `{args[i]}`{(nearest is null ? "" : $"; did you mean `{nearest}`?")}";
                return null;
            }

            if (value is null && ++i == args.Count)
            {
                error = $"`{name}` needs a value";
                return null;
            }

            given[name[2..]] = value ?? args[i];
        }

        return sample;
    }

    private static string? FromEnvironment(string name, Func<string, string?> environment)
    {
        var variable = VariableOf(name);
        if (environment(variable) is { Length: > 0 } value)
        {
            return value;
        }

        if (environment(variable + "_FILE") is { Length: > 0 } file)
        {
            return File.Exists(file) ? File.ReadAllText(file).Trim() : throw new FormatException($"`{variable}_FILE` names `{file}`, which does not exist");
        }

        return null;
    }

    private static string VariableOf(string name) => "ORCHESTRATOR_" + name.Replace('-', '_').ToUpperInvariant();

    private static IPEndPoint EndPoint(string name, string value)
    {
        var text = value;
        foreach (var scheme in new[] { "http://", "https://" })
        {
            text = text.StartsWith(scheme, StringComparison.Ordinal) ? text[scheme.Length..].TrimEnd('/') : text;
        }

        text = text.Replace("localhost", "127.0.0.1", StringComparison.Ordinal);
        return IPEndPoint.TryParse(text, out var parsed) && text.Contains(':', StringComparison.Ordinal)
            ? parsed
            : throw new FormatException($"`{name}` is `{value}`, an address such as `127.0.0.1:7400` was expected");
    }

    private static int Whole(string name, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"`{name}` is `{value}`, a whole number from {least} to {most} was expected");
}
