using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;
using Xunit;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Settlement = Orchestrator.Grains.Accounts.Settlement;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Tests.Deciding;

/// <summary>
/// The grains in memory, with a clock that is moved by hand: commands in, verdicts out, their facts folded, their messages passed on. As strict as the runtime: a turn
/// sees only the grains that it said it needs, wakes come at their instants and before any command, and messages between two partitions keep their order.
/// </summary>
internal sealed partial class Scene : IGrains
{
    public const string Tenant = "acme";
    public const string Company = "a-1";
    private const int Partitions = 16;

    private readonly Dictionary<GrainKey, GrainState> _states = [];

    // Accounts by when they are due, those of one instant in the order in which they came: thousands of them must not be searched for each wake.
    private readonly SortedSet<(DateTimeOffset At, int Order)> _due = [];
    private readonly List<GrainKey> _order = [];
    private readonly Dictionary<GrainKey, (int Order, DateTimeOffset? Wake)> _known = [];
    private readonly HashSet<GrainKey> _loaded = [];
    private readonly Dictionary<(int From, int To), Queue<GrainCommand>> _mail = [];
    private readonly DecisionWorkspace _workspace = new();
    private readonly DecisionWorkspace _walking = new() { Walks = true };
    private PlaybookLibrary _library = PlaybookLibrary.Empty;
    private readonly Dictionary<(GrainKey, long), DateTimeOffset?> _wakes = [];
    private readonly Dictionary<long, (int Partition, DateTimeOffset At)> _times = [];
    private long _sequence;
    private int _signals;

    /// <summary>A Monday, 10:00 in London.</summary>
    public DateTimeOffset Now { get; private set; } = Utc("2026-03-02T10:00:00Z");

    /// <summary>All facts so far, in order.</summary>
    public List<Fact> Journal { get; } = [];

    /// <summary>The same with their places, as undoing a merge reads them.</summary>
    public List<(GrainKey Grain, PastFact Fact)> Past { get; } = [];

    /// <summary>All effects so far but messages, in order.</summary>
    public List<Effect> Effects { get; } = [];

    /// <summary>Facts of the latest command, not of the messages that it caused.</summary>
    public IReadOnlyList<Fact> Facts { get; private set; } = [];

    /// <summary>The verdict of the latest command.</summary>
    public Verdict Verdict { get; private set; } = null!;

    /// <summary>Wakes run so far: when they were due.</summary>
    public List<DateTimeOffset> Wakes { get; } = [];

    /// <summary>False: messages wait until <see cref="DeliverOne"/> is called.</summary>
    public bool DeliversAtOnce { get; set; } = true;

    /// <summary>True: what is passed on may be refused where it comes to, as the runtime puts it among the dead letters.</summary>
    public bool MayRefuse { get; set; }

    /// <summary>Called after each turn.</summary>
    public System.Action? AfterTurn { get; set; }

    public DecisionWorkspace Workspace => _workspace;

    public PlaybookLibrary Library => _library;

    public Account Account => AccountOf(Company);

    /// <summary>The only open action.</summary>
    public OpenAction Action => Assert.Single(Account.OpenActions);

    public Playbook Playbook => _library.Current(Tenant)!;

    /// <summary>The text of <see cref="Playbook"/>.</summary>
    public string PublishedText { get; private set; } = "";

    public static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    public static Scene Given(string playbook)
    {
        var scene = new Scene();
        scene.Publish(playbook);
        return scene;
    }

