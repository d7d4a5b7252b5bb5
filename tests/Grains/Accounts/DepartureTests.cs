using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Accounts;

public sealed class DepartureTests
{
    private const string Playbook = """
        playbook: people
        currency: GBP
        time-zone: Europe/London
        departments: {success: {title: Success}}
        buying-group:
          roles:
            champion: {required: 1, weight: 100}
            user: {required: 1, weight: 60}
          engagement: {window: 30d, cap-per-activity-day: 20, points: {page.viewed: 1}}
        attributes: {contact: {title: string?}}
        signals:
          page.viewed: {observed: true}
        scores: {engagement: {half-life: 7d, points: {page.viewed: 2}}}
        stages:
          start: {kind: inventory}
        plays:
          - {id: mail, for: contact, goal: page.viewed, horizon: 7d, cool-down: 1s, value: 100, valid-for: 3d, on: page.viewed, treatments: [{id: mail-a, channel: email}]}
          - {id: refill-role, for: owner, department: success, goal: contact.joined, horizon: 30d, applicable: "buying_group.vacant(['champion'])", value: 30000, cost: 1000, valid-for: 14d, on: [contact.left, contact.moved], treatments: [{id: find-successor, channel: task}]}
        contact-policy:
          consent: {purposes: [marketing]}

        """;

    [Fact]
    public void A12_whoever_leaves_vacates_the_role_and_the_play_to_refill_it_fires_in_the_same_turn()
    {
        var scene = Champion();
        Assert.Equal(0.5, Complete(scene));
        scene.Signal("contact.left", "ann");
        Assert.Equal(0, Complete(scene));
        Assert.Equal(("refill-role", ""), (scene.Offered.Play, scene.Offered.Contact));
        Assert.Empty(scene.ContactOf(Scene.Company, scene.Account.Identifiers["email:ann@x.test"]).Roles);
        Assert.Equal(0, BuyingGroup.Engagement(scene.Account, scene.Playbook.BuyingGroup, scene.Now));
    }

    [Fact]
    public void A12_a_successor_who_joins_in_the_role_ends_the_search()
    {
        var scene = Champion().Signal("contact.left", "ann");
        scene.Signal("contact.joined", "bob", "role", "champion");
        Assert.Empty(scene.Account.OpenActions);
        Assert.Equal(0.5, Complete(scene));
        Assert.True(scene.Person("bob").HasRole("champion"));
    }

    [Fact]
    public void A12_what_is_open_for_whoever_leaves_is_taken_back_and_reserved_messages_are_free_again()
    {
        var scene = Champion();
        scene.Signal("page.viewed", "ann").Reserve("ann", "r1");
        Assert.Equal("mail", scene.Action.Play);
        scene.Signal("contact.left", "ann", "reason", "retired");
        Assert.Contains(scene.Effects, e => e is Effect.Withdraw { Reason: "the person left the account" });
        Assert.DoesNotContain(scene.Account.OpenActions, a => a.Contact.Length > 0);
        Assert.All(scene.Account.Reservations, r => Assert.Equal(ReservationState.Released, r.State));
        Assert.Equal("retired", scene.Account.Standing!.Left.Single().Value.Reason);
        Assert.Empty(scene.Account.Contacts);
    }

    [Fact]
    public void A12_nothing_is_sent_to_whoever_left_whatever_they_do_and_nothing_they_do_counts()
    {
        var scene = Champion().Signal("contact.left", "ann");
        var score = scene.Account.FindScore("engagement");
        scene.AfterDays(1).Signal("page.viewed", "ann").Signal("page.viewed", "ann crm:7").Signal("role.assigned", "ann", "role", "user");
        Assert.DoesNotContain(scene.Account.OpenActions, a => a.Contact.Length > 0);
        Assert.Equal(score, scene.Account.FindScore("engagement"));
        Assert.Empty(scene.Account.Contacts);
        Assert.Equal(0, Complete(scene));
        scene.Do(new AccountCommand.Reserve(GrainKey.Account(Scene.Tenant, Scene.Company), scene.Account.Identifiers["email:ann@x.test"], "r2", "email", "", true, TimeSpan.FromMinutes(5)));
        Assert.IsType<Rejection.NoSuchContact>(scene.Rejection);
    }

    [Fact]
    public void A12_whoever_comes_back_is_addressed_again_with_their_history()
    {
        var scene = Champion().Signal("contact.left", "ann").AfterDays(3).Signal("contact.joined", "ann", "role", "user");
        Assert.True(scene.Person("ann").HasRole("user"));
        Assert.Null(scene.Person("ann").Standing!.LeftAt);
        Assert.True(scene.Person("ann").FindScore("engagement")!.Value.Sum > 0);
        scene.Signal("page.viewed", "ann");
        Assert.Contains(scene.Account.OpenActions, a => a.Play == "mail");
    }

