using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Survivorship;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;
using Account = Orchestrator.Grains.Accounts.Account;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Tests.Identities;

public sealed class MergingTests
{
    private const string Rules = """
        attributes:
          account: {industry: string?, employees: int?, revenue: money?, renews: timestamp?, time-zone: string?}
          contact: {title: string?, source: string?, phone: string?, visits: int?}
          survive:
            account: {industry: oldest, employees: add, revenue: add}
            contact: {title: newest, source: oldest, phone: non-empty, visits: add}
        signals:
          page.viewed: {observed: true, properties: {topic: string?}}
          email.clicked: {observed: true}
        scores:
          engagement: {half-life: 7d, points: {page.viewed: 10}}
        stages: {start: {kind: inventory}, big: {kind: inventory}}
        transitions: [{id: grows, from: start, to: big, when: "account.employees >= 100"}]

        """;

    private static string Text => Head[..Head.IndexOf("attributes:", StringComparison.Ordinal)] + Rules;

    /// <summary>Facts of Apache Unomi's merge strategies (most recent, oldest, non-empty, add); where it takes "most recent" of the profile, we take that of the attribute.</summary>
    [Theory]
    [InlineData(Survival.Newest, 1, "a", 2, "b", "b")]
    [InlineData(Survival.Newest, 2, "a", 1, "b", "a")]
    [InlineData(Survival.Newest, 1, "a", 1, "b", "a")]
    [InlineData(Survival.Newest, 1, "a", 2, null, null)]
    [InlineData(Survival.Oldest, 1, "a", 2, "b", "a")]
    [InlineData(Survival.Oldest, 2, "a", 1, "b", "b")]
    [InlineData(Survival.Oldest, 1, "a", 1, "b", "a")]
    [InlineData(Survival.NonEmpty, 1, "a", 2, null, "a")]
    [InlineData(Survival.NonEmpty, 1, "a", 2, "", "a")]
    [InlineData(Survival.NonEmpty, 2, null, 1, "b", "b")]
    [InlineData(Survival.NonEmpty, 1, "a", 2, "b", "b")]
    [InlineData(Survival.Add, 1, 3, 2, 4, 7)]
    [InlineData(Survival.Add, 1, 3, 2, null, 3)]
    [InlineData(Survival.Add, 1, null, 2, 4, 4)]
    public void A7_each_rule_says_which_value_stays(Survival rule, int at, object? one, int otherAt, object? other, object? stays)
    {
        var ours = AttributeSet.None.With("k", new Held(Scene.ValueOf(one), DateTimeOffset.UnixEpoch.AddDays(at)));
        var theirs = AttributeSet.None.With("k", new Held(Scene.ValueOf(other), DateTimeOffset.UnixEpoch.AddDays(otherAt)));
        var merged = Survivors.Merge(ours, theirs, Survivors.Of([new SurvivalRule("k", rule)], ours, theirs));
        Assert.Equal(Scene.ValueOf(stays), merged["k"].Value);
    }

    [Fact]
    public void A7_amounts_of_two_currencies_and_sums_that_are_too_large_are_not_added()
    {
        static Value Of(Value one, Value other)
        {
            var ours = AttributeSet.None.With("k", new Held(one, DateTimeOffset.UnixEpoch));
            var theirs = AttributeSet.None.With("k", new Held(other, DateTimeOffset.UnixEpoch.AddDays(1)));
            return Survivors.Merge(ours, theirs, Survivors.Of([new SurvivalRule("k", Survival.Add)], ours, theirs))["k"].Value;
        }

        var (pounds, yen) = (new Value { Money = new Money { MinorUnits = 5, Currency = "GBP" } }, new Value { Money = new Money { MinorUnits = 7, Currency = "JPY" } });
        Assert.Equal(yen, Of(pounds, yen));
        Assert.Equal(10, Of(pounds, pounds).Money.MinorUnits);
        Assert.Equal(long.MaxValue, Of(new Value { Integer = 1 }, new Value { Integer = long.MaxValue }).Integer);
    }

    [Fact]
    public void A7_when_two_contacts_become_one_each_attribute_survives_by_its_rule()
    {
        var scene = Scene.Given(Text);
        scene.Signal("contact.updated", "ann", "title", "Head", "source", "fair", "phone", "1", "visits", 3).AfterDays(1);
        scene.Signal("contact.updated", "user:7", "title", "Director", "source", "web", "phone", null!, "visits", 4).AfterDays(1);
        scene.Signal("page.viewed", "ann user:7");
        var ann = scene.Person("ann").Attributes;
        Assert.Equal(("Director", "fair", "1", 7), (ann["title"].Value.Text, ann["source"].Value.Text, ann["phone"].Value.Text, ann["visits"].Value.Integer));
        Assert.Equal(scene.Person("ann").Key, scene.Person("user:7").Key);
    }

    [Fact]
    public void A7_the_same_rules_hold_when_a_visitor_becomes_known()
    {
        var scene = Scene.Given(Text).Route("contact.updated", "anonymous:v1", "source", "fair", "visits", 3).AfterDays(1);
        scene.Signal("contact.updated", "ann", "source", "web", "visits", 4).Signal("page.viewed", "ann anonymous:v1");
        Assert.Equal(("fair", 7L), (scene.Person("ann").Attributes["source"].Value.Text, scene.Person("ann").Attributes["visits"].Value.Integer));
    }

