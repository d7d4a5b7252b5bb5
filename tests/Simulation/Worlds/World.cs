using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Delivery;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;
using Orchestrator.Simulation.Checking;
using Orchestrator.Simulation.Machine;
using Orchestrator.Simulation.Planting;
using Orchestrator.Simulation.Store;

namespace Orchestrator.Simulation.Worlds;

/// <summary>
/// One seed's world: a store, silos, a network, clients and consumers, and what goes wrong. It runs in three parts: with faults; healed, until it has come to
/// rest within a bound; and checked as a whole.
/// </summary>
internal sealed class World
{
    public const string Tenant = "acme";

    /// <summary>From the healing on everything must be done within this.</summary>
    public static readonly TimeSpan Convergence = TimeSpan.FromSeconds(120);

    /// <summary>From the healing on every partition has an owner within this: a silo that doubts itself waits for a lease of 5 s, others for another, and claims are ramped.</summary>
    private static readonly TimeSpan OwnedWithin = TimeSpan.FromSeconds(20);

    private const long MostSteps = 400_000;
    private readonly Dictionary<int, SimSilo> _owners = [];
    private readonly Dictionary<int, SimSilo> _hints = [];
    private readonly int[] _starts;
    private readonly Action<World>? _script;
    private readonly List<SimSilo> _begun = [];
    private const long GrantsOfOne = 1_000_000;
    private readonly List<SimSilo> _granters = [];
    private long _grants = GrantsOfOne;

    /// <summary>What a clock may be wrong by for good.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromSeconds(90);

    public World(ulong seed, PlantedBug planted = PlantedBug.None, TextWriter? trace = null, Func<Swarm, Swarm>? change = null, Action<World>? script = null)
    {
        Planted = planted;
        _script = script;
        var drawn = Swarm.Draw(new SimRandom(seed ^ 0xabcdef));
        Swarm = change is null ? drawn : change(drawn);
        Simulation = new SimMachine(seed, new Trace(trace)) { InOrder = Swarm.InOrder };
        Journals = new Journals(Simulation, Swarm.Settings.QuarantineAfter, Swarm.Upgrades ? 1 : FeatureLevel.Current, Swarm.Merges);
        Effects = new Effects(Simulation, Journals);
        Model = new StoreModel { Planted = planted, Observer = Journals, Members = new MembershipModel(() => SimMachine.Start + Simulation.Time) };
        if (Swarm.Upgrades)
        {
            // By a silo of before.
            Model.Open(new StoreCreation(Swarm.Partitions, "before", Level: 1));
        }

        Server = new StoreServer(Simulation, Model, Swarm);
        Network = new Network(Simulation, Swarm);
        Links = new SimLinks(this);
        Outside = Simulation.AddProcess("outside");
        Silos = new SimSilo?[Swarm.Silos];
        _starts = new int[Swarm.Silos];
        Clients = new Clients(this);
        Leases = new Leases(this, new AckIds(SimSilo.AckKey));
        Consumers = new Consumers(this);
        Readers = new Readers(this, new SimRandom(seed ^ 0x4ead));
    }

    public SimMachine Simulation { get; }

    public Swarm Swarm { get; }

    public PlantedBug Planted { get; }

    public StoreModel Model { get; }

    public StoreServer Server { get; }

    public Network Network { get; }

    public SimLinks Links { get; }

    public Journals Journals { get; }

    public Effects Effects { get; }

    public Leases Leases { get; }

    public Clients Clients { get; }

    public Consumers Consumers { get; }

    public Readers Readers { get; }

    /// <summary>The consumer that stays; only where the real engine runs. Null until it comes.</summary>
    public LastConsumer? Last { get; private set; }

    /// <summary>Where clients and the causes of faults live; it never dies.</summary>
    public Process Outside { get; }

    /// <summary>By place; null while none runs there.</summary>
    public SimSilo?[] Silos { get; }

    /// <summary>False once everything is healed.</summary>
    public bool Faulty { get; private set; } = true;

    public int Crashes { get; private set; }

