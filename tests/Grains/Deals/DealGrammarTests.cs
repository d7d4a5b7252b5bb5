using Orchestrator.Grains.Playbooks;
using Xunit;
using static Orchestrator.Grains.Tests.Deals.DealPlaybooks;

namespace Orchestrator.Grains.Tests.Deals;

public sealed class DealGrammarTests
{
    [Fact]
    public void D11_the_eight_questions_of_the_model_are_read_as_data()
    {
        var text = Playbooks.Samples.Original;
        var section = string.Join('\n', text.Split('\n').SkipWhile(l => !l.StartsWith("deal:", StringComparison.Ordinal)).TakeWhile(l => !l.StartsWith("handoffs:", StringComparison.Ordinal)));
        var deal = Compile(Head + TheStages + section + "\n" + Transitions).Definition.Deal!;
        Assert.Equal(["next-step", "business", "key-person", "driver", "why-now", "budget", "culture", "do-nothing"], deal.Questions.Select(q => q.Id));
        Assert.Equal([true, false, false, false, false, false, false, false], deal.Questions.Select(q => q.Dated));
        Assert.Equal(("opportunity", "opportunity.updated", "contract.signed", "opportunity.lost"), (deal.Key, deal.OpenedBy.Single().Id, deal.WonBy.Single().Id, deal.LostBy.Single().Id));
        Assert.Equal(2, deal.FlagWhen.Length);
    }

    [Theory]
    [InlineData("deal: {flag-when: [\"answer('budgt') == null\"], questions: [{id: budget}]}", "`budgt` is not a question of the deal; did you mean `budget`?")]
    [InlineData("deal: {questions: [{id: a}, {id: a}]}", "duplicate question `a`; first declared at line")]
    [InlineData("deal: {opened-by: [page.viewed]}", "signal `page.viewed` must tell which deal it is about: it has no property `opportunity: string`")]
    [InlineData("deal: {opened-by: [page.viewd]}", "unknown signal `page.viewd`; did you mean `page.viewed`?")]
    [InlineData("deal: {won-by: [opportunity.updated]}", "signal `opportunity.updated` cannot both open and end a deal, or end it both ways")]
    [InlineData("deal: {question: []}", "unknown key `question` in the deal; did you mean `questions`?")]
    [InlineData("deal: {flag-when: \"deal.amount\"}", "bool")]
    [InlineData("deal: {flag-when: \"answers.age('a') > answers.age('b')\", questions: [{id: a}, {id: b}]}", "both sides")]
    [InlineData("deal: {questions: [{id: a}]}\ntransitions: [{id: x, from: qualified, to: opportunity, when: \"true\", requires-answers: 2}]", "`requires-answers` is 2, but the deal has 1 questions")]
    [InlineData("transitions: [{id: x, from: qualified, to: opportunity, when: \"true\", requires-answers: 2}]", "`requires-answers` needs a `deal` with questions, the playbook has none")]
    [InlineData("transitions: [{id: x, from: qualified, to: opportunity, when: \"has_open_opportunity\"}]", "unknown name `has_open_opportunity`")]
    public void D11_a_mistake_in_the_deal_is_told_at_publish_with_its_place(string section, string message)
    {
        var result = PlaybookCompiler.Compile(Head + TheStages + section + "\n", "p.yaml", 1);
        Assert.Null(result.Playbook);
        var found = Assert.Single(result.Diagnostics, d => d.Severity == Severity.Error && d.Message.Contains(message, StringComparison.Ordinal));
        Assert.True(found.Line > 18 && found.Column > 0, found.ToString());
    }

    private static Playbook Compile(string text)
    {
        var result = PlaybookCompiler.Compile(text, "p.yaml", 1);
        Assert.Empty(result.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d.ToString()));
        return result.Playbook!;
    }
}
