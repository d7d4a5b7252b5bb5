using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Load;
using Orchestrator.V1;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Bench.WhatIf;

/// <summary>The journal of one partition as a silo would have written it: signals and wakes decided by the real grains, 64 turns a frame, as bytes.</summary>
sealed class Recording : IGrains
{
    public const string Tenant = "default";
    const int TurnsPerFrame = 64;
    static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    readonly Dictionary<GrainKey, (GrainState? State, long Last)> states = [];
    readonly DecisionWorkspace workspace = new();
    readonly PlaybookLibrary library;
    StoredFrame frame = new() { Format = 1 };
    Dictionary<GrainKey, StoredEntry> entries = [];
    int turn;

    Recording(Playbook playbook) => library = PlaybookLibrary.Empty.With(Tenant, playbook);

    public List<byte[]> Frames { get; } = [];

    public long Signals { get; private set; }

    /// <param name="gap">Between two signals of the partition.</param>
    public static Recording Of(Playbook playbook, int accounts, int signals, TimeSpan gap)
    {
        var recording = new Recording(playbook);
        var now = Start;
        for (var n = 0; n < signals; n++)
        {
            now += gap;
            // Some accounts are livelier than others.
            var account = (int)((long)n * n % accounts);
            recording.Record($"acc-{account:d6}", n, now);
        }

        recording.Write(now);
        return recording;
    }

    bool IGrains.TryGet(GrainKey key, out GrainState? state)
    {
        state = states.TryGetValue(key, out var known) ? known.State : null;
        return true;
    }

    void Record(string account, int number, DateTimeOffset now)
    {
        var key = GrainKey.Account(Tenant, account);
        while (states.TryGetValue(key, out var known) && known.State?.Wake is { } due && due <= now)
        {
            Turn(new AccountCommand.Wake(key, due), now);
        }

        var signal = SignalOf(number, account, now);
        Turn(new AccountCommand.Record(key, signal, "", now), now);
        Signals++;

        // A silo stamps the time once for all turns of a frame.
        if (turn > 0)
        {
            Write(now);
        }
    }

    void Turn(AccountCommand command, DateTimeOffset now)
    {
        var position = new TurnPosition(0, Frames.Count + 1, turn);
        var accepted = (Verdict.Accepted)AccountTurn.Decide(command, new TurnContext(position, now, library, this, workspace));
        foreach (var fact in accepted.Facts)
        {
            EntryOf(fact.Grain).Events.Add(EventForm.Write(fact.Event, (uint)turn));
        }

        foreach (var state in accepted.Folded!)
        {
            states[state.Key] = (state, states.GetValueOrDefault(state.Key).Last);
        }

        foreach (var wake in accepted.Wakes)
        {
            var (state, last) = states[wake.Grain];
            states[wake.Grain] = (state! with { Wake = wake.At }, last);
            EntryOf(wake.Grain);
        }

        if (++turn == TurnsPerFrame)
        {
            Write(now);
        }
    }

    StoredEntry EntryOf(GrainKey key)
    {
        if (!entries.TryGetValue(key, out var entry))
        {
            entry = new StoredEntry { Grain = KeyForm.Write(key), Previous = states.GetValueOrDefault(key).Last };
            entries.Add(key, entry);
            frame.Entries.Add(entry);
        }

        return entry;
    }

    void Write(DateTimeOffset now)
    {
        frame.At = now.UtcTicks;
        Frames.Add([]);
        foreach (var (key, entry) in entries)
        {
            entry.Wake = Ticks.Of(states[key].State?.Wake);
            states[key] = (states[key].State, Frames.Count);
        }

        Frames[^1] = frame.ToByteArray();
        (frame, entries, turn) = (new StoredFrame { Format = 1 }, [], 0);
    }

    static Signal SignalOf(int n, string account, DateTimeOffset now)
    {
        var signal = (n % 5) switch
        {
            0 => Of("content.downloaded", ("asset", "roi-handbook"), ("topic", "roi"), ("pages", 12)),
            1 => Of("product.used", ("feature", n % 3 == 0 ? "admin" : "report"), ("screen", "main"), ("seats", 5)),
            _ => Of("page.viewed", ("url", "https://www.example.com/pricing"), ("topic", n % 2 == 0 ? "pricing" : "security"), ("seconds", 40)),
        };
        (signal.Id, signal.Account, signal.Time) = ($"s-{n}", account, Timestamp.FromDateTimeOffset(now));
        signal.Identifiers.Add(new Identifier { Kind = "email", Value = $"someone@{account}.example" });
        return signal;
    }

    static Signal Of(string type, params (string Name, object Value)[] properties)
    {
        var signal = new Signal { Type = type };
        foreach (var (name, value) in properties)
        {
            signal.Properties[name] = value is int whole ? new Value { Integer = whole } : new Value { Text = (string)value };
        }

        return signal;
    }

    /// <summary>The canonical playbook, compiled.</summary>
    /// <param name="more">Sections put behind it.</param>
    public static Playbook Canonical(int plays, int stages, string more = "")
    {
        var compiled = PlaybookCompiler.Compile(CanonicalPlaybook.Text(plays, stages) + more, "canonical.yaml", version: 1);
        return compiled.Playbook ?? throw new InvalidOperationException(string.Join('\n', compiled.Diagnostics));
    }
}
