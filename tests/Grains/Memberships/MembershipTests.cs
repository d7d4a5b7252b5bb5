using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Grains.Tests.Memberships;

/// <summary>One person in several accounts.</summary>
public sealed class MembershipTests
{
    private const string Home = "a-1";
    private const string Other = "b-2";
    private const int Cap = 2;

    private const string Text = Head + OneStage + """
        channels: {email: {kind: push}}
        contact-policy: {caps: [{per: contact, at-most: 2, rolling: 1d}]}
        plays:
          - {id: mail, for: contact, on: page.viewed, goal: email.clicked, horizon: 7d, cool-down: 1s, value: 100, valid-for: 30m, treatments: [{id: mail-a, channel: email}]}
          - {id: offer, for: contact, on: meeting.booked, goal: email.clicked, horizon: 7d, cool-down: 1s, value: 90, valid-for: 30m, treatments: [{id: offer-a, channel: email}]}

        """;

    [Fact]
    public void A10_one_person_has_a_role_in_each_of_their_accounts_and_is_at_home_in_the_first()
    {
        var scene = Joined(Text);
        var (home, member) = (scene.Person("ann", Home), scene.Person("ann", Other));
        Assert.Equal([member.Key], home.Membership!.Others);
        Assert.Equal((home.Key, false), (member.Membership!.Home, member.Membership.Seeks));
        Assert.Equal(["buyer"], home.Roles);
        Assert.Equal(["user"], member.Roles);
        Assert.Equal(home.Key, scene.IdentityOf("ann").Contact);
    }

    [Fact]
    public void A10_signals_that_name_an_account_go_there_and_others_go_home()
    {
        var scene = Joined(Text);
        var (home, member) = (scene.Person("ann", Home).SignalCount, scene.Person("ann", Other).SignalCount);
        scene.Record(scene.NewSignal("page.viewed", "ann"), Other);
        Assert.Equal((home, member + 1), (scene.Person("ann", Home).SignalCount, scene.Person("ann", Other).SignalCount));
        scene.Route("page.viewed", "ann");
        Assert.Equal((home + 1, member + 1), (scene.Person("ann", Home).SignalCount, scene.Person("ann", Other).SignalCount));
    }

    [Fact]
    public void A10_nobody_sees_a_message_of_another_account_before_the_home_has_counted_it()
    {
        var scene = Joined(Text);
        scene.DeliversAtOnce = false;
        scene.Record(scene.NewSignal("page.viewed", "ann"), Other);
        var action = Assert.Single(scene.AccountOf(Other).OpenActions);
        Assert.True(action.Awaits);
        Assert.DoesNotContain(scene.Effects, e => e is Effect.Offer);
        Deliver(scene);
        Assert.Contains(scene.Effects, e => e is Effect.Offer o && o.Action.Id == action.Id);
        Assert.True(scene.Person("ann", Home).HasSlot(action.Id));
    }

    [Fact]
    public void A10_the_cap_is_one_over_all_accounts()
    {
        var scene = Joined(Text);
        Send(scene, Home, "page.viewed");
        Send(scene, Other, "page.viewed");
        Assert.Equal(Cap, scene.Person("ann", Home).Slots.Length);
        scene.After(TimeSpan.FromMinutes(1)).Record(scene.NewSignal("meeting.booked", "ann"), Other);
        Assert.Empty(scene.AccountOf(Other).OpenActions);
        Assert.Contains(scene.Journal, f => f.Event is AccountEvent.ActionEnded { How: EndedHow.Revoked } e && e.Outcome.Contains("over all accounts", StringComparison.Ordinal));

        // It asks no more until there is room.
        scene.Record(scene.NewSignal("meeting.booked", "ann"), Other);
        Assert.Equal(NoneReason.Resting, scene.None);
        scene.AfterDays(1).Record(scene.NewSignal("meeting.booked", "ann"), Other);
        Assert.Single(scene.AccountOf(Other).OpenActions);
    }

