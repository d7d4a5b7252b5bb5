using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Settlement = Orchestrator.Grains.Accounts.Settlement;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Grains.Tests.Decisions;

/// <summary>Random commands over random time; what must always hold is checked after every turn. A failure prints its seed.</summary>
public sealed class RandomWorldTests
{
    private const string Rest = """
        scores:
          engagement: {half-life: 3d, cap-per-day: 40, points: {page.viewed: 10, email.clicked: 3, meeting.booked: -8}}
          trend: {window: 7d, versus: 21d, on: [page.viewed], by: topic}
        classification: {never: {when: "account.industry == 'student'"}, now: {when: "score.engagement >= 30"}, later: {when: "true"}}
        segments: {large: {when: "account.employees >= 100"}, rest: {when: "true"}}
        stages: {cold: {kind: inventory}, warm: {kind: sla, sla: {within: 4d, then: escalate}}, hot: {kind: inventory}, gone: {kind: end-of-effort}}
        transitions:
          - {id: a, from: cold, to: warm, when: "score.engagement >= 20.0"}
          - {id: b, from: warm, to: hot, when: "signals.any(['meeting.booked']) && signals.count('page.viewed', '5d') >= 2"}
          - {id: c, from: [warm, hot], to: cold, when: "quiet_for('6d') || score.engagement < 5.0"}
          - {id: d, from: hot, to: gone, at: "account.renews"}
          - {id: e, from: gone, to: cold, when: "signals.any(['purchase.made'])"}
        plays:
          - {id: mail, for: contact, stages: [cold, warm], goal: email.clicked, horizon: 2d, eligible: "consent('email', 'marketing')", suitable: "contact.score.engagement < 60.0", value: 300, cost: 2, valid-for: 8h, cool-down: 20h, treatments: [{id: m1, channel: email}, {id: m2, channel: email, when: "score.trend > 1.0"}, {id: w1, channel: web}]}
          - {id: call, for: owner, department: sales, stages: [warm, hot], goal: meeting.booked, horizon: 3d, value: "signals.sum('purchase.made', 'amount', '30d') * 0.1 + 50.0", cost: 20, valid-for: 2d, treatments: [{id: c1, channel: phone}, {id: c2, channel: task}]}
          - {id: thanks, for: contact, on: purchase.made, goal: email.clicked, horizon: 1d, value: 90, valid-for: 1d, purpose: marketing, treatments: [{id: t1, channel: email}]}
          - {id: notice, for: contact, mandatory: true, class: transactional, on: email.clicked, valid-for: 1h, treatments: [{id: n1, channel: email}]}
        arbitration: {explore: 0.3, per-account: {people-per-week: 3}, context: [{when: "signal.type == 'page.viewed'", raise: {mail: 0.5}}], buyer-paced: {when: "signals.count('email.clicked', '2d') > 3", hold: [call]}}
        contact-policy:
          caps:
            - {per: contact, channel: email, at-most: 2, rolling: 3d}
            - {per: contact, at-most: 2, calendar: day}
            - {per: account, at-most: 5, rolling: 2d}
            - {per: account, channel: phone, at-most: 2, calendar: week, segments: [rest]}
          over-cap: OVERCAP
          quiet-hours: {from: "19:00", to: "07:30", days-off: [sun], holidays: [2026-03-27]}
          rest-after: [{outcome: rejected, times: 2, within: 5d, rest: 4d}]
          suppress-when: ["signals.count('meeting.booked', '6h') >= 2"]
          exempt: [transactional]
          exclusions: [competitor]
          consent: {purposes: [marketing]}
        experiments: [{id: h, by: contact, share: 0.1, arm: none}, {id: s, by: account, plays: [call], arms: {c1: 0.5, c2: 0.5}}]

        """;

    private static readonly string[] People = ["ann", "bob", "cyd", "user:1", "user:2", "anonymous:3"];

