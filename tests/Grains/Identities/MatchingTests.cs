using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Matching;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using MatchOverride = Orchestrator.Grains.Matching.MatchOverride;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Identities;

public sealed class MatchingTests
{
    private const string Matching = """
        matching:
          free-mail: [free.test, post.test]
          rules:
            - {id: domain, person: email-domain, account: domain}
            - {id: company, person: company, account: name}
            - {id: colleagues, person: email-domain, account: contacts}

        """;

    private static string Text => Head
        .Replace("account: {industry", "account: {domain: string?, name: string?, industry", StringComparison.Ordinal)
        .Replace("contact: {title", "contact: {company: string?, title", StringComparison.Ordinal) + OneStage + Matching;

    [Fact]
    public void A11_a_lead_goes_to_the_account_with_the_domain_of_their_address()
    {
        var scene = Scene.Given(Text).Signal("account.updated", "", "domain", "ACME.test ");
        scene.Route("page.viewed", "anonymous:v1").Route("page.viewed", "anonymous:v1 email:lee@acme.test");
        var lee = scene.Person("email:lee@acme.test");
        Assert.Equal((2, lee.Key), (lee.SignalCount, scene.Person("anonymous:v1").Key));
        Assert.Equal(lee.Key, scene.IdentityOf("anonymous:v1").Contact);
        Assert.Null(scene.IdentityOf("anonymous:v1").Via);
        var matched = Assert.Single(scene.Journal.Select(f => f.Event).OfType<AccountEvent.OfHistory>().Select(e => e.Event).OfType<HistoryEvent.Matched>());
        Assert.Equal(("domain", Scene.Company), (matched.Rule, Assert.Single(matched.Accounts)));
        Assert.Equal(3, scene.Route("page.viewed", "email:lee@acme.test").Person("email:lee@acme.test").SignalCount);
    }

    [Fact]
    public void A11_free_mail_says_nothing_about_a_company()
    {
        var scene = Scene.Given(Text).Signal("account.updated", "", "domain", "free.test").Signal("page.viewed", "email:ann@post.test");
        scene.Route("page.viewed", "email:lee@free.test").Route("page.viewed", "email:max@post.test");
        Assert.Single(scene.Account.Contacts);
    }

    [Fact]
    public void A11_colleagues_under_one_domain_are_of_one_account()
    {
        var scene = Scene.Given(Text).Signal("page.viewed", "email:ann@acme.test").Route("page.viewed", "email:lee@acme.test");
        Assert.Equal(2, scene.Account.Contacts.Count);
    }

    [Fact]
    public void A11_the_next_rule_is_asked_where_one_says_nothing_or_not_which()
    {
        var scene = Scene.Given(Text).Signal("account.updated", "", "domain", "acme.test", "name", "Acme  Ltd");
        scene.Record(scene.NewSignal("account.updated", "", "domain", "acme.test", "name", "Acme Inc"), "b-2");
        scene.Route("page.viewed", "email:lee@acme.test");
        Assert.Empty(scene.Account.Contacts);
        Assert.Empty(scene.AccountOf("b-2").Contacts);
        scene.Route("contact.updated", "email:lee@acme.test", "company", "acme ltd");
        Assert.Equal(2, scene.Person("email:lee@acme.test").SignalCount);
        Assert.Equal(["domain 2", "domain 2", "company 1"], scene.Journal.Select(f => f.Event).OfType<AccountEvent.OfHistory>().Select(e => e.Event).OfType<HistoryEvent.Matched>().Select(m => $"{m.Rule} {m.Accounts.Count}"));
    }

    [Fact]
    public void A11_who_came_before_the_account_was_known_is_found_when_it_is()
    {
        var scene = Scene.Given(Text).Route("page.viewed", "email:lee@acme.test").Route("page.viewed", "email:max@acme.test");
        scene.Signal("account.updated", "", "domain", "acme.test");
        Assert.Equal(2, scene.Account.Contacts.Count);
    }

    [Fact]
    public void A11_an_account_that_changes_its_domain_is_found_under_the_new_one()
    {
        var scene = Scene.Given(Text).Signal("account.updated", "", "domain", "acme.test").Signal("account.updated", "", "domain", "new.test");
        scene.Route("page.viewed", "email:lee@acme.test").Route("page.viewed", "email:max@new.test");
        Assert.Equal(["email:max@new.test"], scene.Account.Identifiers.Keys);
    }

    [Fact]
    public void A11_somebody_can_say_that_a_person_belongs_to_another_account_and_it_is_remembered()
    {
        var scene = Scene.Given(Text).Signal("account.updated", "", "domain", "acme.test").Route("page.viewed", "email:lee@acme.test");
        scene.Record(scene.NewSignal("page.viewed", "bob"), "b-2");
        var lee = scene.Person("email:lee@acme.test").Key;
        scene.Do(new AccountCommand.Override(scene.Account.Key, lee.Id, "b-2", Belongs: true, "kim", "moved last year"));
        var moved = scene.Person("email:lee@acme.test", "b-2");
        Assert.Empty(scene.Account.Contacts);
        var said = new MatchOverride(moved.Key.Id, "b-2", true, "kim", "moved last year", scene.Now);
        Assert.Equal(said, Assert.Single(scene.AccountOf("b-2").History!.Overrides));
        Assert.Equal(said with { Contact = lee.Id }, Assert.Single(scene.Account.History!.Overrides));
        Assert.Equal(2, scene.Route("page.viewed", "email:lee@acme.test").Person("email:lee@acme.test", "b-2").SignalCount);
    }