    [Fact]
    public void A10_what_did_not_go_out_is_counted_no_longer_at_home()
    {
        var scene = Joined(Text);
        scene.Record(scene.NewSignal("page.viewed", "ann"), Other);
        Assert.Single(scene.Person("ann", Home).Slots);
        scene.Do(new AccountCommand.Settle(GrainKey.Account(Scene.Tenant, Other), scene.AccountOf(Other).OpenActions[0].Id, new Settlement.Reject("no")));
        Assert.Empty(scene.Person("ann", Home).Slots);
        scene.Record(scene.NewSignal("meeting.booked", "ann"), Other).After(TimeSpan.FromHours(1));
        Assert.Empty(scene.Person("ann", Home).Slots);
    }

    [Theory]
    [InlineData(Home, Other)]
    [InlineData(Other, Home)]
    public void A10_a_consent_withdrawn_in_one_account_holds_in_all(string where, string also)
    {
        var scene = Joined(Text.Replace("contact-policy: {", "contact-policy: {consent: {purposes: [marketing]}, ", StringComparison.Ordinal));
        foreach (var account in new[] { Home, Other })
        {
            scene.Record(scene.NewSignal("consent.given", "ann", "purpose", "marketing"), account);
            scene.Record(scene.NewSignal("page.viewed", "ann"), account);
            Assert.Single(scene.AccountOf(account).OpenActions);
        }

        scene.After(TimeSpan.FromMinutes(1)).Record(scene.NewSignal("consent.withdrawn", "ann", "purpose", "marketing"), where);
        Assert.False(ConsentGiven.Allows(scene.Person("ann", also).Consents, "marketing", "email"));
        Assert.Empty(scene.AccountOf(also).OpenActions);
        Assert.Empty(scene.AccountOf(where).OpenActions);
    }

    [Fact]
    public void A10_a_consent_withdrawn_before_somebody_joined_holds_in_both_and_none_is_widened()
    {
        var scene = Scene.Given(Text.Replace("contact-policy: {", "contact-policy: {consent: {purposes: [marketing, product]}, ", StringComparison.Ordinal));
        scene.Record(scene.NewSignal("consent.given", "ann", "purpose", "product"), Home);
        scene.Record(scene.NewSignal("consent.withdrawn", "ann", "purpose", "marketing"), Home);
        scene.Record(scene.NewSignal("consent.given", "ann", "purpose", "marketing"), Other);
        scene.After(TimeSpan.FromMinutes(1));
        scene.Record(scene.NewSignal("consent.withdrawn", "ann", "purpose", "product"), Other);
        scene.Record(scene.NewSignal("contact.joined", "ann", "also", true), Other);
        foreach (var purpose in new[] { "marketing", "product" })
        {
            Assert.False(ConsentGiven.Allows(scene.Person("ann", Home).Consents, purpose, "email"), purpose);
        }

        Assert.False(ConsentGiven.Allows(scene.Person("ann", Other).Consents, "product", "email"));
    }

    [Fact]
    public void A10_whoever_is_said_to_belong_elsewhere_too_but_is_known_nowhere_is_at_home_there()
    {
        var scene = Scene.Given(Text);
        scene.DeliversAtOnce = false;
        scene.Record(scene.NewSignal("contact.joined", "ann", "also", true), Other);
        Assert.True(scene.Person("ann", Other).Membership!.Seeks);
        scene.Record(scene.NewSignal("page.viewed", "ann"), Other);
        Assert.Empty(scene.AccountOf(Other).OpenActions);
        Deliver(scene);
        Assert.Null(scene.Person("ann", Other).Membership);
        scene.Record(scene.NewSignal("page.viewed", "ann"), Other);
        Assert.False(Assert.Single(scene.AccountOf(Other).OpenActions).Awaits);
    }