    [Theory]
    [InlineData("next-best")]
    [InlineData("wait")]
    [InlineData("skip")]
    public void Caps_hold_states_are_the_fold_of_their_events_and_nothing_throws(string overCap)
    {
        for (var seed = 1; seed <= 25; seed++)
        {
            try
            {
                Run(seed, overCap, steps: 150);
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                throw new InvalidOperationException($"seed {seed}, over-cap {overCap}: {e.Message}", e);
            }
        }
    }

    private static void Run(int seed, string overCap, int steps)
    {
        var random = new Random(seed);
        var scene = Scene.Given(Head + Rest.Replace("OVERCAP", overCap, StringComparison.Ordinal));
        var live = new List<(string Id, string Channel, string Contact, DateTimeOffset At)>();
        var read = 0;
        scene.AfterTurn = () =>
        {
            for (; read < scene.Journal.Count; read++)
            {
                Follow(live, scene.Journal[read].Event);
            }

            foreach (var state in scene.States)
            {
                AssertRecovers(state);
            }

            AssertCaps(live, scene, seed);
        };
        for (var step = 0; step < steps; step++)
        {
            scene.After(TimeSpan.FromTicks((long)(random.NextDouble() * random.NextDouble() * 12 * TimeSpan.TicksPerHour)));
            Step(scene, random);
        }

        AssertFold(scene, seed);
    }

    internal static void Step(Scene scene, Random random)
    {
        var person = People[random.Next(People.Length)];
        var known = scene.Account.Identifiers.ContainsKey(Scene.Name(person));
        var open = scene.Account.OpenActions;
        switch (random.Next(14))
        {
            case 0:
                scene.Consent(person, channel: random.Next(2) == 0 ? "" : "email");
                break;
            case 1 when random.Next(3) == 0:
                scene.Signal("consent.withdrawn", person, "purpose", "marketing", "channel", random.Next(2) == 0 ? "" : "email");
                break;
            case 2:
                scene.Signal("purchase.made", person, "amount", new Money { MinorUnits = random.Next(5_000), Currency = "GBP" });
                break;
            case 3:
                scene.Signal("meeting.booked", random.Next(2) == 0 ? person : "");
                break;
            case 4:
                scene.Signal("account.updated", "", "employees", random.Next(200), "industry", random.Next(9) == 0 ? "student" : "mining", "renews", scene.Now.AddDays(random.Next(-5, 20)), "time-zone", random.Next(2) == 0 ? "Asia/Tokyo" : "Not/Azone");
                break;
            case 5:
                scene.Signal("contact.updated", person, "time-zone", random.Next(2) == 0 ? "America/New_York" : null!);
                break;
            case 6 when open.Length > 0:
                scene.Settle(open[random.Next(open.Length)].Id, random.Next(4) switch
                {
                    0 => new Settlement.Done("delivered", ""),
                    1 => new Settlement.Reject("no"),
                    2 => new Settlement.Declined("later", TimeSpan.FromDays(random.Next(4))),
                    _ => new Settlement.Retry(TimeSpan.FromHours(random.Next(20)), random.Next(5), "busy"),
                });
                break;
            case 7 when known:
                scene.Ask(random.Next(2) == 0 ? person : "", random.Next(2) == 0 ? "web" : "email");
                break;
            case 8 when known:
                scene.Reserve(person, $"q{random.Next(200)}", random.Next(2) == 0 ? "email" : "phone", random.Next(2) == 0 ? "marketing" : "", random.Next(4) == 0, TimeSpan.FromMinutes(random.Next(1, 600)));
                break;
            case 9 when scene.Account.Reservations.Length > 0:
                scene.EndReservation(scene.Account.Reservations[random.Next(scene.Account.Reservations.Length)].Id, random.Next(2) == 0);
                break;
            case 10:
                scene.Signal(random.Next(2) == 0 ? "role.assigned" : "role.vacated", person, "role", random.Next(2) == 0 ? "buyer" : "user");
                break;
            case 11:
                scene.Signal("page.viewed", random.Next(20) == 0 ? $"{person} {People[random.Next(People.Length)]}" : person, "topic", "t" + random.Next(3));
                break;
            case 12:
                scene.Route("email.clicked", random.Next(3) == 0 ? "anonymous:9" : person);
                break;
            default:
                var late = random.Next(3) == 0 ? scene.NewSignal("action.outcome", person, "outcome", "rejected") : scene.NewSignal("page.viewed", person, "topic", "t1");
                late.Time = Timestamp.FromDateTimeOffset(scene.Now.AddHours(-random.Next(200)));
                scene.Record(late);
                break;
        }
    }

