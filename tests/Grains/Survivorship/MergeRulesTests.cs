using System.Collections.Immutable;
using System.Reflection;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Matching;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Memberships;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Promises;
using Orchestrator.Grains.Recycling;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.Support;
using Orchestrator.Grains.Survivorship;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Xunit;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Grains.Tests.Survivorship;

public sealed class MergeRulesTests
{
    private const string Old = "b-2";
    private static readonly string Model = Samples.File("deploy/playbooks/the-model.yaml");
    private static readonly DateTimeOffset At = Scene.Utc("2026-03-02T10:00:00Z");

    [Theory]
    [InlineData(typeof(Account))]
    [InlineData(typeof(Contact))]
    public void A7_every_property_of_a_state_has_a_rule_for_merges_and_every_rule_has_its_property(Type state)
    {
        var rules = state == typeof(Account) ? MergeRules.Account : MergeRules.Contact;
        var properties = state.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => p.Name).Except(typeof(GrainState).GetProperties().Where(p => p.Name != nameof(GrainState.IsFlagged)).Select(p => p.Name));
        Assert.Equal(string.Join(' ', properties.Order(StringComparer.Ordinal)), string.Join(' ', rules.Keys.Order(StringComparer.Ordinal)));
        Assert.All(rules.Values, rule => Assert.NotEqual("", rule));
        var said = state == typeof(Account) ? Told.Keys : ToldOfPeople.Keys;
        Assert.Equal(string.Join(' ', rules.Keys.Order(StringComparer.Ordinal)), string.Join(' ', said.Order(StringComparer.Ordinal)));
    }

    public static TheoryData<string> Properties => [.. Told.Keys];

    public static TheoryData<string> PeoplesProperties => [.. ToldOfPeople.Keys];

    [Theory]
    [MemberData(nameof(Properties))]
    public void A7_each_property_of_an_account_survives_by_its_rule(string property) => Told[property]();

    [Theory]
    [MemberData(nameof(PeoplesProperties))]
    public void A7_each_property_of_a_contact_survives_by_its_rule(string property) => ToldOfPeople[property]();

    private static Account Ours => Account.Unknown(GrainKey.Account(Scene.Tenant, Scene.Company)) with { Exists = true, Stage = "lead", StageBy = "captured", OpenedAt = At, StageSince = At };

    private static Account Theirs => Account.Unknown(GrainKey.Account(Scene.Tenant, Old)) with { Exists = true, Stage = "nurture", StageBy = "to-nurture", OpenedAt = At.AddDays(-3), StageSince = At };

    private static Account Joined(Account ours, Account theirs) =>
        Account.Evolve(ours, new AccountEvent.OfHistory(new HistoryEvent.TookIn(Old, [], [], AttributeSet.None, AttributeSet.None, [], At) { Brought = theirs }));

    private static Scene Merged(Action<Scene> before)
    {
        var scene = Scene.Given(Model);
        before(scene);
        return scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, Old), Scene.Company)).After(TimeSpan.FromMinutes(1));
    }

    private static void Of(Scene scene, string account, string type, string person, params object[] properties) => scene.Record(scene.NewSignal(type, person, properties), account);

    /// <summary>One account handed over and waiting for an answer; the other one has never moved.</summary>
    private static Scene HandedOver() => Merged(scene =>
    {
        Of(scene, Scene.Company, "page.viewed", "ann", "url", "/");
        for (var i = 0; i < 8; i++)
        {
            Of(scene, Old, i == 0 ? "form.submitted" : "webinar.attended", $"bob{i % 3}", i == 0 ? [] : ["minutes", 9]);
            Of(scene, Old, "account.updated", "", "industry", "software", "employees", 900, "country", "JP");
        }

        Assert.Contains(scene.AccountOf(Old).OpenActions, a => a.Request is not null);
    });

    private static readonly Dictionary<string, Action> Told = new(StringComparer.Ordinal)
    {
        ["Exists"] = () => Assert.True(Joined(Ours, Theirs).Exists),
        ["Provisional"] = () => Assert.False(Joined(Ours, Theirs with { Provisional = true }).Provisional),
        ["ForwardedTo"] = () => Assert.Equal((Scene.Company, ""), (HandedOver().AccountOf(Old).ForwardedTo, HandedOver().Account.ForwardedTo)),
        ["Stage"] = () =>
        {
            Assert.Equal("lead", Joined(Ours, Theirs).Stage);
            Assert.Equal("qualified", HandedOver().Account.Stage);
        },
        ["StageSince"] = () => Assert.Equal(HandedOver().AccountOf(Old).StageSince, HandedOver().Account.StageSince),
        ["StageBy"] = () => Assert.Equal("qualify", HandedOver().Account.StageBy),
        ["SlaBreached"] = () => Assert.True(Joined(Ours with { SlaBreached = true }, Theirs).SlaBreached),
        ["OpenedAt"] = () => Assert.Equal(Theirs.OpenedAt, Joined(Ours, Theirs).OpenedAt),
        ["Attributes"] = () => Assert.Equal("new", Joined(Ours with { Attributes = Known("old", 0) }, Theirs with { Attributes = Known("new", 1) }).Attributes["industry"].Value.Text),
        ["Contacts"] = () => Assert.Equal(4, HandedOver().Account.Contacts.Count),
        ["Identifiers"] = () =>
        {
            Assert.Equal(4, HandedOver().Account.Identifiers.Count);
            var gone = GrainKey.Contact(Scene.Tenant, "c-3", "c-9");
            var theirs = Theirs with
            {
                Identifiers = Theirs.Identifiers.Add("email:eve@x.test", "c-7"),
                Standing = AccountStanding.Empty with { Left = AccountStanding.Empty.Left.Add("c-7", new Departure("job", At, gone)) },
            };
            Assert.Equal("c-7", Joined(Ours, theirs).Identifiers["email:eve@x.test"]);
        },
        ["Scores"] = () => Assert.Equal(30, Joined(Ours with { Scores = [Points(10)] }, Theirs with { Scores = [Points(20)] }).FindScore("engagement")!.Value.ValueAt(At), 6),
        ["Tallies"] = () => Assert.Equal(3, Joined(Ours with { Tallies = Counted(1) }, Theirs with { Tallies = Counted(2) }).FindTally("t")!.Count),
        ["LastSignalAt"] = () => Assert.Equal(At.AddDays(2), Joined(Ours with { LastSignalAt = At }, Theirs with { LastSignalAt = At.AddDays(2) }).LastSignalAt),
        ["SignalCount"] = () => Assert.Equal(7, Joined(Ours with { SignalCount = 3 }, Theirs with { SignalCount = 4 }).SignalCount),
        ["OpenActions"] = () =>
        {
            // What was asked about the other is withdrawn once, and asked again of the one account, with one accountable owner.
            var scene = HandedOver();
            Assert.Empty(scene.AccountOf(Old).OpenActions);
            Assert.Equal(scene.Effects.OfType<Effect.Withdraw>().Select(w => w.ActionId).Distinct().Count(), scene.Effects.OfType<Effect.Withdraw>().Count());
            Assert.All(scene.AccountOf(Old).Ended, e => Assert.DoesNotContain(scene.Account.OpenActions, a => a.Id == e.Id));
        },
        ["Slots"] = () => Assert.Equal(["s1", "s2"], Joined(Ours with { Slots = [Message("s1")] }, Theirs with { Slots = [Message("s1"), Message("s2")] }).Slots.Select(s => s.Id)),
        ["Reservations"] = () =>
        {
            var held = new Reservation("r1", "q", "c-1", "email", false, At, At.AddHours(1), ReservationState.Held);
            Assert.Equal(["r2", "r1"], Joined(Ours with { Reservations = [held] }, Theirs with { Reservations = [held, held with { Id = "r2", RequestId = "p" }] }).Reservations.Select(r => r.Id));
        },
        ["Seen"] = () => Assert.NotNull(Joined(Ours, Theirs with { Seen = SeenSignals.None.Add(new SeenSignal(7, 1, 1, At.UtcTicks)) }).Seen.Find(7, At)),
        ["Ended"] = () => Assert.Equal(["e1"], Joined(Ours with { Ended = [new EndedAction("e1", EndedHow.Done)] }, Theirs with { Ended = [new EndedAction("e2", EndedHow.Done)] }).Ended.Select(e => e.Id)),
        ["Deferrals"] = () => Assert.Equal(2, Joined(Ours with { Deferrals = [new Deferral("c-1", null, At)] }, Theirs with { Deferrals = [new Deferral("", null, At), new Deferral("c-1", null, At.AddDays(1))] }).Deferrals.Length),
        ["Rests"] = () => Assert.Equal(At.AddDays(2), Assert.Single(Joined(Ours with { Rests = [new PlayRest("p", At)] }, Theirs with { Rests = [new PlayRest("p", At.AddDays(2))] }).Rests).Until),
        ["Journey"] = () =>
        {
            var stay = new RecycleStay("nurture", "timing", At.AddDays(-9), At, 1, null, "", null);
            var ours = Ours with { Journey = Journey.Empty with { Recycle = new RecycleRecord(1, 1, 100, [stay]), Entries = [new StageEntry("t", "k", 2, At, null)], Reason = new StageReason("lead", "ours", At) } };
            var theirs = Theirs with { Journey = Journey.Empty with { Recycle = new RecycleRecord(2, 1, 50, [stay with { At = At }]), Entries = [new StageEntry("t", "k", 3, At, null), new StageEntry("u", "", 1, At, null)], Reason = new StageReason("nurture", "theirs", At) } };
            var joined = Joined(ours, theirs).Journey!;
            Assert.Equal((3, 2, 150L, 2), (joined.Recycle.Attempts, joined.Recycle.Returns, joined.Recycle.Saved, joined.Recycle.Stays.Length));
            Assert.Equal(stay, joined.Recycle.Last);
            Assert.Equal((5, "t", "ours"), (joined.EntryOf("t", "k")!.Count, joined.Open!.Transition, joined.Reason!.Code));
            Assert.Equal(At, joined.EntryOf("u", "")!.LeftAt);
        },
        ["Dealings"] = () =>
        {
            var ours = new Deal("d", At) { Amount = 1, Currency = "JPY", AmountAt = At };
            var theirs = new Deal("d", At.AddDays(-5)) { Amount = 2, Currency = "JPY", AmountAt = At.AddDays(1), Standing = DealStanding.Won, ClosedAt = At.AddDays(1) };
            var promise = new Promise("p1", "t", "", "d", "kim", "lead", At);
            var joined = Joined(
                Ours with { Dealings = AccountDealings.None with { Deals = [ours], Promises = [promise], Owners = [new AssignedOwner("sales", "kim", At, "")] } },
                Theirs with { Dealings = AccountDealings.None with { Deals = [theirs, new Deal("e", At)], Promises = [promise, promise with { Id = "p2" }], Owners = [new AssignedOwner("sales", "lee", At, ""), new AssignedOwner("support", "lee", At, "")] } }).Dealings!;
            Assert.Equal([("d", 2L, DealStanding.Won, At.AddDays(-5)), ("e", null, DealStanding.Open, At)], joined.Deals.Select(d => (d.Id, d.Amount, d.Standing, d.OpenedAt)));
            Assert.Equal(["p1", "p2"], joined.Promises.Select(p => p.Id));
            Assert.Equal([("sales", "kim"), ("support", "lee")], joined.Owners.Select(o => (o.Department, o.Owner)));
        },
        ["Customer"] = () =>
        {
            var run = new MilestoneRun("onboarding", At, [new ReachedMilestone("a", At, "s1")], []);
            var joined = Joined(
                Ours with { Customer = Customer.New with { Milestones = [run], ReferralCount = 1 } },
                Theirs with { Customer = Customer.New with { Milestones = [run with { StartedAt = At.AddDays(-1), Reached = [new ReachedMilestone("a", At.AddDays(-1), "s0"), new ReachedMilestone("b", At, "s2")] }], ExpandingSince = At, ReferralCount = 2, Contract = new Contract(At, 5, null) } }).Customer!;
            Assert.Equal([("a", "s0"), ("b", "s2")], joined.Milestones[0].Reached.Select(r => (r.Id, r.Signal)));
            Assert.Equal((At.AddDays(-1), 3L, At, 5L), (joined.Milestones[0].StartedAt, joined.ReferralCount, joined.ExpandingSince, joined.Contract!.Amount));
        },
        ["Standing"] = () =>
        {
            var joined = Joined(
                Ours with { Standing = AccountStanding.Empty with { Journeys = AccountStanding.Empty.Journeys.Add("j", new JourneyPlace("one", At, "t")) } },
                Theirs with { Standing = AccountStanding.Empty with { Journeys = AccountStanding.Empty.Journeys.Add("j", new JourneyPlace("two", At.AddDays(1), "t")).Add("k", new JourneyPlace("x", At, "t")), Left = AccountStanding.Empty.Left.Add("c-7", new Departure("job", At, null)) } }).Standing!;
            Assert.Equal(("two", "x", "job"), (joined.Journeys["j"].Stage, joined.Journeys["k"].Stage, joined.Left["c-7"].Reason));
        },
        ["History"] = () =>
        {
            var said = new MatchOverride("c-1", Old, true, "kim", "", At);
            var joined = Joined(Ours with { History = new AccountHistory { PartedAccounts = [Old, "z"] } }, Theirs with { History = new AccountHistory { Overrides = [said], Parted = [new Parted("email:x", GrainKey.Contact(Scene.Tenant, "q", "c"))] } }).History!;
            Assert.Equal((said, "email:x", "z"), (Assert.Single(joined.Overrides), Assert.Single(joined.Parted).Name, Assert.Single(joined.PartedAccounts)));
        },
        ["Flight"] = () => Assert.Equal(new FlightState(3, 1), Joined(Ours with { Flight = new FlightState(3, 1) }, Theirs with { Flight = new FlightState(4, 2) }).Flight),
        ["Boards"] = () =>
        {
            var low = new Grains.Counts.BoardNews(5, At, null);
            var high = new Grains.Counts.BoardNews(9, At, null);
            var none = Grains.Counts.AccountBoards.Empty;
            var joined = Joined(Ours with { Boards = none with { On = none.On.Add("count:a"), Told = none.Told.Add("count:a", low).Add("count:b", high) } }, Theirs with { Boards = none with { On = none.On.Add("count:z"), Told = none.Told.Add("count:a", high).Add("count:b", low) } }).Boards!;
            Assert.Equal(["count:a"], joined.On);
            Assert.Equal((high, high), (joined.Told["count:a"], joined.Told["count:b"]));
        },
        ["Support"] = () =>
        {
            var joined = Joined(
                Ours with { Support = new SupportState { Tickets = [new OpenTicket("t1", 2, "", At)], Incidents = ["i"] } },
                Theirs with { Support = new SupportState { Tickets = [new OpenTicket("t1", 1, "", At), new OpenTicket("t2", 1, "", At.AddDays(1))], Incidents = ["i", "j"] } }).Support!;
            Assert.Equal(["t1", "t2"], joined.Tickets.Select(t => t.Ticket));
            Assert.Equal(["i", "j"], joined.Incidents);
        },
        ["Lateness"] = () => Assert.Equal(5, Joined(Ours with { Lateness = Grains.Lateness.LatenessState.Empty with { LateSignals = 2 } }, Theirs with { Lateness = Grains.Lateness.LatenessState.Empty with { LateSignals = 3 } }).Lateness!.LateSignals),
        ["IsFlagged"] = () => Assert.False(Joined(Ours, Theirs).IsFlagged),
    };

    private static Contact Ann => Contact.Unknown(GrainKey.Contact(Scene.Tenant, Scene.Company, "c-1")) with { Exists = true, OpenedAt = At };

    private static Contact Other => Contact.Unknown(GrainKey.Contact(Scene.Tenant, Old, "c-2")) with { Exists = true, OpenedAt = At.AddDays(-1) };

    private static Contact Joined(Contact ours, Contact theirs) => Contact.Evolve(ours, new ContactEvent.Absorbed(theirs, At) { Rules = 1 });

    private static readonly Dictionary<string, Action> ToldOfPeople = new(StringComparer.Ordinal)
    {
        ["Exists"] = () => Assert.True(Joined(Ann, Other).Exists),
        ["OpenedAt"] = () =>
        {
            Assert.Equal(Other.OpenedAt, Joined(Ann, Other).OpenedAt);
            Assert.Equal(At, Contact.Evolve(Ann, new ContactEvent.Absorbed(Other, At)).OpenedAt);
        },
        ["Identifiers"] = () => Assert.Equal(2, Joined(Ann with { Identifiers = [new PersonName("email", "a")] }, Other with { Identifiers = [new PersonName("email", "a"), new PersonName("crm", "1")] }).Identifiers.Length),
        ["Roles"] = () => Assert.Equal(["buyer", "user"], Joined(Ann with { Roles = ["user"] }, Other with { Roles = ["buyer", "user"] }).Roles),
        ["Attributes"] = () => Assert.Equal("new", Joined(Ann with { Attributes = Known("old", 0) }, Other with { Attributes = Known("new", 1) }).Attributes["industry"].Value.Text),
        ["Scores"] = () => Assert.Equal(30, Joined(Ann with { Scores = [Points(10)] }, Other with { Scores = [Points(20)] }).FindScore("engagement")!.Value.ValueAt(At), 6),
        ["Consents"] = () => Assert.False(ConsentGiven.Allows(Joined(Ann with { Consents = [Word(given: true)] }, Other with { Consents = [Word(given: false)] }).Consents, "marketing", "email")),
        ["Slots"] = () => Assert.Equal(["s1", "s2"], Joined(Ann with { Slots = [Message("s1")] }, Other with { Slots = [Message("s1") with { Contact = "c-2" }, Message("s2")] }).Slots.Select(s => s.Id)),
        ["Rests"] = () => Assert.Equal(At.AddDays(2), Assert.Single(Joined(Ann with { Rests = [new PlayRest("p", At)] }, Other with { Rests = [new PlayRest("p", At.AddDays(2))] }).Rests).Until),
        ["Outcomes"] = () => Assert.Equal(2, Joined(Ann with { Outcomes = [new OutcomeSeen("rejected", At)] }, Other with { Outcomes = [new OutcomeSeen("rejected", At), new OutcomeSeen("rejected", At.AddDays(1))] }).Outcomes.Length),
        ["RestUntil"] = () => Assert.Equal(At.AddDays(2), Joined(Ann with { RestUntil = At }, Other with { RestUntil = At.AddDays(2) }).RestUntil),
        ["LastSignalAt"] = () => Assert.Equal(At.AddDays(2), Joined(Ann with { LastSignalAt = At }, Other with { LastSignalAt = At.AddDays(2) }).LastSignalAt),
        ["SignalCount"] = () => Assert.Equal(7, Joined(Ann with { SignalCount = 3 }, Other with { SignalCount = 4 }).SignalCount),
        ["MovedTo"] = () => Assert.Null(Joined(Ann, Other with { MovedTo = Ann.Key }).MovedTo),
        ["Membership"] = () =>
        {
            GrainKey one = GrainKey.Contact(Scene.Tenant, "x", "c-1"), two = GrainKey.Contact(Scene.Tenant, "y", "c-2");
            var homes = Joined(Ann with { Membership = Membership.Empty with { Others = [one] } }, Other with { Membership = Membership.Empty with { Others = [one, two] } }).Membership!;
            Assert.Equal([one, two], homes.Others);
            Assert.Null(homes.Home);
            Assert.Equal(two, Joined(Ann, Other with { Membership = Membership.Empty with { Home = two } }).Membership!.Home);
            Assert.Null(Joined(Ann, Other with { Membership = Membership.Empty with { Home = Ann.Key } }).Membership);
        },
        ["Standing"] = () => Assert.Equal("b", Joined(Ann with { Standing = Stands("a", 0) }, Other with { Standing = Stands("b", 1) }).Standing!.Journeys["j"].Stage),
        ["IsFlagged"] = () => Assert.False(Joined(Ann, Other).IsFlagged),
    };

    /// <summary>Capacity is given back once at the merge and taken once at the undo; the answer to what was leased counts once.</summary>
    [Fact]
    public void A7_what_the_ended_account_had_in_hand_is_given_back_once_and_taken_again_when_the_merge_is_undone()
    {
        var scene = HandedOver();
        var ended = scene.AccountOf(Old).Ended.Select(e => e.Id).ToList();
        Assert.NotEmpty(ended);
        Assert.Equal(SettleResult.AlreadySettled, Assert.IsType<Answer.Settled>(scene.Do(new AccountCommand.Settle(GrainKey.Account(Scene.Tenant, Old), ended[^1], new Settlement.Done("accepted", ""))).Accepted.Answer).Result);
        scene.Unmerge(Old).After(TimeSpan.FromMinutes(1));
        var open = scene.AccountOf(Old).OpenActions;
        Assert.Contains(open, a => a.Request is not null && ended.Contains(a.Id));
        foreach (var team in scene.States.OfType<Grains.Owners.Team>())
        {
            var expected = scene.States.OfType<Account>().SelectMany(a => a.OpenActions).Where(a => a.Counted && !a.Awaits && a.Department == team.Department).Select(a => a.Id);
            Assert.Equal(expected.Order(StringComparer.Ordinal), team.InHand.Select(h => h.Action).Order(StringComparer.Ordinal));
        }
    }

    /// <summary>A slot that another system holds goes along with the person, and its end counts where they are.</summary>
    [Fact]
    public void A7_a_reservation_held_at_the_merge_is_confirmed_through_either_account_and_counts_once()
    {
        var scene = Scene.Given(Model);
        Of(scene, Scene.Company, "page.viewed", "ann", "url", "/");
        Of(scene, Old, "consent.given", "bob", "purpose", "marketing", "channel", "");
        scene.At("2026-03-03T03:00:00Z");
        scene.Do(new AccountCommand.Reserve(GrainKey.Account(Scene.Tenant, Old), scene.AccountOf(Old).Identifiers["email:bob@x.test"], "q1", "email", "", true, TimeSpan.FromHours(2)));
        var reserved = Assert.IsType<Answer.Reserved>(scene.Accepted.Answer);
        scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, Old), Scene.Company)).After(TimeSpan.FromMinutes(1));
        Assert.Equal(ReservationState.Held, Assert.Single(scene.Account.Reservations).State);
        Assert.Single(scene.Account.Slots, s => s.Id == scene.Account.Reservations[0].Id);
        scene.Do(new AccountCommand.EndReservation(GrainKey.Account(Scene.Tenant, Old), scene.Account.Reservations[0].Id, Sent: true)).After(TimeSpan.FromHours(3));
        Assert.Equal((ReservationState.Confirmed, reserved), (Assert.Single(scene.Account.Reservations).State, reserved));
        Assert.Single(scene.Person("bob").Slots);
    }

    private static AttributeSet Known(string value, int days) => AttributeSet.None.With("industry", new Held(Scene.ValueOf(value), At.AddDays(days)));

    private static Score Points(double sum) => new("engagement", sum, At, TimeSpan.FromDays(7), 0, 0);

    private static ImmutableArray<Tally> Counted(int times) => [new Tally("t", times, 0, At, Occurrences.None, TimeSpan.FromDays(9))];

    private static Slot Message(string id) => new(id, "c-1", "email", false, At);

    private static ConsentGiven Word(bool given) => new("marketing", "email", given, At, "t");

    private static PersonStanding Stands(string stage, int days) => PersonStanding.Empty with { Journeys = PersonStanding.Empty.Journeys.Add("j", new JourneyPlace(stage, At.AddDays(days), "t")) };
}