    public Scene Publish(string playbook)
    {
        var result = PlaybookCompiler.Compile(playbook, "p.yaml", _library.All(Tenant).Length + 1);
        Assert.Empty(result.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d.ToString()));
        _library = _library.With(Tenant, result.Playbook!);
        PublishedText = playbook;
        return this;
    }

    public Account AccountOf(string account) => (Account?)_states.GetValueOrDefault(GrainKey.Account(Tenant, account)) ?? Account.Unknown(GrainKey.Account(Tenant, account));

    /// <summary>The contact that is known under an e-mail address (or <c>kind:value</c>).</summary>
    public Contact Person(string name, string account = Company) => ContactOf(account, AccountOf(account).Identifiers[Name(name)]);

    public Contact ContactOf(string account, string contact) =>
        (Contact?)_states.GetValueOrDefault(GrainKey.Contact(Tenant, account, contact)) ?? Contact.Unknown(GrainKey.Contact(Tenant, account, contact));

    public Identity IdentityOf(string name) => (Identity?)_states.GetValueOrDefault(GrainKey.Identity(Tenant, Name(name))) ?? Identity.Unknown(GrainKey.Identity(Tenant, Name(name)));

    /// <summary>The history of an account and its people as undoing the merge of a whole account reads it.</summary>
    public PastAccount PastOf(string account)
    {
        var key = GrainKey.Account(Tenant, account);
        var entries = Past.Where(p => p.Grain.Kind is GrainKind.Account or GrainKind.Contact && p.Grain.Affinity == account).GroupBy(p => (p.Grain, p.Fact.Sequence)).Select(e => (
            e.Key.Grain,
            e.Key.Sequence,
            new StoredEntry { Wake = Ticks.Of(_wakes.GetValueOrDefault((e.Key.Grain, e.Key.Sequence))), Events = { e.Select(f => EventForm.Write(f.Fact.Event, 0)) } },
            _times[e.Key.Sequence].At));
        return PastAccount.Of(key, entries.OrderBy(e => e.Sequence), (sequence, turn) => new TurnPosition(_times[sequence].Partition, sequence, turn));
    }

    /// <summary>Everything that happened as the journal of one partition.</summary>
    public IEnumerable<Orchestrator.Grains.WhatIf.RecordedFrame> Recorded()
    {
        var last = new Dictionary<GrainKey, long>();
        foreach (var frame in Past.GroupBy(p => p.Fact.Sequence).OrderBy(g => g.Key))
        {
            var stored = new StoredFrame { Format = 1, At = Ticks.Of(_times[frame.Key].At) };
            foreach (var grain in frame.GroupBy(p => p.Grain))
            {
                stored.Entries.Add(new StoredEntry
                {
                    Grain = KeyForm.Write(grain.Key), Previous = last.GetValueOrDefault(grain.Key), Wake = Ticks.Of(_wakes.GetValueOrDefault((grain.Key, frame.Key))), Events = { grain.Select(f => EventForm.Write(f.Fact.Event, 0)) },
                });
                last[grain.Key] = frame.Key;
            }

            yield return Orchestrator.Grains.WhatIf.RecordedFrame.Of(_times[frame.Key].Partition, frame.Key, stored);
        }
    }

    /// <summary>Undoes the merge of a whole account.</summary>
    public Scene Unmerge(string account)
    {
        var (source, into) = (AccountOf(account), AccountOf(AccountOf(account).ForwardedTo));
        var (past, target) = (PastOf(account), PastOf(into.Key.Affinity));
        var shared = AccountParting.Shared(past, target).Where(n => Past.Any(p => p.Grain == GrainKey.Identity(Tenant, n) && p.Fact.Event is IdentityEvent.Bound b && b.Contact.Affinity == account)).ToHashSet();
        var people = _states.Values.OfType<Contact>().Where(c => c.Key.Affinity == into.Key.Affinity).OrderBy(c => c.Key.Id, StringComparer.Ordinal).ToList();
        var parting = AccountParting.Of(past, target, shared, _library, into, people, Now);
        return Do(parting.Command(into));
    }

    public IEnumerable<GrainState> States => _states.OrderBy(s => KeyForm.Name(s.Key), StringComparer.Ordinal).Select(s => s.Value);

    /// <summary>Moves the clock; what is due on the way happens at its instant.</summary>
    public Scene At(string instant) => At(Utc(instant));

    public Scene At(DateTimeOffset instant)
    {
        while (NextDue() is { } due && due.At <= instant)
        {
            Now = due.At > Now ? due.At : Now;
            Wake(due.Account, due.At);
        }

        Now = instant;
        return this;
    }

    public Scene After(TimeSpan time) => At(Now + time);

    public Scene AfterDays(double days) => After(TimeSpan.FromDays(days));

    /// <summary>Moves the clock as an outage does: what was due meanwhile comes late, in order, at the end.</summary>
    public Scene Outage(TimeSpan time)
    {
        Now += time;
        while (NextDue() is { } due && due.At <= Now)
        {
            Wake(due.Account, due.At);
        }

        return this;
    }

    /// <summary>A signal of this account; properties as <c>name, value</c> pairs.</summary>
    public Scene Signal(string type, string person = "", params object[] properties) => Record(NewSignal(type, person, properties));

    public Scene Record(Signal signal, string account = Company) => Do(new AccountCommand.Record(GrainKey.Account(Tenant, account), signal, "", Now));

    /// <summary>A signal that only names a person.</summary>
    public Scene Route(string type, string person, params object[] properties) => Route(NewSignal(type, person, properties));

    public Scene Route(Signal signal) =>
        Do(new IdentityCommand.Route(GrainKey.Identity(Tenant, PersonName.Normalise(signal.Identifiers[0].Kind, signal.Identifiers[0].Value).ToString()), signal, Now));

    public Signal NewSignal(string type, string persons, params object[] properties)
    {
        var signal = new Signal { Id = $"s{++_signals}", Type = type, Time = Timestamp.FromDateTimeOffset(Now) };
        foreach (var person in persons.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = PersonName.Parse(Name(person));
            signal.Identifiers.Add(new Identifier { Kind = name.Kind, Value = name.Value });
        }

        for (var i = 0; i < properties.Length; i += 2)
        {
            signal.Properties.Add((string)properties[i], ValueOf(properties[i + 1]));
        }

        return signal;
    }

    public Scene Consent(string person, string purpose = "marketing", string channel = "") => Signal("consent.given", person, "purpose", purpose, "channel", channel);

    public Scene Settle(string action, Settlement settlement) => Do(new AccountCommand.Settle(GrainKey.Account(Tenant, Company), action, settlement));

    public Scene Done(string outcome = "delivered") => Settle(Action.Id, new Settlement.Done(outcome, ""));

    public SettleResult SettleResult => Assert.IsType<Answer.Settled>(Accepted.Answer).Result;

    public Scene Ask(string person, string channel) =>
        Do(new AccountCommand.Ask(GrainKey.Account(Tenant, Company), person.Length == 0 ? "" : Account.Identifiers[Name(person)], channel));

    public Answer.Decided Decided => Assert.IsType<Answer.Decided>(Accepted.Answer);

    public Scene Reserve(string person, string request, string channel = "email", string purpose = "", bool transactional = false, TimeSpan? hold = null) =>
        Do(new AccountCommand.Reserve(GrainKey.Account(Tenant, Company), Account.Identifiers[Name(person)], request, channel, purpose, transactional, hold ?? TimeSpan.FromMinutes(5)));

    public Scene EndReservation(string reservation, bool sent) => Do(new AccountCommand.EndReservation(GrainKey.Account(Tenant, Company), reservation, sent));

    public Verdict.Accepted Accepted => Assert.IsType<Verdict.Accepted>(Verdict);

    public Rejection Rejection => Assert.IsType<Verdict.Rejected>(Verdict).Rejection;

    /// <summary>Why the latest command decided to do nothing.</summary>
    public NoneReason None => Assert.Single(Facts.Select(f => f.Event).OfType<AccountEvent.NoneDecided>()).Reason;

    /// <summary>What the latest command offered.</summary>
    public OpenAction Offered => Assert.Single(Facts.Select(f => f.Event).OfType<AccountEvent.ActionOffered>()).Action;

    /// <summary>Runs a command and, if messages are delivered at once, all that follows from it.</summary>
    public Scene Do(GrainCommand command)
    {
        Verdict = Turn(command);
        Facts = Verdict is Verdict.Accepted accepted ? accepted.Facts : [];
        while (DeliversAtOnce && _mail.Values.Any(q => q.Count > 0))
        {
            DeliverOne(_mail.First(m => m.Value.Count > 0).Key, MayRefuse);
        }

        return this;
    }

    /// <summary>The pairs of partitions between which messages wait.</summary>
    public IReadOnlyList<(int From, int To)> Waiting => [.. _mail.Where(m => m.Value.Count > 0).Select(m => m.Key).Order()];

    public void DeliverOne((int From, int To) pair, bool mayRefuse = false)
    {
        var verdict = Turn(_mail[pair].Dequeue());
        Assert.True(mayRefuse || verdict is Verdict.Accepted, verdict.ToString());
    }

    public void Wake(GrainKey account, DateTimeOffset due)
    {
        Wakes.Add(due);
        Do(new AccountCommand.Wake(account, due));
        var next = _states[account].Wake;
        Assert.True(next is null || next > due, $"woken for {due:O}, the next wake is {next:O}");
    }

    public Verdict Turn(GrainCommand command)
    {
        _loaded.Clear();
        _loaded.Add(command.Target);
        var missing = new List<GrainKey>();
        for (var round = 0; round < 8; round++)
        {
            missing.Clear();
            GrainTurn.Need(command, this, missing);
            Assert.All(missing, key => Assert.Equal(command.Target.PartitionOf(Partitions), key.PartitionOf(Partitions)));
            _loaded.UnionWith(missing);
            if (missing.Count == 0)
            {
                break;
            }
        }

        Assert.Empty(missing);
        var partition = command.Target.PartitionOf(Partitions);
        var context = new TurnContext(new TurnPosition(partition, ++_sequence, 0), Now, _library, this, _workspace);
        var walked = Written(GrainTurn.Decide(command, new TurnContext(context.Position, Now, _library, this, _walking)));
        var verdict = GrainTurn.Decide(command, context);
        Assert.Equal(walked, Written(verdict));
        if (verdict is Verdict.Accepted accepted)
        {
            Keep(accepted, partition);
        }

        Hold(command, verdict);
        AfterTurn?.Invoke();
        return verdict;
    }

    /// <summary>All that a verdict says happened and when it wants to be woken: the same whether plays are looked at one after the other or by index.</summary>
    private static string Written(Verdict verdict) => verdict is Verdict.Accepted accepted
        ? string.Join('\n', accepted.Facts.Select(f => $"{KeyForm.Name(f.Grain)} {EventForm.Write(f.Event, 0)}").Concat(accepted.Wakes.Select(w => $"{KeyForm.Name(w.Grain)} {w.At:O}")))
        : verdict.ToString();

    bool IGrains.TryGet(GrainKey key, out GrainState? state)
    {
        state = _loaded.Contains(key) ? Held(key) : null;
        return _loaded.Contains(key);
    }

    private void Keep(Verdict.Accepted accepted, int partition)
    {
        foreach (var fact in accepted.Facts)
        {
            // What is carried along went through its stored form, so every test also tests the forms.
            Assert.Contains(fact.Grain, _loaded);
            var bytes = EventForm.Write(fact.Event, 0).ToByteArray();
            var read = EventForm.Read(StoredEvent.Parser.ParseFrom(bytes), fact.Grain);
            Assert.Equal(bytes, EventForm.Write(read, 0).ToByteArray());
            _states[fact.Grain] = GrainTurn.Evolve(fact.Grain, _states.GetValueOrDefault(fact.Grain), read);
            Index(fact.Grain);
            Journal.Add(fact);
            Past.Add((fact.Grain, new PastFact(_sequence, 0, read)));
        }

        foreach (var wake in accepted.Wakes)
        {
            _states[wake.Grain] = _states[wake.Grain] with { Wake = wake.At };
            Index(wake.Grain);
        }

        foreach (var account in accepted.Facts.Select(f => f.Grain).Where(g => g.Kind == GrainKind.Account).Distinct())
        {
            _wakes[(account, _sequence)] = _states[account].Wake;
        }

        _times[_sequence] = (partition, Now);

        // The judge has folded them too, in its own way: the runtime takes those.
        foreach (var folded in accepted.Folded ?? [])
        {
            var wake = accepted.Wakes.Any(w => w.Grain == folded.Key) ? _states[folded.Key].Wake : folded.Wake;
            Assert.Equal(StateForm.Write(_states[folded.Key], 0), StateForm.Write(folded with { Wake = wake }, 0));
        }

        foreach (var effect in accepted.Effects)
        {
            if (effect is not Effect.Send(var command))
            {
                Effects.Add(effect);
                continue;
            }

            var pair = (partition, command.Target.PartitionOf(Partitions));
            if (!_mail.TryGetValue(pair, out var queue))
            {
                _mail[pair] = queue = new Queue<GrainCommand>();
            }

            queue.Enqueue(CommandForm.Read(StoredCommand.Parser.ParseFrom(CommandForm.Write(command).ToByteArray())));
        }
    }

    private (GrainKey Account, DateTimeOffset At)? NextDue() => _due.Count > 0 ? (_order[_due.Min.Order], _due.Min.At) : null;

    private void Index(GrainKey key)
    {
        if (key.Kind != GrainKind.Account)
        {
            return;
        }

        if (!_known.TryGetValue(key, out var known))
        {
            known = (_order.Count, null);
            _order.Add(key);
        }

        var wake = _states[key].Wake;
        if (known.Wake is { } before)
        {
            _due.Remove((before, known.Order));
        }

        if (wake is { } at)
        {
            _due.Add((at, known.Order));
        }

        _known[key] = (known.Order, wake);
    }

    public static string Name(string person) => person.Contains(':', StringComparison.Ordinal) ? person : $"email:{person}@x.test";

    public static Value ValueOf(object? value) => value switch
    {
        null => new Value(),
        string text => new Value { Text = text },
        int whole => new Value { Integer = whole },
        double number => new Value { Number = number },
        bool flag => new Value { Flag = flag },
        DateTimeOffset instant => new Value { Instant = Timestamp.FromDateTimeOffset(instant) },
        TimeSpan span => new Value { Duration = Duration.FromTimeSpan(span) },
        Money money => new Value { Money = money },
        Value ready => ready,
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };
}