    /// <summary>Deaths of silos by a command that kills, in the worlds that have one.</summary>
    public int Kills { get; private set; }

    /// <summary>From the healing until all was done.</summary>
    public TimeSpan Rested { get; private set; }

    /// <summary>How often the store went back to a backup.</summary>
    public int Restores { get; set; }

    /// <summary>Commits that the store has lost, in the worlds where it does.</summary>
    public int Lost { get; set; }

    /// <summary>The consumer comes that stays; twice is harmless.</summary>
    public void Stand() => Last ??= Swarm.Cluster ? new LastConsumer(this) : null;

    public IEnumerable<SimSilo> Running => Silos.OfType<SimSilo>().Where(s => s.Runs);

    /// <summary>The first number of the leases of a start of a silo.</summary>
    public long NextGrant(SimSilo silo)
    {
        _granters.Add(silo);
        return _grants += GrantsOfOne;
    }

    /// <summary>Whose lease it is.</summary>
    public SimSilo? GranterOf(long grant) => (int)(grant / GrantsOfOne) - 2 is >= 0 and var number && number < _granters.Count ? _granters[number] : null;

    /// <summary>Runs the whole life of the world.</summary>
    public RunResult Run()
    {
        try
        {
            for (var place = 0; place < Silos.Length; place++)
            {
                Begin(place);
            }

            Outside.Start(Clients.RunAsync);
            Outside.Start(Consumers.RunAsync);
            Outside.Start(Readers.RunAsync);
            new Troubles(this).Begin();
            _script?.Invoke(this);
            Simulation.RunUntil(() => Clients.Done || Simulation.Time > TimeSpan.FromMinutes(3), TimeSpan.FromHours(1), MostSteps);
            Heal();
            Converge();
            new FinalCheck(this).Run();
            if (Planted == PlantedBug.Canary)
            {
                Simulation.Break("canary", "this invariant never holds");
            }
        }
        catch (Exception e)
        {
            Simulation.Break("machine", e.ToString());
        }
        finally
        {
            // A process takes its meters with it; here they would hold on to the world for ever.
            foreach (var silo in _begun)
            {
                silo.Dispose();
            }
        }

        return new RunResult(Simulation, this);
    }

    public void Begin(int place)
    {
        var silo = new SimSilo(this, place, ++_starts[place], NextLevel());
        _begun.Add(silo);
        Silos[place] = silo;
        Simulation.Trace.Note(Simulation.Now, "begins", silo.Process.Id, text: silo.Name);
        silo.Start();
    }

    /// <summary>Whoever starts is of either version until the level is raised; afterwards of the older one by mistake only, while somebody makes mistakes.</summary>
    private int NextLevel() => !Swarm.Upgrades ? FeatureLevel.Current : Simulation.Random.Chance(Model.Level > 1 ? (Faulty ? 0.1 : 0) : 0.4) ? 1 : FeatureLevel.Current;

    /// <summary>A command that kills the process in the middle of its turn does so, until somebody has mended what it does; nothing after it may run there.</summary>
    public void Judges(SimSilo silo, GrainCommand command)
    {
        if (Swarm.Kills && Faulty && command is AccountCommand.Record { Signal: { } signal } && Clients.IsDeadly(signal))
        {
            Kills++;
            Simulation.Trace.Note(Simulation.Now, "kills", silo.Process.Id, text: signal.Id);
            Crash(silo);
            throw new ProcessDiedException();
        }
    }

