using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Identities;

public sealed class UnmergingTests
{
    private const string Points = """
        scores:
          engagement: {half-life: 7d, points: {page.viewed: 10, meeting.booked: 30}}
        stages: {start: {kind: inventory}, warm: {kind: inventory}}
        transitions: [{id: warms, from: start, to: warm, when: "signals.count('page.viewed', '30d') >= 40"}]

        """;

    private const string Visitor = "anonymous:v1";

    /// <summary>The proof by comparison: one world merges and un-merges, in the other nobody ever took the two for one.</summary>
    [Theory]
    [InlineData(Visitor)]
    [InlineData("user:7")]
    public void A9_merged_and_unmerged_is_never_merged(string other)
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var provisional = other == Visitor;
            var (merged, never) = (Scene.Given(Head + Points), Scene.Given(Head + Points));
            Act(random, other, provisional, 1 + random.Next(6), merged, never);
            Both((scene, _) => scene.Signal("page.viewed", "ann"), merged, never);
            Both((scene, known) => _ = provisional ? scene.Route("page.viewed", other) : scene.Signal("page.viewed", other), merged, never);

            Both((scene, isMerged) => scene.Signal("page.viewed", isMerged ? $"ann {other}" : "ann"), merged, never);
            Assert.Equal(merged.Person("ann").Key, merged.IdentityOf(other).Contact);
            Act(random, other, provisional, random.Next(12), merged, never);
            Unmerge(merged, "ann", other);
            AssertSame(merged, never, other, $"seed {seed}, at once");
            Act(random, other, provisional, random.Next(6), merged, never);
            AssertSame(merged, never, other, $"seed {seed}, later");
            Assert.Null(merged.IdentityOf(other).Via);
            Assert.Equal(0UL, merged.IdentityOf(other).Marker);
        }
    }

    [Fact]
    public void A9_consent_is_what_each_side_had_and_a_withdrawal_since_holds_for_both()
    {
        var scene = Scene.Given(Head + Points + "contact-policy: {consent: {purposes: [marketing, product]}}\n");
        scene.Route("consent.withdrawn", Visitor, "purpose", "product").Consent("ann").Consent("ann", "product").AfterDays(1);
        scene.Signal("page.viewed", $"ann {Visitor}").AfterDays(1);
        Assert.False(Allows(scene.Person("ann"), "product"));
        scene.Signal("consent.withdrawn", "ann", "purpose", "marketing").AfterDays(1);
        var visitor = Unmerge(scene, "ann", Visitor);
        Assert.True(Allows(scene.Person("ann"), "product"));
        Assert.False(Allows(visitor(), "product"));
        Assert.False(Allows(scene.Person("ann"), "marketing"));
        Assert.False(Allows(visitor(), "marketing"));
        Assert.Contains(visitor().Consents, c => c is { Purpose: "marketing", Given: false });
    }

    [Fact]
    public void A9_a_yes_since_the_merge_belongs_to_the_name_under_which_it_was_said()
    {
        var scene = Scene.Given(Head + Points + "contact-policy: {consent: {purposes: [marketing, product]}}\n").Route("page.viewed", Visitor);
        scene.Signal("page.viewed", $"ann {Visitor}").Route("consent.given", Visitor, "purpose", "marketing").Consent("ann", "product");
        var visitor = Unmerge(scene, "ann", Visitor);
        Assert.Equal((true, false), (Allows(visitor(), "marketing"), Allows(visitor(), "product")));
        Assert.Equal((false, true), (Allows(scene.Person("ann"), "marketing"), Allows(scene.Person("ann"), "product")));
    }

    [Fact]
    public void A9_messages_count_against_the_caps_of_both()
    {
        const string caps = "contact-policy: {caps: [{per: contact, at-most: 1, rolling: 30d}, {per: account, at-most: 9, rolling: 30d}]}\n";
        var scene = Scene.Given(Head + Points + OneMail + caps).Signal("page.viewed", "ann").Done();
        scene.Route("page.viewed", Visitor);
        scene.Signal("page.viewed", $"ann {Visitor}");
        var visitor = Unmerge(scene, "ann", Visitor);
        Assert.Single(scene.Person("ann").Slots);
        Assert.Equal(scene.Person("ann").Slots.Select(s => s.Id), visitor().Slots.Select(s => s.Id));
        Assert.Equal(visitor().Key.Id, visitor().Slots[0].Contact);
        Assert.Empty(scene.Account.OpenActions);
        scene.Route("page.viewed", Visitor).Signal("page.viewed", "ann");
        Assert.DoesNotContain(scene.States.OfType<Account>(), a => a.OpenActions.Length > 0);
    }

    [Fact]
    public void A9_a_signal_sent_again_is_known_on_both_sides()
    {
        var scene = Scene.Given(Head + Points).Route("page.viewed", Visitor).Signal("page.viewed", $"ann {Visitor}");
        var signal = scene.NewSignal("page.viewed", Visitor);
        scene.Route(signal);
        var visitor = Unmerge(scene, "ann", Visitor);
        var before = visitor().SignalCount;
        scene.Route(signal.Clone());
        Assert.Equal(before, visitor().SignalCount);
    }

    [Fact]
    public void A9_undoing_twice_is_undoing_once()
    {
        var scene = Scene.Given(Head + Points).Route("page.viewed", Visitor).Signal("page.viewed", $"ann {Visitor}");
        var (command, _) = Undoing(scene, "ann", Visitor);
        scene.Do(command);
        var after = scene.States.Select(Bytes).ToList();
        Assert.IsType<Rejection.ChangedMeanwhile>(scene.Do(command).Rejection);
        Assert.Equal(after, scene.States.Select(Bytes));
        scene.Do(new AccountCommand.Reinstate(GrainKey.Account(Scene.Tenant, command.Other.Affinity), command.Other.Id, scene.Person("ann").Key, command.Restored, command.Since));
        Assert.Equal(after, scene.States.Select(Bytes));
    }

    [Fact]
    public void A9_what_was_worked_out_before_another_signal_came_is_refused()
    {
        var scene = Scene.Given(Head + Points).Route("page.viewed", Visitor).Signal("page.viewed", $"ann {Visitor}");
        var (command, _) = Undoing(scene, "ann", Visitor);
        Assert.Equal(new Rejection.ChangedMeanwhile(Scene.Company), scene.Signal("page.viewed", "ann").Do(command).Rejection);
    }

    [Fact]
    public void A9_roles_and_attributes_go_with_the_name_under_which_they_were_said()
    {
        var scene = Scene.Given(Head + Points).Route("contact.updated", Visitor, "title", "Guest").AfterDays(1);
        scene.Signal("contact.updated", "ann", "title", "Head").Signal("page.viewed", $"ann {Visitor}").AfterDays(1);
        scene.Signal("role.assigned", "ann", "role", "buyer").Route("role.assigned", Visitor, "role", "user");
        Assert.Equal(["buyer", "user"], scene.Account.Contacts[scene.Person("ann").Key.Id].Roles);
        var visitor = Unmerge(scene, "ann", Visitor);
        Assert.Equal(("Head", "Guest"), (scene.Person("ann").Attributes["title"].Value.Text, visitor().Attributes["title"].Value.Text));
        Assert.Equal(["buyer"], scene.Account.Contacts[scene.Person("ann").Key.Id].Roles);
        Assert.Equal(["user"], scene.AccountOf(visitor().Key.Affinity).Contacts[visitor().Key.Id].Roles);
        Assert.Equal("", scene.AccountOf(visitor().Key.Affinity).ForwardedTo);
    }

    [Fact]
    public void A9_of_two_merges_into_one_person_either_can_be_undone_first()
    {
        foreach (var order in new[] { (Visitor, "anonymous:v2"), ("anonymous:v2", Visitor) })
        {
            var scene = Scene.Given(Head + Points).Route("page.viewed", Visitor).Route("meeting.booked", "anonymous:v2").Signal("page.viewed", "ann");
            scene.Signal("page.viewed", $"ann {Visitor}").Signal("page.viewed", "ann anonymous:v2").Route("page.viewed", Visitor).Route("meeting.booked", "anonymous:v2");
            Assert.Equal(7, scene.Person("ann").SignalCount);
            Unmerge(scene, "ann", order.Item1);
            Assert.Equal(5, scene.Person("ann").SignalCount);
            Unmerge(scene, "ann", order.Item2);
            Assert.Equal(3, scene.Person("ann").SignalCount);
            Assert.Equal(3, scene.Account.SignalCount);
            Assert.Equal(["email:ann@x.test"], scene.Person("ann").Identifiers.Select(i => i.ToString()));
            Assert.Equal(18, scene.Account.FindScore("engagement")!.Value.Sum, 9);
            Assert.Equal(2, scene.ContactOf(scene.IdentityOf(Visitor).Contact!.Value.Affinity, scene.IdentityOf(Visitor).Contact!.Value.Id).SignalCount);
        }
    }

    [Fact]
    public void A9_a_merge_undone_can_come_about_again_and_be_undone_again()
    {
        var scene = Scene.Given(Head + Points).Route("page.viewed", Visitor).Signal("page.viewed", $"ann {Visitor}");
        Unmerge(scene, "ann", Visitor);
        scene.Route("page.viewed", Visitor).Signal("page.viewed", $"ann {Visitor}").Route("page.viewed", Visitor);
        Assert.Equal(5, scene.Person("ann").SignalCount);
        var visitor = Unmerge(scene, "ann", Visitor);
        Assert.Equal((2, 3), (scene.Person("ann").SignalCount, visitor().SignalCount));
        Assert.Equal((2, 3), (scene.Account.SignalCount, scene.AccountOf(visitor().Key.Affinity).SignalCount));
    }

    /// <summary>Signals under way while a merge is undone arrive at who they belong to, in whatever order messages go.</summary>
    [Fact]
    public void A9_signals_on_the_way_while_a_merge_is_undone_reach_the_right_side_once()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var scene = Scene.Given(Head + Points).Route("page.viewed", Visitor).Signal("page.viewed", $"ann {Visitor}");
            scene.DeliversAtOnce = false;
            for (var i = 0; i < random.Next(4); i++)
            {
                scene.Route("page.viewed", Visitor).Route("page.viewed", "ann");
            }

            var (command, other) = Undoing(scene, "ann", Visitor);
            scene.Do(command);
            var after = 0;
            for (; after < 5; after++)
            {
                scene.Route("page.viewed", Visitor);
                for (var i = random.Next(5); i > 0 && scene.Waiting is { Count: > 0 } some; i--)
                {
                    scene.DeliverOne(some[random.Next(some.Count)]);
                }
            }

            while (scene.Waiting is { Count: > 0 } waiting)
            {
                scene.DeliverOne(waiting[random.Next(waiting.Count)]);
            }

            var sent = scene.Past.Select(p => p.Fact.Event).OfType<AccountEvent.SignalRecorded>().ToList();
            Assert.Equal(sent.Count, sent.Select(e => e.Signal.Id).Distinct().Count());
            Assert.Equal(sent.Count, scene.Person("ann").SignalCount + scene.ContactOf(other.Affinity, other.Id).SignalCount);
            Assert.Equal(sent.Count(e => e.Signal.Identifiers[0].Kind == "anonymous"), scene.ContactOf(other.Affinity, other.Id).SignalCount);
            Assert.Equal((other, (GrainKey?)null), (scene.IdentityOf(Visitor).Contact, scene.IdentityOf(Visitor).Via));
        }
    }

    private static bool Allows(Contact contact, string purpose) => ConsentGiven.Allows(contact.Consents, purpose, "email");

    internal static Func<Contact> Unmerge(Scene scene, string who, string name)
    {
        var (command, other) = Undoing(scene, who, name);
        scene.Do(command);
        Assert.IsType<Verdict.Accepted>(scene.Verdict);
        return () => scene.ContactOf(other.Affinity, other.Id);
    }

    private static (AccountCommand.Unmerge Command, GrainKey Other) Undoing(Scene scene, string who, string name)
    {
        var kept = scene.Person(who);
        var account = scene.Past.Where(p => p.Grain == scene.Account.Key).Select(p => p.Fact).ToList();
        var person = scene.Past.Where(p => p.Grain == kept.Key).Select(p => p.Fact).ToList();
        var merges = Unmerging.MergesOf(kept.Key, account, person);
        var merge = merges.Last(m => m.UndoneAt is null && m.State.Identifiers.Any(i => i.ToString() == Scene.Name(name)));
        var split = Unmerging.Split(merge, merges, account, person, kept, scene.ContactOf(merge.Other.Affinity, merge.Other.Id));
        return (new(scene.Account.Key, kept.Key.Id, merge.Other, merge.Sequence, scene.Account.SignalCount, Unmerging.MarkOf(kept), split.Kept, split.Restored, split.Own, split.Since), merge.Other);
    }

    private static void Act(Random random, string other, bool provisional, int steps, params Scene[] scenes)
    {
        for (var step = 0; step < steps; step++)
        {
            var (kind, who, wait) = (random.Next(4), random.Next(2) == 0 ? "ann" : other, random.Next(1, 40));
            Both(
                (scene, _) =>
                {
                    scene.After(TimeSpan.FromHours(wait));
                    (string Type, object[] Properties) what = kind switch
                    {
                        0 => ("contact.updated", ["title", $"title {wait}"]),
                        1 => ("meeting.booked", []),
                        2 => ("consent.given", ["purpose", "marketing"]),
                        _ => ("page.viewed", []),
                    };
                    var sent = provisional && who == other ? scene.Route(what.Type, who, what.Properties) : scene.Signal(what.Type, who, what.Properties);
                    Assert.IsType<Verdict.Accepted>(sent.Verdict);
                },
                scenes);
        }
    }

    private static void Both(Action<Scene, bool> act, params Scene[] scenes)
    {
        for (var i = 0; i < scenes.Length; i++)
        {
            act(scenes[i], i == 0);
        }
    }

    private static void AssertSame(Scene one, Scene two, string other, string when)
    {
        Assert.Equal(Bytes(two.Person("ann")), Bytes(one.Person("ann")));
        Assert.Equal(two.IdentityOf(other).Contact, one.IdentityOf(other).Contact);
        if (two.IdentityOf(other).Contact is { } key)
        {
            Assert.True(Bytes(two.ContactOf(key.Affinity, key.Id)).SequenceEqual(Bytes(one.ContactOf(key.Affinity, key.Id))), when);
            Assert.Equal(Known(two.AccountOf(key.Affinity)), Known(one.AccountOf(key.Affinity)));
        }

        Assert.Equal(Known(two.Account), Known(one.Account));
    }

    /// <summary>All of an account that signals add up to, and who belongs to it.</summary>
    private static string Known(Account account) => string.Join(
        '\n',
        account.Scores.Select(s => $"{s.Name} {s.Sum:R} {s.At:O}")
            .Concat(account.Tallies.Select(t => $"{t.Name} {t.Count} {t.Sum:R} {t.Last:O} {string.Join(' ', t.Recent.All.Select(o => $"{o.At}x{o.Times}"))}"))
            .Concat(account.Contacts.Select(c => $"{c.Key} {string.Join(',', c.Value.Roles)}"))
            .Concat(account.Identifiers.Select(i => $"{i.Key}={i.Value}"))
            .Append($"{account.SignalCount} {account.LastSignalAt:O} {account.ForwardedTo} {account.Exists} {account.Provisional}"));

    private static byte[] Bytes(GrainState state) => StateForm.Write(state with { Wake = null }, 0).ToByteArray();
}