    [Fact]
    public void A12_a_person_who_changes_employer_takes_history_along_but_no_role()
    {
        var scene = Champion();
        scene.Signal("contact.updated", "ann", "title", "Head of it");
        scene.Signal("contact.moved", "ann", "to", "b-1");
        var here = scene.AccountOf("b-1");
        Assert.False(here.Provisional);
        var ann = scene.Person("ann", "b-1");
        Assert.Equal(("Head of it", 0), (ann.Attributes["title"].Value.Text, ann.Roles.Length));
        Assert.True(ann.FindScore("engagement")!.Value.Sum > 0);
        Assert.Equal(ann.Key, scene.IdentityOf("ann").Contact);
        Assert.Null(scene.IdentityOf("ann").Via);
        Assert.Equal(ann.Key, scene.Account.Standing!.Left.Single().Value.To);
        Assert.Equal("refill-role", scene.Account.OpenActions.Single().Play);
        Assert.Empty(scene.Account.Contacts);
    }

    [Fact]
    public void A12_consent_withdrawn_at_either_employer_stays_withdrawn()
    {
        var scene = Champion();
        scene.Record(scene.NewSignal("consent.withdrawn", "ann", "purpose", "marketing"), "b-1");
        scene.Signal("contact.moved", "ann", "to", "b-1");
        Assert.False(Assert.Single(scene.Person("ann", "b-1").Consents).Given);
    }

    [Fact]
    public void A12_signals_follow_whoever_changed_employer_by_name_and_by_account()
    {
        var scene = Champion().Signal("contact.moved", "ann", "to", "b-1");
        var before = scene.Person("ann", "b-1").SignalCount;
        scene.Route("page.viewed", "ann").Signal("page.viewed", "ann");
        Assert.Equal(before + 2, scene.Person("ann", "b-1").SignalCount);
        Assert.Empty(scene.Account.Contacts);
    }

    [Fact]
    public void A12_somebody_may_move_away_and_back_again()
    {
        var scene = Champion().Signal("contact.moved", "ann", "to", "b-1");
        scene.Record(scene.NewSignal("contact.moved", "ann", "to", Scene.Company), "b-1");
        var ann = scene.Person("ann");
        Assert.Equal((null, ann.Key), (ann.MovedTo, scene.IdentityOf("ann").Contact));
        Assert.Single(scene.Account.Contacts);
        Assert.Empty(scene.AccountOf("b-1").Contacts);
        scene.Route("page.viewed", "ann");
        Assert.Contains(scene.Account.OpenActions, a => a.Play == "mail" && a.Contact == ann.Key.Id);
    }

    [Fact]
    public void A12_signals_under_way_while_a_person_moves_are_counted_once_each()
    {
        var scene = Champion();
        scene.DeliversAtOnce = false;
        scene.Signal("contact.moved", "ann", "to", "b-1");
        scene.Route("page.viewed", "ann").Signal("page.viewed", "ann");
        var again = scene.NewSignal("page.viewed", "ann");
        scene.Record(again).Route(again);
        scene.DeliversAtOnce = true;
        scene.Signal("noise.none", "zoe");
        Assert.Equal(4 + 3, scene.Person("ann", "b-1").SignalCount);
    }

    [Fact]
    public void A12_whoever_left_before_their_account_was_merged_is_not_addressed_by_the_one_that_carries_on()
    {
        var scene = Champion().Signal("contact.left", "ann");
        scene.Record(scene.NewSignal("page.viewed", "bob"), "b-1");
        scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, Scene.Company), "b-1"));
        Assert.Single(scene.AccountOf("b-1").Contacts);
        var count = scene.AccountOf("b-1").OpenActions.Length;
        scene.AfterDays(1).Signal("page.viewed", "ann");
        Assert.Single(scene.AccountOf("b-1").Contacts);
        Assert.True(scene.AccountOf("b-1").OpenActions.Length <= count);
        Assert.Single(scene.AccountOf("b-1").Standing!.Left);
    }

    [Fact]
    public void A12_accounts_without_departures_keep_no_trace_of_them()
    {
        var scene = Scene.Given(SmallPlaybooks.Head + SmallPlaybooks.OneStage).Signal("page.viewed", "ann");
        Assert.Null(scene.Account.Standing);
        Assert.Null(scene.Person("ann").Standing);
    }

    private static Scene Champion() => Scene.Given(Playbook).Signal("role.assigned", "ann", "role", "champion").Consent("ann").Signal("page.viewed", "ann").Settled().After(TimeSpan.FromMinutes(1));

    private static double Complete(Scene scene) => BuyingGroup.Completeness(scene.Account, scene.Playbook.BuyingGroup);
}

internal static class SettledScenes
{
    /// <summary>Whatever is open is done.</summary>
    public static Scene Settled(this Scene scene)
    {
        foreach (var action in scene.Account.OpenActions)
        {
            scene.Settle(action.Id, new Settlement.Done("delivered", ""));
        }

        return scene;
    }
}