    private static void Follow(List<(string Id, string Channel, string Contact, DateTimeOffset At)> live, GrainEvent @event)
    {
        switch (@event)
        {
            case AccountEvent.ActionOffered { Action: { Transactional: false, Request: null } a }:
                live.Add((a.Id, a.Channel, a.Contact, a.DecidedAt));
                break;
            case AccountEvent.Reserved { Reservation: { Transactional: false } r }:
                live.Add((r.Id, r.Channel, r.Contact, r.At));
                break;
            case AccountEvent.ActionEnded { SlotKept: false } e:
                live.RemoveAll(l => l.Id == e.Id);
                break;
            case AccountEvent.ReservationEnded { Confirmed: false } e:
                live.RemoveAll(l => l.Id == e.Id);
                break;
            case AccountEvent.ContactLeft e when e.To.Affinity == Scene.Company:
                for (var i = 0; i < live.Count; i++)
                {
                    live[i] = live[i].Contact == e.Contact ? live[i] with { Contact = e.To.Id } : live[i];
                }

                break;
            default:
                break;
        }
    }

    /// <summary>At this instant no rolling cap is exceeded, counted from the journal and not from the grains' own slots. Two people who became one may exceed a personal one.</summary>
    private static void AssertCaps(List<(string Id, string Channel, string Contact, DateTimeOffset At)> live, Scene scene, int seed)
    {
        var united = scene.Journal.Any(f => f.Event is AccountEvent.ContactLeft or AccountEvent.Absorbed);
        var inWindow = live.Where(l => l.At > scene.Now.AddDays(-2)).ToList();
        Assert.True(inWindow.Count <= 5, $"seed {seed}: {inWindow.Count} messages to the account in 2 days at {scene.Now:O}");
        foreach (var person in live.Where(l => l.At > scene.Now.AddDays(-3) && l.Channel == "email").GroupBy(l => l.Contact))
        {
            Assert.True(person.Count() <= 2 || united, $"seed {seed}: {person.Count()} mails to {person.Key} in 3 days at {scene.Now:O}");
        }
    }

    private static void AssertRecovers(GrainState state)
    {
        var bytes = StateForm.Write(state, 1).ToByteArray();
        var (read, _) = StateForm.Read(StoredState.Parser.ParseFrom(bytes));
        Assert.Equal(bytes, StateForm.Write(read, 1).ToByteArray());
        if (StateReader.TryRead(bytes, state.Key, static text => text.ToString()) is { } byHand)
        {
            Assert.Equal(bytes, StateForm.Write(byHand.State, byHand.LastEntry).ToByteArray());
        }
        else
        {
            Assert.IsNotType<Account>(state);
            Assert.IsNotType<Contact>(state);
        }
    }

    /// <summary>As a silo does.</summary>
    private static GrainState Recovered(byte[] bytes, GrainKey key) =>
        (StateReader.TryRead(bytes, key, static text => text.ToString()) ?? StateForm.Read(StoredState.Parser.ParseFrom(bytes))).State;

    /// <summary>The journal, folded from nothing and through a snapshot at some cut, gives the states carried along, byte for byte.</summary>
    private static void AssertFold(Scene scene, int seed)
    {
        var journal = scene.Journal;
        for (var cut = 0; cut <= journal.Count; cut += Math.Max(1, journal.Count / 40))
        {
            var states = new Dictionary<GrainKey, GrainState>();
            for (var i = 0; i < journal.Count; i++)
            {
                if (i == cut)
                {
                    foreach (var (key, state) in states.ToList())
                    {
                        states[key] = Recovered(StateForm.Write(state, 1).ToByteArray(), key);
                    }
                }

                var fact = journal[i];
                states[fact.Grain] = GrainTurn.Evolve(fact.Grain, states.GetValueOrDefault(fact.Grain), fact.Event);
            }

            foreach (var carried in scene.States)
            {
                Assert.True(Bytes(carried).AsSpan().SequenceEqual(Bytes(states[carried.Key])), $"seed {seed}, cut {cut}: {carried.Key} differs");
            }
        }

        static byte[] Bytes(GrainState state) => StateForm.Write(state with { Wake = null }, 1).ToByteArray();
    }

