using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Identities;

public sealed class MovingTests
{
    private const string Journey = """
        scores:
          engagement: {half-life: 7d, points: {page.viewed: 10}}
        stages: {start: {kind: inventory}, warm: {kind: inventory}}
        transitions: [{id: warms, from: start, to: warm, when: "score.engagement >= 20.0 && signals.count('page.viewed', '30d') >= 4"}]

        """;

    private const string Visitor = "anonymous:v1";

    [Fact]
    public void A6_somebody_whom_nobody_knows_gets_a_provisional_account()
    {
        var scene = Scene.Given(Head + Journey + OneMail).Route("page.viewed", Visitor);
        var identity = scene.IdentityOf(Visitor);
        Assert.True(identity.Provisional);
        var account = scene.AccountOf(identity.Contact!.Value.Affinity);
        Assert.True(account.Exists && account.Provisional);
        Assert.Equal((1, identity.Contact.Value.Id), (account.SignalCount, account.Identifiers[Visitor]));
    }

    [Fact]
    public void A6_once_known_the_earlier_history_joins_the_person_and_moves_the_journey()
    {
        var scene = Scene.Given(Head + Journey + OneMail).Route("page.viewed", Visitor).Route("page.viewed", Visitor);
        var provisional = scene.IdentityOf(Visitor).Contact!.Value;
        Assert.Single(scene.AccountOf(provisional.Affinity).OpenActions);
        scene.Signal("page.viewed", "ann").Done().Signal("page.viewed", $"ann {Visitor}");

        Assert.Equal(scene.Person("ann").Key, scene.IdentityOf(Visitor).Contact);
        Assert.False(scene.IdentityOf(Visitor).Provisional);
        Assert.Equal(24, scene.Account.FindScore("engagement")!.Value.Sum, 9);
        Assert.Equal(40, scene.Person("ann").FindScore("engagement")!.Value.Sum, 9);
        Assert.Equal(4, scene.Account.FindTally("page.viewed")!.Count);
        Assert.Equal(Scene.Company, scene.AccountOf(provisional.Affinity).ForwardedTo);
        Assert.Empty(scene.AccountOf(provisional.Affinity).OpenActions);
        Assert.Contains(scene.Effects.OfType<Effect.Withdraw>(), w => w.Account.Affinity == provisional.Affinity);
        Assert.Equal(("warm", scene.Now), (scene.Account.Stage, scene.Account.StageSince));
    }

    [Fact]
    public void A6_a_signal_sent_again_after_the_move_is_still_known()
    {
        var scene = Scene.Given(Head + Journey);
        var signal = scene.NewSignal("page.viewed", Visitor);
        scene.Route(signal).Signal("page.viewed", $"ann {Visitor}");
        scene.Route(signal.Clone());
        Assert.Equal(2, scene.Person("ann").SignalCount);
        Assert.Equal(2, scene.Account.FindTally("page.viewed")!.Count);
    }

    [Fact]
    public void A6_later_signals_of_the_visitor_reach_the_person()
    {
        var scene = Scene.Given(Head + Journey).Route("page.viewed", Visitor).Signal("page.viewed", $"ann {Visitor}").Route("page.viewed", Visitor);
        Assert.Equal(3, scene.Person("ann").SignalCount);
    }

    [Fact]
    public void A6_what_is_sent_after_a_move_does_not_overtake_what_still_goes_round()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var scene = Scene.Given(Head + Journey);
            scene.Route("page.viewed", Visitor).DeliversAtOnce = false;
            var provisional = scene.IdentityOf(Visitor).Contact!.Value;
            scene.Signal("page.viewed", $"ann {Visitor}");
            List<string> sent = [];
            for (var step = 0; step < 12; step++)
            {
                var signal = scene.NewSignal("page.viewed", Visitor);
                scene.Route(signal);
                sent.Add(signal.Id);
                Deliver(scene, random, random.Next(5));
            }

