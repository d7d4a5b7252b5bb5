using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Provenance;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Grains.Tests.Provenance;

public sealed class ProvenanceTests
{
    private const string Playbook = """
        playbook: origins
        currency: GBP
        time-zone: Europe/London
        attributes:
          account: {employees: int?, industry: string?}
          contact: {title: string?}
        signals:
          page.viewed: {observed: true}
          meeting.held: {observed: false}
        stages:
          start: {kind: inventory}
          sized: {kind: inventory}
          met: {kind: inventory}
          trusted: {kind: inventory}
          reported: {kind: inventory}
        transitions:
          - {id: sizes, from: start, to: sized, when: "account.employees >= 100 && account.industry == 'law'"}
          - {id: meets, from: sized, to: met, when: "signals.count('meeting.held') >= 1 && (signals.any(['meeting.held']) || account.employees > 5)"}
          - {id: trusts, from: met, to: trusted, when: "observed('account.employees')"}
          - {id: reports, from: trusted, to: reported, when: "asserted('contact.title') && asserted_by('contact.title') == 'sales'"}

        """;

    [Fact]
    public void A14_every_attribute_keeps_whether_it_was_seen_or_said_by_whom_from_which_system_and_when()
    {
        var scene = Scene.Given(Playbook);
        Say(scene, "account.updated", "", "crm", "sales", "employees", 120);
        Say(scene, "account.updated", "", "register", "", "industry", "law");
        Say(scene, "contact.updated", "ann", "form", "", "title", "Head of it");
        Assert.Equal((new Origin(true, "sales", "crm"), scene.Now), (scene.Account.Attributes["employees"].Origin, scene.Account.Attributes["employees"].At));
        Assert.Equal(new Origin(false, "", "register"), scene.Account.Attributes["industry"].Origin);
        Assert.Equal(new Origin(false, "", "form"), scene.Person("ann").Attributes["title"].Origin);
    }

    [Fact]
    public void A14_what_a_machine_saw_without_a_name_keeps_nothing_more_than_before() =>
        Assert.Null(Scene.Given(Playbook).Signal("account.updated", "", "employees", 120).Account.Attributes["employees"].Origin);

    [Fact]
    public void A14_the_origin_of_the_value_that_counts_is_kept_when_an_earlier_one_comes_late()
    {
        var scene = Scene.Given(Playbook);
        var late = scene.NewSignal("account.updated", "", "employees", 90);
        late.AssertedBy = "sales";
        scene.AfterDays(1);
        Say(scene, "account.updated", "", "register", "", "employees", 120);
        scene.Record(late);
        Assert.Equal((120, new Origin(false, "", "register")), (scene.Account.Attributes["employees"].Value.Integer, scene.Account.Attributes["employees"].Origin));
    }

    [Fact]
    public void A14_evidence_says_which_clauses_rest_on_what_people_say_only()
    {
        var scene = Scene.Given(Playbook);
        Say(scene, "account.updated", "", "register", "", "industry", "law");
        Say(scene, "account.updated", "", "crm", "sales", "employees", 120);
        Assert.Equal([("account.employees >= 100", true), ("account.industry == 'law'", false)], Evidence(scene, "sizes"));
        scene.Signal("meeting.held");
        Assert.Equal([true, true], Evidence(scene, "meets").Select(c => c.AssertedOnly));
    }

    [Fact]
    public void A14_conditions_ask_whether_a_value_was_seen_or_said_and_by_whom()
    {
        var scene = Scene.Given(Playbook);
        Say(scene, "account.updated", "", "", "sales", "employees", 120, "industry", "law");
        scene.Signal("meeting.held");
        Assert.Equal("met", scene.Account.Stage);
        Say(scene, "account.updated", "", "register", "", "employees", 120);
        Assert.Equal("trusted", scene.Account.Stage);
        Say(scene, "contact.updated", "ann", "", "marketing", "title", "Head");
        Assert.Equal("trusted", scene.Account.Stage);
        Say(scene, "contact.updated", "ann", "", "sales", "title", "Head");
        Assert.Equal("reported", scene.Account.Stage);
    }

    [Fact]
    public void A14_a_value_that_is_not_known_was_neither_seen_nor_said()
    {
        var scene = Scene.Given(Playbook);
        Say(scene, "account.updated", "", "", "sales", "employees", 120, "industry", "law");
        scene.Signal("meeting.held").Signal("account.updated", "", "employees", null!);
        Assert.Equal("met", scene.Account.Stage);
    }

    [Fact]
    public void A14_an_unknown_attribute_is_refused_with_the_nearest_name() =>
        Assert.Contains("'account.employee' is not a declared attribute such as 'account.employees'; did you mean `account.employees`?", Assert.Single(Compiling.Errors(Playbook.Replace("observed('account.employees')", "observed('account.employee')", StringComparison.Ordinal))), StringComparison.Ordinal);

    private static IReadOnlyList<(string Text, bool AssertedOnly)> Evidence(Scene scene, string transition) =>
        [.. scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>().Single(e => e.Transition == transition).Evidence.Select(c => (c.Text, c.AssertedOnly))];

    private static void Say(Scene scene, string type, string person, string source, string by, params object[] properties)
    {
        Signal signal = scene.NewSignal(type, person, properties);
        (signal.Source, signal.AssertedBy) = (source, by);
        scene.Record(signal);
    }
}