    [Fact]
    public void A7_one_account_merged_into_another_brings_people_history_and_attributes_and_leaves_an_address()
    {
        var scene = Scene.Given(Text + OneMail);
        scene.Record(scene.NewSignal("account.updated", "", "industry", "steel", "employees", 60), "b-2").AfterDays(1);
        scene.Record(scene.NewSignal("page.viewed", "bob"), "b-2").Record(scene.NewSignal("role.assigned", "bob", "role", "buyer"), "b-2");
        scene.Signal("account.updated", "", "industry", "glass", "employees", 50).Signal("page.viewed", "ann");
        scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, "b-2"), Scene.Company));
        Assert.Equal(Scene.Company, scene.AccountOf("b-2").ForwardedTo);
        Assert.Empty(scene.AccountOf("b-2").Contacts);
        Assert.Empty(scene.AccountOf("b-2").OpenActions);
        Assert.Equal(2, scene.Account.Contacts.Count);
        Assert.Equal(["buyer"], scene.Account.Contacts[scene.Person("bob").Key.Id].Roles);
        Assert.Equal(("steel", 110L), (scene.Account.Attributes["industry"].Value.Text, scene.Account.Attributes["employees"].Value.Integer));
        Assert.Equal("big", scene.Account.Stage);
        Assert.Equal(12, scene.Account.FindScore("engagement")!.Value.ValueAt(scene.Now), 9);
        Assert.Equal((scene.Person("bob").Key, (GrainKey?)null), (scene.IdentityOf("bob").Contact, scene.IdentityOf("bob").Via));
        scene.Record(scene.NewSignal("page.viewed", "bob"), "b-2").Route("page.viewed", "bob");
        Assert.Equal(4, scene.Person("bob").SignalCount);
        Assert.Empty(scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, "b-2"), Scene.Company)).Facts);
        Assert.Equal(new Rejection.MovedTo(Scene.Company), scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, "b-2"), "c-3")).Rejection);
    }

    [Fact]
    public void A7_a_large_account_leaves_in_several_turns_and_nobody_is_lost()
    {
        var scene = Scene.Given(Text);
        for (var i = 0; i < 200; i++)
        {
            scene.Record(scene.NewSignal("page.viewed", $"p{i}"), "b-2");
        }

        scene.Signal("page.viewed", "p7 ann");
        scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, "b-2"), Scene.Company));
        Assert.Equal(200, scene.Account.Contacts.Count);
        Assert.Equal(scene.Person("ann").Key, scene.Person("p7").Key);
        Assert.Equal(201, scene.States.OfType<Contacts.Contact>().Where(c => c is { Exists: true, MovedTo: null }).Sum(c => c.SignalCount));
        Assert.Equal(1206, scene.Account.FindScore("engagement")!.Value.ValueAt(scene.Now), 6);
    }

    [Fact]
    public void A7_one_known_contact_merged_into_another_of_another_account_is_that_one()
    {
        var scene = Scene.Given(Text + "contact-policy: {consent: {purposes: [marketing]}, caps: [{per: contact, at-most: 9, rolling: 9d}]}\n").Consent("ann").Signal("page.viewed", "ann");
        scene.Record(scene.NewSignal("consent.withdrawn", "old", "purpose", "marketing"), "b-2").Record(scene.NewSignal("page.viewed", "old"), "b-2");
        var old = scene.Person("old", "b-2").Key;
        scene.Do(new AccountCommand.MoveOut(GrainKey.Account(Scene.Tenant, "b-2"), old.Id, scene.Person("ann").Key) { Known = true });
        Assert.Equal(scene.Person("ann").Key, scene.Person("old").Key);
        Assert.Equal(scene.Person("ann").Key, scene.IdentityOf("old").Contact);
        Assert.Null(scene.IdentityOf("old").Via);
        Assert.Equal(scene.Person("ann").Key, scene.ContactOf("b-2", old.Id).MovedTo);
        Assert.Equal(("", 0), (scene.AccountOf("b-2").ForwardedTo, scene.AccountOf("b-2").Contacts.Count));
        Assert.False(ConsentGiven.Allows(scene.Person("ann").Consents, "marketing", "email"));
        Assert.Equal(4, scene.Person("ann").SignalCount);
    }

    [Fact]
    public void A7_one_known_contact_merged_into_another_of_the_same_account_is_that_one()
    {
        var scene = Scene.Given(Text).Signal("page.viewed", "ann").Signal("page.viewed", "user:7");
        var (ann, other) = (scene.Person("ann").Key, scene.Person("user:7").Key);
        scene.Do(new AccountCommand.MoveOut(scene.Account.Key, other.Id, ann) { Known = true });
        Assert.Equal(ann, scene.Person("user:7").Key);
        Assert.Equal(ann, scene.IdentityOf("user:7").Contact);
        Assert.Equal(2, scene.Person("ann").SignalCount);
        Assert.Equal(new Rejection.NoSuchContact(Scene.Company, "c-9"), scene.Do(new AccountCommand.MoveOut(scene.Account.Key, ann.Id, ann with { Id = "c-9" }) { Known = true }).Rejection);
    }

    [Theory]
    [InlineData("account: {indutry: oldest}", "`indutry` is not a declared attribute of accounts; did you mean `industry`?")]
    [InlineData("account: {industry: eldest}", "expected newest, oldest, non-empty or add, found `eldest`")]
    [InlineData("account: {industry: add}", "`add` adds numbers up, and `industry` is none")]
    [InlineData("acount: {industry: oldest}", "`acount`")]
    public void A7_a_rule_that_cannot_hold_is_refused_where_it_stands(string survive, string expected)
    {
        var text = Head.Replace("  contact: {title", $"  survive: {{{survive}}}\n  contact: {{title", StringComparison.Ordinal) + OneStage;
        var errors = PlaybookCompiler.Compile(text, "p.yaml", 1).Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        var error = Assert.Single(errors);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(text.Split('\n').ToList().FindIndex(l => l.Contains("survive", StringComparison.Ordinal)) + 1, error.Line);
    }
}
