using System.CommandLine;
using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Cluster;

/// <summary><c>orc cluster</c>: the silos that share a store, and what operators want of them. Any silo answers.</summary>
static class ClusterCommands
{
    public static Command Build(Terminal terminal) => new("cluster", "Lists the silos of a cluster, and moves partitions between them")
    {
        List(terminal),
        Drain(terminal, "drain", "Has a silo hand all of its partitions over and take no others", undo: false),
        Drain(terminal, "undrain", "Lets a drained silo take partitions again", undo: true),
        Cordon(terminal, "cordon", "Has a silo take no more partitions; it keeps its own", undo: false),
        Cordon(terminal, "uncordon", "Lets a cordoned silo take partitions again", undo: true),
        Move(terminal),
        Level(terminal),
        RaiseLevel(terminal),
    };

    static Command List(Terminal terminal) =>
        Connection.Bind(new Command("ls", "The silos, whether they are alive, and how many partitions each has"), terminal, async (_, session) =>
        {
            var response = await session.Client.Cluster.ListSilos(new(), session.Repeatable());
            return session.Answer(response, print =>
            {
                print.Table(["silo", "address", "zone", "level", "state", "partitions"], response.Silos.Select(Row), "no silos");
                print.Line($"{response.Partitions} partitions at feature level {response.Level}{(response.Unowned == 0 ? "" : $"; {response.Unowned} have no live owner now")}");
            });
        });

    static string[] Row(Silo silo) =>
    [
        silo.Name, silo.Address, silo.Zone, silo.Level.ToString(CultureInfo.InvariantCulture), StateOf(silo), silo.Partitions.Count.ToString(CultureInfo.InvariantCulture),
    ];

    static string StateOf(Silo silo) => silo switch
    {
        { Alive: false } => "dead",
        { Leaving: true } => "leaving",
        { Draining: true } => "draining",
        { Cordoned: true } => "cordoned",
        _ => "alive",
    };

    static Command Drain(Terminal terminal, string name, string description, bool undo)
    {
        var silo = SiloArgument();
        return Connection.Bind(new Command(name, description) { silo }, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Cluster.Drain(new() { Silo = parsed.GetValue(silo), Undo = undo }, session.Repeatable());
            return session.Answer(response, print => print.Line(undo ? "no longer drained" : "told to drain; `orc cluster ls` shows how far it is"));
        });
    }

    static Command Cordon(Terminal terminal, string name, string description, bool undo)
    {
        var silo = SiloArgument();
        return Connection.Bind(new Command(name, description) { silo }, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Cluster.Cordon(new() { Silo = parsed.GetValue(silo), Undo = undo }, session.Repeatable());
            return session.Answer(response, print => print.Line(undo ? "no longer cordoned" : "cordoned"));
        });
    }

    static Command Move(Terminal terminal)
    {
        var partition = new Argument<int>("partition") { Description = "Its number, from 0" };
        var silo = SiloArgument();
        return Connection.Bind(new Command("move", "Hands one partition over") { partition, silo }, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Cluster.Move(new() { Partition = parsed.GetValue(partition), Silo = parsed.GetValue(silo) }, session.Once());
            return session.Answer(response, print => print.Line($"moved; it was stopped for {response.Pause.ToTimeSpan().TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms"));
        });
    }

    static Command Level(Terminal terminal) =>
        Connection.Bind(new Command("level", "The feature level of the store, and how far it could be raised"), terminal, async (_, session) =>
        {
            var response = await session.Client.Cluster.GetLevel(new(), session.Repeatable());
            return session.Answer(response, print => print.Line(
                $"feature level {response.Level}; every living silo reads up to {response.Highest}{(response.Highest > response.Level ? $": `orc cluster raise-level {response.Highest}` raises it, for ever" : "")}"));
        });

    static Command RaiseLevel(Terminal terminal)
    {
        var level = new Argument<int>("level") { Description = "What silos may write from now on; those that cannot read it may not come back" };
        return Connection.Bind(new Command("raise-level", "Raises the feature level of the store, for ever, once all silos can read it") { level }, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Cluster.RaiseLevel(new() { Level = parsed.GetValue(level) }, session.Once());
            return session.Answer(response, print => print.Line($"feature level {response.Level}"));
        });
    }

    static Argument<string> SiloArgument() => new("silo") { Description = "As `orc cluster ls` names it; without what follows its last `.`, the live one of that name" };
}