    [Fact]
    public void A11_rules_do_not_go_against_a_persons_word()
    {
        var scene = Scene.Given(Text).Signal("account.updated", "", "domain", "acme.test", "name", "Acme").Route("page.viewed", "email:lee@acme.test");
        scene.Do(new AccountCommand.Override(scene.Account.Key, scene.Person("email:lee@acme.test").Key.Id, "", Belongs: false, "kim", "a supplier"));
        Assert.Empty(scene.Account.Contacts);
        scene.Route("contact.updated", "email:lee@acme.test", "company", "acme");
        Assert.Empty(scene.Account.Contacts);
        var alone = scene.IdentityOf("email:lee@acme.test");
        Assert.True(alone.Provisional);
        var account = scene.AccountOf(alone.Contact!.Value.Affinity);
        Assert.True(account.Provisional);
        Assert.Equal(2, scene.ContactOf(account.Key.Affinity, alone.Contact.Value.Id).SignalCount);
        Assert.Equal((Scene.Company, false, "kim", "a supplier"), account.History!.Overrides.Select(o => (o.Account, o.Belongs, o.By, o.Reason)).Single());

        // Another account is another question.
        scene.Record(scene.NewSignal("account.updated", "", "domain", "acme.test"), "b-2");
        Assert.Single(scene.AccountOf("b-2").Contacts);

        // And whoever names the account says that they are there all the same, now as somebody new.
        scene.Signal("page.viewed", "email:lee@acme.test");
        Assert.Equal(1, scene.Person("email:lee@acme.test").SignalCount);
        Assert.Equal(2, scene.Person("email:lee@acme.test", "b-2").SignalCount);
    }

    [Fact]
    public void A11_in_whatever_order_messages_arrive_every_lead_finds_the_account()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var scene = Scene.Given(Text);
            scene.DeliversAtOnce = false;
            for (var step = 0; step < 12; step++)
            {
                _ = random.Next(4) switch
                {
                    0 => scene.Signal("account.updated", "", "domain", "acme.test"),
                    1 => scene.Route("page.viewed", $"anonymous:{random.Next(3)} email:p{random.Next(3)}@acme.test"),
                    2 => scene.Route("page.viewed", $"anonymous:{random.Next(3)}"),
                    _ => scene.Route("page.viewed", $"email:p{random.Next(3)}@acme.test"),
                };
                Deliver(scene, random, random.Next(6));
            }

            scene.Signal("account.updated", "", "domain", "acme.test").Route("page.viewed", "email:p0@acme.test").Route("page.viewed", "email:p1@acme.test");
            Assert.True(Deliver(scene, random, 5_000) < 5_000, $"seed {seed}: messages go on for ever");
            Assert.True(scene.Account.Identifiers.ContainsKey("email:p0@acme.test") && scene.Account.Identifiers.ContainsKey("email:p1@acme.test"), $"seed {seed}");
            var recorded = scene.Past.Count(p => p.Fact.Event is AccountEvent.SignalRecorded { Contact.Length: > 0 });
            Assert.Equal(recorded, scene.States.OfType<Contacts.Contact>().Where(c => c is { Exists: true, MovedTo: null }).Sum(c => c.SignalCount));
        }
    }

    [Theory]
    [InlineData("rules: [{id: a, person: email-domain, account: domain}]", "`free-mail` must list the domains")]
    [InlineData("free-mail: [gmail], rules: []", "expected a domain such as gmail.com, found `gmail`")]
    [InlineData("free-mail: [], rules: [{id: a, person: compny, account: name}]", "expected `email-domain` or an attribute of contacts, found `compny`; did you mean `company`?")]
    [InlineData("free-mail: [], rules: [{id: a, person: company, account: employees}]", "`employees` is no text")]
    [InlineData("free-mail: [], rules: [{id: a, person: company, account: contacts}]", "`account: contacts` compares e-mail domains")]
    [InlineData("free-mail: [], rules: [{id: a, person: company, account: name}, {id: a, person: company, account: domain}]", "the rule `a` is given twice")]
    [InlineData("free-mail: [], ruls: []", "unknown key `ruls` in the matching")]
    public void A11_a_rule_that_cannot_hold_is_refused_where_it_stands(string matching, string expected)
    {
        var text = Text.Replace(Matching, $"matching: {{{matching}}}\n", StringComparison.Ordinal);
        var errors = PlaybookCompiler.Compile(text, "p.yaml", 1).Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        Assert.Contains(errors, e => e.Message.Contains(expected, StringComparison.Ordinal) && e.Line == text.Split('\n').ToList().FindIndex(l => l.StartsWith("matching", StringComparison.Ordinal)) + 1);
    }

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
