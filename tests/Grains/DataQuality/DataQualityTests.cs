using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.DataQuality;

public sealed class DataQualityTests
{
    private const string Playbook = """
        playbook: quality
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        attributes:
          account: {employees: int?, industry: string?, country: string?}
          contact: {name: string?, phone: string?, title: string?}
        data-quality:
          weights: {complete: 50, fresh: 30, unique: 20}
          account:
            attributes: {employees: {weight: 2, fresh-for: 10d}, industry: {weight: 1}, country: {weight: 1}}
          contact:
            attributes: {name: {}, title: {fresh-for: 5d}}
            alike: [name, phone]
        signals:
          page.viewed: {observed: true}
        stages:
          start: {kind: inventory}
          poor: {kind: inventory}
        transitions:
          - {id: decays, from: start, to: poor, when: "data_quality.account < 90.0 && data_quality.account > 60.0"}
        plays:
          - {id: complete-the-data, for: owner, department: sales, goal: account.updated, horizon: 1d, cool-down: 1s, applicable: "data_quality.account_lacking > 0", value: 1000, valid-for: 2d, treatments: [{id: data-card, channel: task}]}

        """;

    private static readonly string Unplayed = Playbook[..Playbook.IndexOf("plays:", StringComparison.Ordinal)];

    [Fact]
    public void A13_the_score_is_the_weighted_mean_of_completeness_freshness_and_uniqueness()
    {
        var scene = Scene.Given(Unplayed).Signal("page.viewed");
        Assert.Equal((0, 0, 1, 20.0), Report(scene));
        scene.Signal("account.updated", "", "employees", 5);
        Assert.Equal((0.5, 1, 1, 75.0), Report(scene));
        Assert.Equal(["industry", "country"], scene.Playbook.AccountQuality!.ReportOf(scene.Account.Attributes, 1, scene.Now).Missing);
        scene.Signal("account.updated", "", "industry", "law", "country", "GB");
        Assert.Equal((1, 1, 1, 100.0), Report(scene));
        scene.Signal("account.updated", "", "country", null!);
        Assert.Equal((0.75, 1, 1, 87.5), Report(scene));
    }

    [Fact]
    public void A13_what_was_known_too_long_ago_is_stale_at_an_exact_instant()
    {
        var scene = Scene.Given(Unplayed).Signal("account.updated", "", "employees", 5, "industry", "law", "country", "GB");
        scene.At("2026-03-12T09:59:59.9999999Z");
        Assert.Equal(("start", 100.0), (scene.Account.Stage, Report(scene).Score));
        scene.At("2026-03-12T10:00:00Z");
        Assert.Equal(("poor", 85.0, scene.Now), (scene.Account.Stage, Report(scene).Score, scene.Account.StageSince));
        Assert.Equal(["employees"], scene.Playbook.AccountQuality!.ReportOf(scene.Account.Attributes, 1, scene.Now).Stale);
    }

    [Fact]
    public void A13_people_who_agree_in_all_compared_attributes_are_suspected_to_be_one()
    {
        var scene = Scene.Given(Unplayed);
        scene.Signal("contact.updated", "ann", "name", "Ann Lee", "phone", "123").Signal("contact.updated", "bob", "name", " ann lee ").Signal("page.viewed", "cid");
        Assert.Equal((0, 1.0), (Likeness.Suspected(scene.Account), Likeness.Unique(scene.Account)));
        scene.Signal("contact.updated", "bob", "phone", "123");
        Assert.Equal(2, Likeness.Suspected(scene.Account));
        Assert.Equal(1 / 3.0, Likeness.Unique(scene.Account), 9);
        Assert.Equal([scene.Person("bob").Key.Id], Likeness.TwinsOf(scene.Account, scene.Person("ann").Key.Id));
        Assert.Equal(50 * 0.5 + 30, scene.Playbook.ContactQuality!.ScoreOf(scene.Person("ann").Attributes, 0, scene.Now), 9);
        scene.Signal("contact.updated", "bob", "phone", "124");
        Assert.Equal(0, Likeness.Suspected(scene.Account));
        scene.Signal("contact.updated", "bob", "phone", "123").Signal("contact.left", "bob");
        Assert.Equal(0, Likeness.Suspected(scene.Account));
    }

    [Fact]
    public void A13_two_who_turn_out_to_be_one_are_suspected_no_more()
    {
        var scene = Scene.Given(Unplayed);
        scene.Signal("contact.updated", "ann", "name", "Ann", "phone", "1").Signal("contact.updated", "annie", "name", "Ann", "phone", "1");
        Assert.Equal(2, Likeness.Suspected(scene.Account));
        scene.Signal("page.viewed", "ann annie");
        Assert.Equal(0, Likeness.Suspected(scene.Account));
    }

    [Fact]
    public void A13_a_play_to_complete_the_data_fires_when_something_is_missing_and_again_when_it_becomes_stale()
    {
        var scene = Scene.Given(Playbook).Signal("account.updated", "", "employees", 5);
        Assert.Equal("complete-the-data", scene.Action.Play);
        scene.Done();
        scene.AfterDays(1).Signal("account.updated", "", "employees", 6, "industry", "law", "country", "GB");
        Assert.Empty(scene.Account.OpenActions);
        var complete = scene.Now;
        scene.At(complete.AddDays(10).AddTicks(-1));
        Assert.Empty(scene.Account.OpenActions);
        scene.At(complete.AddDays(10));
        Assert.Equal("complete-the-data", scene.Action.Play);
    }

    [Theory]
    [InlineData("attributes: {account: {size: int}}\ndata-quality: {account: {attributes: {sise: {}}}}", "7:39 data-quality.account.attributes.sise: unknown attribute `sise`; did you mean `size`?")]
    [InlineData("data-quality: {weights: {complete: 0, fresh: 0, unique: 0}}", "6:1 data-quality: the data quality needs `account`, `contact` or both, such as account: {attributes: {employees: {fresh-for: 180d}}}", "6:25 data-quality.weights: at least one of `complete`, `fresh` and `unique` must weigh more than 0")]
    public void A13_mistakes_are_told_with_their_place(string added, params string[] expected) => Assert.Equal(expected, Samples.Findings(Samples.Small + added));

    private static (double Complete, double Fresh, double Unique, double Score) Report(Scene scene)
    {
        var report = scene.Playbook.AccountQuality!.ReportOf(scene.Account.Attributes, Likeness.Unique(scene.Account), scene.Now);
        return (report.Complete, report.Fresh, report.Unique, Math.Round(report.Score, 9));
    }
}