    [Fact]
    public void Hostile_but_well_formed_signals_never_make_a_turn_throw()
    {
        var random = new Random(7);
        var playbook = Head + Rest.Replace("OVERCAP", "wait", StringComparison.Ordinal);
        var types = PlaybookCompiler.Compile(playbook, "p.yaml", 1).Playbook!.Signals.Values.ToList();
        for (var round = 0; round < 30; round++)
        {
            var scene = Scene.Given(playbook);
            for (var i = 0; i < 60; i++)
            {
                var type = types[random.Next(types.Count)];
                var signal = new Signal { Id = Text(random) + i, Type = type.Id, Source = Text(random), Action = Text(random) };
                if (random.Next(4) > 0)
                {
                    signal.Time = Moment(random, scene.Now);
                }

                for (var n = random.Next(4); n > 0; n--)
                {
                    signal.Identifiers.Add(new Identifier { Kind = random.Next(2) == 0 ? "email" : "k" + random.Next(3), Value = random.Next(2) == 0 ? Text(random) : "v" + random.Next(3) });
                }

                var schema = BuiltInSignals.CarriesAttributes(type.Id)
                    ? (type.Id == BuiltInSignals.AccountUpdated ? scene.Playbook.Definition.Attributes.Account : scene.Playbook.Definition.Attributes.Contact)
                    : type.Definition.Properties;
                foreach (var property in schema.Where(p => !p.Optional || random.Next(2) == 0))
                {
                    signal.Properties[property.Name] = Hostile(property.Type, random, scene.Now);
                }

                scene.Record(signal).After(TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerDay)));
                // What is about a deal is refused where the playbook knows none.
                Assert.True(scene.Verdict is Verdict.Accepted || (type.Meaning != SignalMeaning.None && scene.Verdict is Verdict.Rejected { Rejection: Rejection.BadSignal }), scene.Verdict.ToString());
            }
        }
    }

    private static string Text(Random random) => random.Next(5) switch
    {
        0 => "",
        1 => new string('x', 4_000),
        2 => "a:b|c{d}\n\"'`\\",
        3 => "\U0001F600\u0130\u0000\u202E",
        _ => random.Next().ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static Timestamp Moment(Random random, DateTimeOffset now) => random.Next(4) switch
    {
        0 => new Timestamp { Seconds = -62_135_596_800 },
        1 => Timestamp.FromDateTimeOffset(now.AddMinutes(5)),
        2 => Timestamp.FromDateTimeOffset(now.AddDays(-random.Next(9_000))),
        _ => Timestamp.FromDateTimeOffset(now),
    };

    private static Orchestrator.V1.Value Hostile(PropertyType type, Random random, DateTimeOffset now) => type switch
    {
        PropertyType.Text => new() { Text = Text(random) },
        PropertyType.Whole => new() { Integer = random.Next(3) switch { 0 => long.MinValue, 1 => long.MaxValue, _ => random.Next() } },
        PropertyType.Number => new() { Number = random.Next(3) switch { 0 => double.MaxValue, 1 => -double.MaxValue, _ => double.Epsilon } },
        PropertyType.Flag => new() { Flag = true },
        PropertyType.Timestamp => new() { Instant = random.Next(2) == 0 ? new Timestamp { Seconds = 253_402_300_799, Nanos = 999_999_999 } : Moment(random, now) },
        PropertyType.Duration => new() { Duration = new Duration { Seconds = random.Next(2) == 0 ? 315_576_000_000 : -315_576_000_000 } },
        PropertyType.Money => new() { Money = new Money { MinorUnits = random.Next(2) == 0 ? long.MaxValue : long.MinValue, Currency = "GBP" } },
    };
}
