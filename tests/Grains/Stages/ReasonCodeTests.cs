using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Stages;

public sealed class ReasonCodeTests
{
    private const string Stages = "stages: {won: {kind: inventory}, back: {kind: inventory}, held: {kind: inventory}}\n";

    [Theory]
    [InlineData("churned", "churned")]
    [InlineData("lost", "lost")]
    [InlineData("they moved to the moon", "other")]
    [InlineData("", "other")]
    public void D5_a_backward_move_keeps_one_of_the_codes_that_the_playbook_lists(string said, string code)
    {
        var scene = Given("signal.topic", "lost, churned, other").Signal("page.viewed", "", "topic", said);
        var entered = Assert.Single(scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>());
        Assert.Equal(("won", "back", code), (entered.From, entered.To, entered.Reason));
        Assert.Equal(code, scene.Account.Journey!.Reason!.Code);
        Assert.Equal(
            said == code ? [] : [("the reason is one of lost, churned, other", false, $"`{said}`, kept as `other`")],
            entered.Evidence.Skip(1).Select(c => (c.Text, c.Held, c.Values)));
    }

    [Fact]
    public void D5_the_reason_can_be_asked_for_while_the_account_is_there_for_it()
    {
        var scene = Given("signal.topic", "lost, churned, other").Signal("page.viewed", "", "topic", "churned").Signal("email.clicked");
        Assert.Equal(("held", "hold"), (scene.Account.Stage, scene.Account.StageBy));
        Assert.Equal("back", Given("signal.topic", "lost, churned, other").Signal("page.viewed", "", "topic", "lost").Signal("email.clicked").Account.Stage);
    }

    [Fact]
    public void D5_a_reason_that_is_written_out_is_a_code_too() =>
        Assert.Equal("lost", Given("'lost'", "lost, churned").Signal("page.viewed").Account.Journey!.Reason!.Code);

    [Fact]
    public void D5_the_reason_that_a_person_gave_is_one_too()
    {
        var scene = Scene.Given(Head + Stages + "transitions: [{id: x, from: won, to: held, when: \"signals.any(['page.viewed'])\", confirm: {by: sales, within: 1d, reject-to: back, reasons: [lost, disqualified]}}]\n").Signal("page.viewed");
        scene.Settle(scene.Action.Id, new Settlement.Declined("disqualified", null));
        Assert.Equal(("back", "disqualified"), (scene.Account.Stage, scene.Account.Journey!.Reason!.Code));
    }

    [Theory]
    [InlineData("signal.topic", "lost, churned", "a reason that is computed may be none of the codes; add `other` to `reasons`")]
    [InlineData("'gone'", "lost, churned", "a reason that is computed may be none of the codes; add `other` to `reasons`")]
    public void D5_a_list_that_a_reason_may_miss_is_refused(string reason, string codes, string expected) =>
        Assert.Equal($"transitions[0]: {expected}", Errors(Text(reason, codes)));

    [Fact]
    public void D5_codes_without_a_reason_are_refused() =>
        Assert.Equal(
            "transitions[0]: `reasons` lists what the reason of transition `x` may be; give the `reason` too",
            Errors(Head + Stages + "transitions: [{id: x, from: won, to: back, when: \"true\", reasons: [lost]}]\n"));

    private static string Errors(string text) => string.Join("; ", PlaybookReader.Read(text, "p.yaml").Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => $"{d.Path}: {d.Message}"));

    private static Scene Given(string reason, string codes) => Scene.Given(Text(reason, codes));

    private static string Text(string reason, string codes) =>
        Head + Stages + $"transitions: [{{id: x, from: won, to: back, when: \"signals.any(['page.viewed'])\", reason: \"{reason}\", reasons: [{codes}]}}, {{id: hold, from: back, to: held, when: \"stage_reason == 'churned' && signals.any(['email.clicked'])\"}}]\n";
}
