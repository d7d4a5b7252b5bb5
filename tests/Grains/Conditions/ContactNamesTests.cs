using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Grains.Tests.Conditions;

public sealed class ContactNamesTests
{
    private const string Stages = "stages: {start: {kind: inventory}, next: {kind: inventory}}\n";

    private static string Preferring => Head.Replace("time-zone: string?}\nsignals", "time-zone: string?, preferred_channel: string?}\nsignals", StringComparison.Ordinal);

    [Fact]
    public void H9_a_person_prefers_the_channel_that_they_said_last_and_no_other()
    {
        var scene = Scene.Given(Preferring + Stages + OneMail + "  - {id: site, for: contact, goal: email.clicked, horizon: 7d, value: 1, valid-for: 30m, treatments: [{id: site-a, channel: web}]}\ntransitions: [{id: t, from: start, to: next, when: \"prefers('web')\"}]\n");
        Assert.Equal("start", scene.Signal("page.viewed", "ann").Account.Stage);
        Assert.Equal("start", scene.Signal("contact.updated", "ann", "preferred_channel", "email").Account.Stage);
        Assert.Equal("next", scene.Signal("contact.updated", "ann", "preferred_channel", "web").Account.Stage);
    }

    [Fact]
    public void H9_who_is_asked_what_nobody_can_say_is_told_so_where_it_stands()
    {
        var text = Head + Stages + OneMail + "transitions: [{id: t, from: start, to: next, when: \"prefers('email')\"}]\n";
        var error = Assert.Single(PlaybookCompiler.Compile(text, "p.yaml", 1).Diagnostics, d => d.Severity == Severity.Error);
        Assert.Contains("`preferred_channel: string`", error.Message, StringComparison.Ordinal);
        var unknown = PlaybookCompiler.Compile(text.Replace("'email'", "'emial'", StringComparison.Ordinal), "p.yaml", 1).Diagnostics.First(d => d.Severity == Severity.Error);
        Assert.Contains("is not a channel; did you mean `email`?", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void M11_the_first_touch_counts_from_the_stage_and_only_once()
    {
        var scene = Scene.Given(Head + "stages: {start: {kind: inventory}, met: {kind: inventory}}\n" + """
            plays:
              - {id: call, for: owner, department: sales, goal: meeting.booked, horizon: 7d, value: 100, valid-for: 9h, treatments: [{id: script, channel: task}]}
            transitions: [{id: t, from: start, to: met, when: "signals.any(['meeting.booked']) && first_touch_minutes == 90.0"}]

            """).Signal("page.viewed", "ann");
        Assert.Equal("start", scene.Signal("meeting.booked", "bob").Account.Stage);
        scene = Scene.Given(scene.PublishedText).Signal("page.viewed", "ann").After(TimeSpan.FromMinutes(90));
        scene.Settle(scene.Account.OpenActions[0].Id, new Settlement.Done("reached", "") { By = "kim" }).After(TimeSpan.FromMinutes(30));
        foreach (var action in scene.Account.OpenActions)
        {
            scene.Settle(action.Id, new Settlement.Done("reached", "") { By = "kim" });
        }

        Assert.Equal(TimeSpan.FromMinutes(90), scene.Account.Journey!.FirstTouch!.At - scene.Account.StageSince);
        Assert.Equal("met", scene.Signal("meeting.booked", "ann").Account.Stage);
    }

    [Fact]
    public void B2_a_title_matches_by_whole_words_whatever_their_case()
    {
        var scene = Scene.Given(Head + Stages + "transitions: [{id: t, from: start, to: next, when: \"contact.title_matches(['head of', 'cto'])\"}]\n");
        Assert.Equal("start", scene.Signal("contact.updated", "ann", "title", "Director of Overhead").Account.Stage);
        Assert.Equal("next", scene.Signal("contact.updated", "ann", "title", "HEAD OF Sales").Account.Stage);
    }
}
