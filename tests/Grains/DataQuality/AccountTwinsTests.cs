using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.DataQuality;

public sealed class AccountTwinsTests
{
    private const string Old = "b-2";

    private const string Text = """
        playbook: twins
        currency: EUR
        time-zone: Europe/Berlin
        departments: {sales: {title: Sales}}
        attributes:
          account: {name: string?, city: string?, website: string?, vat: string?, phone: string?}
          contact: {title: string?}
        data-quality:
          account:
            attributes: {name: {}}
            duplicates: {name: [name, city], domain: [website], number: [vat], phone: [phone], contacts: true}
        signals:
          page.viewed: {observed: true}
        stages: {start: {kind: inventory}}
        plays:
          - {id: merge-the-data, for: owner, department: sales, goal: account.updated, horizon: 1d, applicable: "data_quality.account_duplicates > 0", value: 1000, valid-for: 2d, treatments: [{id: merge-card, channel: task}]}

        """;

    [Theory]
    [InlineData("Müller & Söhne GmbH & Co. KG", "MULLER AND SOHNE")]
    [InlineData("The Acme Corporation, Inc.", "acme")]
    [InlineData("Société Générale S.A.", "societe generale")]
    [InlineData("株式会社トヨタ", "トヨタ")]
    [InlineData("Straße AG", "STRASSE")]
    [InlineData("Ørsted A/S", "orsted a s")]
    public void A13_a_name_is_compared_without_legal_form_case_marks_and_accents(string one, string other) => Assert.Equal(CompanyNames.Name(other), CompanyNames.Name(one));

    [Theory]
    [InlineData("https://www.acme.com/de?x=1", "acme.com")]
    [InlineData("sales@acme.com", "acme.com")]
    [InlineData("ACME.com:8080", "acme.com")]
    [InlineData("https://gmail.com", null)]
    [InlineData("ours.test", null)]
    [InlineData("acme", null)]
    public void A13_a_domain_that_anybody_may_have_says_nothing_about_a_company(string text, string? expected) => Assert.Equal(expected, CompanyNames.Domain(text, ["ours.test"]));

    [Theory]
    [InlineData("same number", 0.95, "vat", "DE 123-456", "vat", "de123456")]
    [InlineData("same domain", 0.6, "website", "https://acme.com", "website", "www.acme.com/x")]
    [InlineData("same name and place", 0.5, "name", "Acme GmbH", "name", "ACME Ltd.")]
    public void A13_two_accounts_of_one_company_are_suspected_by_what_they_share(string what, double score, string one, string ours, string other, string theirs)
    {
        var scene = Scene.Given(Text);
        Of(scene, Scene.Company, one, ours, "city", "Bonn");
        Of(scene, Old, other, theirs, "city", " bonn ");
        Assert.True(AccountTwins.Of(scene.Account) is [{ Account: Old } twin] && Math.Abs(twin.Score - score) < 1e-9, what);
        Assert.Equal(Scene.Company, Assert.Single(AccountTwins.Of(scene.AccountOf(Old))).Account);
        Assert.Equal(1 - score, AccountTwins.Unique(scene.Account), 9);
        scene.After(TimeSpan.FromMinutes(1));
        Assert.Equal("merge-the-data", scene.Account.OpenActions[0].Play);
        Of(scene, Old, other, "other company 99999");
        Assert.Empty(AccountTwins.Of(scene.Account));
        Assert.Empty(AccountTwins.Of(scene.AccountOf(Old)));
    }

    [Fact]
    public void A13_weak_evidence_suspects_nobody_alone_and_adds_up()
    {
        var scene = Scene.Given(Text);
        Of(scene, Scene.Company, "phone", "+49 228 12345");
        Of(scene, Old, "phone", "0049-228-12345");
        Assert.Empty(AccountTwins.Of(scene.Account));
        scene.Signal("page.viewed", "ann").Record(scene.NewSignal("page.viewed", "ann"), Old);
        var twin = Assert.Single(AccountTwins.Of(scene.Account));
        Assert.Equal((0.58, "contacts phone"), (Math.Round(twin.Score, 9), string.Join(' ', twin.Kinds)));
        Assert.Single(AccountTwins.Of(scene.AccountOf(Old)));
    }

    [Fact]
    public void A13_whoever_says_that_they_are_two_is_believed_on_both_sides()
    {
        var scene = Scene.Given(Text);
        Of(scene, Scene.Company, "vat", "DE123456");
        Of(scene, Old, "vat", "DE123456");
        scene.Do(new AccountCommand.DismissTwin(scene.Account.Key, Old, "kim", "a branch"));
        Assert.Empty(AccountTwins.Of(scene.Account));
        Assert.Empty(AccountTwins.Of(scene.AccountOf(Old)));
        Of(scene, "c-3", "vat", "DE123456");
        Assert.Equal("c-3", Assert.Single(AccountTwins.Of(scene.Account)).Account);
    }

    [Fact]
    public void A13_a_merge_ends_the_suspicion_and_undoing_it_brings_it_back()
    {
        var scene = Scene.Given(Text);
        Of(scene, Scene.Company, "vat", "DE123456");
        Of(scene, Old, "vat", "DE123456", "phone", "0228 999999");
        Of(scene, "c-3", "phone", "0228 999999", "vat", "DE 777777");
        scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, Old), Scene.Company)).After(TimeSpan.FromMinutes(1));
        Assert.Empty(AccountTwins.Of(scene.Account));
        Assert.Equal([Scene.Company], scene.AccountOf("c-3").Standing!.Twins!.By["phone"]);
        scene.Unmerge(Old).After(TimeSpan.FromMinutes(1));
        Assert.Equal(Old, Assert.Single(AccountTwins.Of(scene.Account)).Account);
        Assert.Equal(Scene.Company, Assert.Single(AccountTwins.Of(scene.AccountOf(Old))).Account);
        Assert.Equal([Old], scene.AccountOf("c-3").Standing!.Twins!.By["phone"]);
    }

    [Fact]
    public void A13_a_value_that_many_have_is_bounded()
    {
        var scene = Scene.Given(Text);
        for (var i = 0; i < 40; i++)
        {
            Of(scene, $"x-{i:D2}", "website", "acme.com");
        }

        Assert.All(Enumerable.Range(0, 40), i => Assert.InRange(AccountTwins.Of(scene.AccountOf($"x-{i:D2}")).Count, 0, 8));
    }

    [Theory]
    [InlineData("duplicates: {name: [nmae]}", "did you mean `name`?")]
    [InlineData("duplicates: {contacts: true}", "expected at least one of them")]
    [InlineData("duplicates: {domian: [website]}", "did you mean `domain`?")]
    public void A13_what_cannot_be_compared_is_refused_where_it_stands(string wrong, string expected)
    {
        var text = Text.Replace("duplicates: {name: [name, city], domain: [website], number: [vat], phone: [phone], contacts: true}", wrong, StringComparison.Ordinal);
        var error = Assert.Single(PlaybookCompiler.Compile(text, "p.yaml", 1).Diagnostics, d => d.Severity == Severity.Error && d.Message.Contains(expected, StringComparison.Ordinal));
        Assert.Equal(11, error.Line);
    }

    private static void Of(Scene scene, string account, params object[] attributes) => scene.Record(scene.NewSignal("account.updated", "", attributes), account);
}