    [Fact]
    public void A10_other_systems_reserve_at_home_and_nobody_is_answered_on_demand_elsewhere()
    {
        var scene = Joined(Text);
        var member = scene.Person("ann", Other).Key;
        scene.Do(new AccountCommand.Reserve(GrainKey.Account(Scene.Tenant, Other), member.Id, "r-1", "email", "", Transactional: false, TimeSpan.FromMinutes(5)));
        Assert.Contains("home account `a-1`", Assert.IsType<Answer.NotReserved>(scene.Accepted.Answer).RefusedBy, StringComparison.Ordinal);
        scene.Reserve("ann", "r-1");
        Assert.IsType<Answer.Reserved>(scene.Accepted.Answer);
    }

    [Fact]
    public void A10_never_more_messages_than_the_cap_whatever_comes_in_between()
    {
        var (refused, sent) = (0, 0);
        for (var seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            var scene = Scene.Given(Text);
            scene.DeliversAtOnce = false;
            scene.Record(scene.NewSignal("contact.joined", "ann", "role", "buyer"), Home);
            Deliver(scene);
            var out_ = new HashSet<string>(StringComparer.Ordinal);
            scene.Record(scene.NewSignal("contact.joined", "ann", "also", true), Other);
            for (var step = 0; step < 60; step++)
            {
                var account = random.Next(2) == 0 ? Home : Other;
                switch (random.Next(6))
                {
                    case 0 or 1:
                        scene.Record(scene.NewSignal(random.Next(2) == 0 ? "page.viewed" : "meeting.booked", "ann"), account);
                        break;
                    case 2 when Released(scene, account) is { } action:
                        var goes = random.Next(3) > 0;
                        scene.Do(new AccountCommand.Settle(GrainKey.Account(Scene.Tenant, account), action.Id, goes ? new Settlement.Done("delivered", "") : new Settlement.Reject("no")));
                        if (goes)
                        {
                            out_.Add(action.Id);
                        }

                        break;
                    case 3:
                        scene.After(TimeSpan.FromSeconds(random.Next(2, 600)));
                        break;
                    default:
                        if (scene.Waiting is { Count: > 0 } waiting)
                        {
                            scene.DeliverOne(waiting[random.Next(waiting.Count)]);
                        }

                        break;
                }

                // All of it happens within a day, so the cap bounds what went out and what somebody holds, together.
                var held = new[] { Home, Other }.SelectMany(a => scene.AccountOf(a).OpenActions).Count(a => !a.Awaits && a.ValidUntil > scene.Now);
                Assert.True(out_.Count + held <= Cap, $"seed {seed}, step {step}: {out_.Count} went out and {held} may, at most {Cap} of a day");
            }

            Deliver(scene);
            refused += scene.Journal.Count(f => f.Event is AccountEvent.OfMembership { Event: Orchestrator.Grains.Memberships.MembershipEvent.NoRoom });
            sent += out_.Count;
        }

        // Otherwise it would not have shown anything.
        Assert.True(refused > 50 && sent > 300, $"{refused} refused, {sent} sent");
    }

    /// <summary>Ann, who buys for one company and uses at another.</summary>
    private static Scene Joined(string text)
    {
        var scene = Scene.Given(text);
        scene.Record(scene.NewSignal("contact.joined", "ann", "role", "buyer"), Home);
        return scene.Record(scene.NewSignal("contact.joined", "ann", "role", "user", "also", true), Other);
    }

    private static void Send(Scene scene, string account, string type)
    {
        scene.Record(scene.NewSignal(type, "ann"), account);
        var action = Assert.Single(scene.AccountOf(account).OpenActions);
        Assert.False(action.Awaits);
        scene.Do(new AccountCommand.Settle(GrainKey.Account(Scene.Tenant, account), action.Id, new Settlement.Done("delivered", "")));
    }

    private static OpenAction? Released(Scene scene, string account) => scene.AccountOf(account).OpenActions.FirstOrDefault(a => !a.Awaits);

    private static void Deliver(Scene scene)
    {
        while (scene.Waiting is { Count: > 0 } waiting)
        {
            scene.DeliverOne(waiting[0]);
        }
    }
}