            Deliver(scene, random, 5_000);
            var recorded = scene.Journal.Where(f => f.Grain.Affinity == Scene.Company).Select(f => f.Event).OfType<AccountEvent.SignalRecorded>().Select(e => e.Signal.Id).Where(sent.Contains);
            Assert.True(sent.Where(id => RecordedAt(scene, Scene.Company, id)).SequenceEqual(recorded), $"seed {seed}");
            Assert.Null(scene.IdentityOf(Visitor).Via);
            Assert.Equal(0UL, scene.IdentityOf(Visitor).Marker);
            Assert.Equal(Scene.Company, scene.AccountOf(provisional.Affinity).ForwardedTo);
        }
    }

    /// <summary>Of one id with two contents the first counts, also while it goes round and the second could be sent directly.</summary>
    [Fact]
    public void A6_an_id_sent_again_with_other_content_during_a_move_does_not_take_the_first_ones_place()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var scene = Scene.Given(Head + Journey);
            scene.Route("page.viewed", Visitor).DeliversAtOnce = false;
            scene.Signal("page.viewed", $"ann {Visitor}");
            Deliver(scene, random, random.Next(8));
            var first = scene.NewSignal("page.viewed", Visitor, "url", "/first");
            var second = first.Clone();
            second.Properties["url"] = Scene.ValueOf("/second");
            scene.Route(first);
            Deliver(scene, random, random.Next(8));
            scene.Route(second);
            while (scene.Waiting is { Count: > 0 } waiting)
            {
                scene.DeliverOne(waiting[random.Next(waiting.Count)], mayRefuse: true);
            }

            var counted = Assert.Single(scene.Journal.Select(f => f.Event).OfType<AccountEvent.SignalRecorded>(), e => e.Signal.Id == first.Id);
            Assert.Equal("/first", counted.Signal.Properties["url"].Text);
        }
    }

    /// <summary>What is on its way to one of two contacts that turn out to be one person is not overtaken by what is sent to the other when the identifier has heard of it.</summary>
    [Fact]
    public void A7_signals_of_somebody_who_becomes_one_with_another_contact_keep_their_order()
    {
        var round = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var scene = Scene.Given(Head + Journey).Signal("page.viewed", $"ann {Visitor}").Signal("page.viewed", "bob");
            var (ann, bob) = (scene.Person("ann").Key, scene.Person("bob").Key);
            Assert.Equal(ann, scene.IdentityOf(Visitor).Contact);
            scene.DeliversAtOnce = false;
            var first = scene.NewSignal("page.viewed", Visitor, "url", "/first");
            var second = first.Clone();
            second.Properties["url"] = Scene.ValueOf("/second");
            scene.Route(first).Signal("page.viewed", "bob ann");
            Assert.Equal(bob, scene.ContactOf(Scene.Company, ann.Id).MovedTo);
            Deliver(scene, random, random.Next(8));
            round += scene.IdentityOf(Visitor).Contact == bob && !RecordedAt(scene, Scene.Company, first.Id) ? 1 : 0;
            scene.Route(second);
            while (scene.Waiting is { Count: > 0 } waiting)
            {
                scene.DeliverOne(waiting[random.Next(waiting.Count)], mayRefuse: true);
            }

            var counted = Assert.Single(scene.Journal.Select(f => f.Event).OfType<AccountEvent.SignalRecorded>(), e => e.Signal.Id == first.Id);
            Assert.Equal("/first", counted.Signal.Properties["url"].Text);
            Assert.Equal(bob.Id, counted.Contact);
        }

        Assert.True(round > 20, $"only {round} times the second could go directly while the first was on its way");
    }

    [Fact]
    public void H1_messages_before_a_move_count_against_the_caps_after_it()
    {
        const string caps = "contact-policy: {caps: [{per: contact, channel: email, at-most: 1, rolling: 7d}, {per: account, channel: email, at-most: 2, rolling: 7d}]}\n";
        var scene = Scene.Given(Head + Journey + OneMail + caps).Route("page.viewed", Visitor);
        var provisional = scene.AccountOf(scene.IdentityOf(Visitor).Contact!.Value.Affinity);
        scene.Do(new AccountCommand.Settle(provisional.Key, Assert.Single(provisional.OpenActions).Id, new Settlement.Done("delivered", "")));
        scene.Signal("page.viewed", $"ann {Visitor}").Settle(scene.Action.Id, new Settlement.Done("delivered", ""));
        Assert.Equal(2, scene.Person("ann").Slots.Length);
        Assert.Equal(2, scene.Account.Slots.Length);
        Assert.Equal(Grains.Decisions.NoneReason.OverCap, scene.Signal("page.viewed", "bob").None);
    }

    [Fact]
    public void A8_after_a_move_consent_is_the_most_restrictive_of_both()
    {
        var scene = Scene.Given(Head + Journey + "contact-policy: {consent: {purposes: [marketing]}}\n");
        scene.Route("consent.withdrawn", Visitor, "purpose", "marketing", "channel", "email").AfterDays(1);
        scene.Consent("ann", channel: "email").Consent("ann", channel: "phone");
        scene.Signal("page.viewed", $"ann {Visitor}");
        Assert.False(ConsentGiven.Allows(scene.Person("ann").Consents, "marketing", "email"));
        Assert.True(ConsentGiven.Allows(scene.Person("ann").Consents, "marketing", "phone"));
    }

    [Fact]
    public void A8_a_refusal_on_all_channels_is_not_widened_by_the_others_yes_on_one()
    {
        var scene = Scene.Given(Head + Journey + "contact-policy: {consent: {purposes: [marketing]}}\n");
        scene.Route("consent.withdrawn", Visitor, "purpose", "marketing").AfterDays(1);
        scene.Consent("ann", channel: "email").Signal("page.viewed", $"ann {Visitor}");
        Assert.False(ConsentGiven.Allows(scene.Person("ann").Consents, "marketing", "email"));
    }

    [Fact]
    public void A8_a_yes_that_only_one_knew_of_stands_and_a_later_word_counts_again()
    {
        var scene = Scene.Given(Head + Journey + "contact-policy: {consent: {purposes: [marketing]}}\n");
        scene.Route("consent.withdrawn", Visitor, "purpose", "marketing", "channel", "email").Signal("page.viewed", $"ann {Visitor}").AfterDays(1).Consent("ann", channel: "email");
        Assert.True(ConsentGiven.Allows(scene.Person("ann").Consents, "marketing", "email"));
    }

    [Fact]
    public void A7_two_contacts_of_one_account_become_one_and_free_what_was_open_for_the_other()
    {
        const string caps = "contact-policy: {caps: [{per: contact, at-most: 1, rolling: 30d}, {per: account, at-most: 9, rolling: 30d}]}\n";
        var scene = Scene.Given(Head + Journey + OneMail + caps).Signal("page.viewed", "ann").Signal("role.assigned", "user:7", "role", "buyer");
        Assert.Equal(2, scene.Account.OpenActions.Length);
        var other = scene.Person("user:7").Key;
        scene.Signal("page.viewed", "ann user:7");
        Assert.Equal(scene.Person("ann").Key, scene.Person("user:7").Key);
        Assert.Equal(scene.Person("ann").Key, scene.IdentityOf("user:7").Contact);
        Assert.Equal(scene.Person("ann").Key, scene.ContactOf(Scene.Company, other.Id).MovedTo);
        Assert.Equal([scene.Action.Id], scene.Person("ann").Slots.Select(s => s.Id));
        Assert.Single(scene.Account.Slots);
        Assert.Single(scene.Account.Contacts);
        Assert.Equal(["buyer"], scene.Account.Contacts[scene.Person("ann").Key.Id].Roles);
        Assert.Equal(3, scene.Person("ann").SignalCount);
    }

    [Fact]
    public void A7_a_slot_reserved_for_one_of_two_who_become_one_is_freed_at_the_one()
    {
        var scene = Scene.Given(Head + Journey + "contact-policy: {caps: [{per: contact, at-most: 1, rolling: 30d}, {per: account, at-most: 9, rolling: 30d}]}\n");
        scene.Signal("page.viewed", "ann").Signal("page.viewed", "user:7").Reserve("user:7", "r1");
        var reserved = Assert.IsType<Answer.Reserved>(scene.Accepted.Answer);
        scene.Signal("page.viewed", "ann user:7");
        Assert.Single(scene.Person("ann").Slots);
        scene.EndReservation(reserved.Reservation, sent: false);
        Assert.Empty(scene.Person("ann").Slots);
        Assert.Empty(scene.Account.Slots);
    }

    [Fact]
    public void Two_known_people_under_one_name_are_left_to_people()
    {
        var scene = Scene.Given(Head + Journey).Signal("page.viewed", "ann");
        scene.Record(scene.NewSignal("page.viewed", "ann"), "b-2");
        Assert.Equal(Scene.Company, scene.IdentityOf("ann").Contact!.Value.Affinity);
        Assert.Equal(1, scene.Account.SignalCount);
        Assert.Equal(1, scene.AccountOf("b-2").SignalCount);
    }

    /// <summary>Visitors, devices and addresses that turn out to be one person, with messages delivered in every order that seeds find: nothing is lost, nothing counts twice.</summary>
    [Fact]
    public void A6_in_whatever_order_messages_arrive_nothing_is_lost_or_doubled()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var named = random.Next(2) == 0;
            var scene = Scene.Given(Head + Journey + OneMail);
            scene.DeliversAtOnce = false;
            string[] names = ["anonymous:1", "anonymous:2", "anonymous:3", "ann", "user:9"];
            var sent = 0;
            for (var step = 0; step < 12; step++)
            {
                var one = names[random.Next(names.Length)];
                var other = names[random.Next(names.Length)];
                if (named && step == 6)
                {
                    scene.Signal("page.viewed", "ann user:9");
                }
                else
                {
                    scene.Route("page.viewed", one == other ? one : $"{one} {other}");
                }

                sent++;
                Deliver(scene, random, random.Next(6));
            }

            // Tie everything together, then let everything come to rest.
            scene.Route("page.viewed", string.Join(' ', names.AsSpan(0, 4)!)).Route("page.viewed", "ann user:9");
            sent += 2;
            var steps = Deliver(scene, random, 5_000);
            Assert.True(steps < 5_000, $"seed {seed}: messages go on for ever");
            var people = scene.States.OfType<Contacts.Contact>().Where(c => c is { Exists: true, MovedTo: null }).ToList();
            var living = scene.States.OfType<Account>().Where(a => a is { Exists: true, ForwardedTo: "" }).ToList();
            Assert.True(people.Count == 1 && living.Count == 1, $"seed {seed}: {people.Count} people in {living.Count} accounts");
            Assert.True(people[0].SignalCount == sent, $"seed {seed}: {sent} signals, {people[0].SignalCount} counted");
            Assert.True(Math.Abs(people[0].FindScore("engagement")!.Value.Sum - (10 * sent)) < 1e-6, $"seed {seed}: points");
            Assert.True(living[0].FindTally("page.viewed")!.Count == sent, $"seed {seed}: tally");
            Assert.All(names, name => Assert.True(scene.IdentityOf(name).Contact is not { } c || c == people[0].Key, $"seed {seed}: {name} is {scene.IdentityOf(name).Contact}, not {people[0].Key}"));
            Assert.True(!named || living[0].Key.Affinity == Scene.Company, $"seed {seed}");
        }
    }

    private static bool RecordedAt(Scene scene, string account, string id) =>
        scene.Journal.Any(f => f.Grain.Affinity == account && f.Event is AccountEvent.SignalRecorded e && e.Signal.Id == id);

    private static int Deliver(Scene scene, Random random, int most)
    {
        for (var i = 0; i < most; i++)
        {
            if (scene.Waiting is not { Count: > 0 } waiting)
            {
                return i;
            }

            scene.DeliverOne(waiting[random.Next(waiting.Count)]);
        }

        return most;
    }
}