    /// <summary>The process is gone between two steps; a new one takes its place after a while.</summary>
    public void Crash(SimSilo silo)
    {
        if (!silo.Process.Alive)
        {
            return;
        }

        Crashes++;
        Simulation.Trace.Note(Simulation.Now, "crashes", silo.Process.Id, text: silo.Name);
        silo.Process.Kill();
        Simulation.Remove(silo.Process);
        Links.Died(silo.Name);
        foreach (var partition in _owners.Where(o => o.Value == silo).Select(o => o.Key).ToList())
        {
            _owners.Remove(partition);
        }

        Silos[silo.Place] = null;
        var away = Faulty ? Simulation.Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(6)) : TimeSpan.FromMilliseconds(10);
        Simulation.After(away, null, () => Begin(silo.Place));
    }

    /// <summary>Who runs a partition as far as is known; null = nobody.</summary>
    public SimSilo? OwnerOf(int partition)
    {
        if (!Swarm.Cluster)
        {
            return Swarm.Silos == 1 ? Silos[0] : _owners.GetValueOrDefault(partition);
        }

        var owner = Model.Partitions > partition ? Model.Row(partition).Owner : "";
        return Running.FirstOrDefault(s => s.Name == owner && s.Cluster!.Runs(partition));
    }

    /// <summary>By every clock of the world it is later than this, for as long as a timer needs to notice.</summary>
    public DateTimeOffset EarliestClock => SimMachine.Start + Simulation.Time - TimeSpan.FromSeconds(20) - (Swarm.KeepsSkew ? MostSkew : TimeSpan.Zero);

    /// <summary>By no clock and no journal of the world it is later than this.</summary>
    public DateTimeOffset LatestClock => new DateTimeOffset(Math.Max((SimMachine.Start + Simulation.Time).UtcTicks, Journals.LatestAt), TimeSpan.Zero) + (Swarm.KeepsSkew ? MostSkew : TimeSpan.Zero);

    /// <summary>Who is thought to own a partition; may be wrong.</summary>
    public SimSilo? HintOf(int partition) => _hints.GetValueOrDefault(partition);

    public void TakenBy(int partition, SimSilo silo)
    {
        Simulation.Trace.Note(Simulation.Now, "taken", partition, silo.Process.Id);
        _owners[partition] = silo;
        if (!Faulty || !Simulation.Random.Chance(0.2))
        {
            _hints[partition] = silo;
        }
    }

    public void LostBy(int partition, SimSilo silo)
    {
        if (_owners.GetValueOrDefault(partition) == silo)
        {
            _owners.Remove(partition);
        }
    }

    /// <summary>Hints come right again in time.</summary>
    public void Refresh()
    {
        foreach (var (partition, owner) in _owners)
        {
            _hints[partition] = owner;
        }
    }

    private void Heal()
    {
        if (Simulation.Broken is not null)
        {
            return;
        }

        Simulation.Trace.Note(Simulation.Now, "heals");
        Faulty = false;
        Server.Faulty = false;
        Server.Full = false;
        Network.Faulty = false;
        if (!Server.Up)
        {
            Server.Begin();
        }

        foreach (var silo in Silos.OfType<SimSilo>())
        {
            Model.Members.Mark(silo.Name, SiloMarks.None);
            silo.Process.Resume();
            silo.Process.ClockOffset = Swarm.KeepsSkew ? Within(silo.Process.ClockOffset, MostSkew) : TimeSpan.Zero;
        }

        Outside.Start(ReleaseAsync);
        Stand();
        foreach (var older in Silos.OfType<SimSilo>().Where(s => s.Level < Model.Level).ToList())
        {
            // It cannot do anything any more; a real one has ended by itself, or is about to.
            Crash(older);
        }
    }

    /// <summary>What an operator does who has mended what killed silos: lets out whoever is in quarantine, and whoever is put there by a death from before.</summary>
    private async Task ReleaseAsync()
    {
        while (true)
        {
            foreach (var grain in Journals.Quarantined.ToList())
            {
                Running.ElementAtOrDefault(Simulation.Random.Below(Math.Max(1, Running.Count())))?.Runtime.Tell(new PartitionCommand.Release(grain), null, null);
            }

            await Outside.Clock.Delay(TimeSpan.FromSeconds(1));
        }
    }

    private static TimeSpan Within(TimeSpan offset, TimeSpan most) => offset > most ? most : offset < -most ? -most : offset;

    private void Converge()
    {
        if (Simulation.Broken is not null)
        {
            return;
        }

        var (steps, healed) = (0, Simulation.Time);
        if (Swarm.Cluster && !Simulation.RunUntil(() => ++steps % 64 == 0 && Owned == Swarm.Partitions, OwnedWithin, MostSteps) && Simulation.Broken is null)
        {
            Simulation.Break("I14", $"{OwnedWithin.TotalSeconds:0} s after healing {Owned} of {Swarm.Partitions} partitions have an owner");
        }

        var rested = Simulation.RunUntil(() => ++steps % 64 == 0 && Clients.Done && Journals.AllReceived && Owned == Swarm.Partitions, Convergence, MostSteps);
        Rested = Simulation.Time - healed;
        if (!rested)
        {
            Simulation.Break("liveness", $"{Convergence.TotalSeconds:0} s after healing it has not come to rest: {Clients.Waiting}; owned {Owned} of {Swarm.Partitions}; messages {string.Join(", ", Journals.Unreceived.Take(5))}; steps {Simulation.Steps}; {Views()}");
        }

        steps = 0;
        if (!Simulation.RunUntil(() => ++steps % 64 == 0 && AllOffered() is null, Convergence, MostSteps) && Simulation.Broken is null)
        {
            Simulation.Break("I5", AllOffered() ?? "an action is not offered in time");
        }

        // Where a clock was far ahead, what it wrote may stand before everything else of its account until all clocks have come there.
        Consumers.Stop();
        if (Last is { } last && Simulation.Broken is null && Journals.LatestAt <= (SimMachine.Start + Simulation.Time + MostSkew).UtcTicks)
        {
            steps = 0;
            last.Expect();
            if (!Simulation.RunUntil(() => ++steps % 64 == 0 && last.Missing() is null, last.Patience, MostSteps) && Simulation.Broken is null && last.Missing() is { } missing)
            {
                Simulation.Break("I5", missing);
            }
        }

        Last?.Stop();

        // Whatever was due falls due, as far as the clocks that were wrong have carried the partitions.
        var latest = TimeSpan.FromTicks(Math.Max(0, Journals.LatestAt - SimMachine.Start.UtcTicks));
        var until = (latest > Simulation.Time ? latest : Simulation.Time) + TimeSpan.FromMinutes(4) + (Swarm.KeepsSkew ? MostSkew : TimeSpan.Zero);
        steps = 0;
        if (!Simulation.RunUntil(() => Simulation.Time >= until, until - Simulation.Time, 5 * MostSteps))
        {
            Simulation.Break("liveness", $"it does not come to rest: {Simulation.Steps} steps");
        }
    }

    /// <summary>An open action that whoever owns its account has not offered; null if there is none.</summary>
    private string? AllOffered()
    {
        var now = LatestClock;
        foreach (var (key, (state, _)) in Journals.Folded)
        {
            foreach (var action in (state as Account)?.OpenActions ?? [])
            {
                var partition = key.PartitionOf(Swarm.Partitions);
                if (!action.Asked && action.ValidUntil > now && OwnerOf(partition)?.HasOffered(partition, action.Id) != true)
                {
                    return $"action {action.Id} of `{key.Affinity}` is open and {OwnerOf(partition)?.Name} does not offer it";
                }
            }
        }

        return null;
    }

    /// <summary>What each silo with the real engine believes of each partition: its owner and whether it runs here, and what the store says.</summary>
    private string Views() => string.Join("; ", Running.Where(s => s.Cluster is not null).Select(s =>
        $"{s.Name} sees {string.Join(", ", s.Cluster!.Owners.Where(o => o.Owner != Model.Row(o.Partition).Owner || s.Cluster.Runs(o.Partition)).Select(o => $"{o.Partition}@{o.Epoch}:{o.Owner}{(s.Cluster.Runs(o.Partition) ? " here" : "")} (store {Model.Row(o.Partition).Epoch}:{Model.Row(o.Partition).Owner})"))}"));

    private int Owned => Enumerable.Range(0, Swarm.Partitions).Count(p => OwnerOf(p) is { Runs: true });
}

/// <summary>What a run came to.</summary>
internal sealed record RunResult(SimMachine Simulation, World World)
{
    public Broken? Broken => Simulation.Broken;

    public ulong Hash => Simulation.Trace.Hash;
}
