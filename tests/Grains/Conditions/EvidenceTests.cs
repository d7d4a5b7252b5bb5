using Orchestrator.Grains.Conditions;
using Xunit;

namespace Orchestrator.Grains.Tests.Conditions;

public sealed class EvidenceTests
{
    [Fact]
    public void Each_clause_shows_its_text_its_truth_and_the_values_it_was_judged_by()
    {
        var evidence = Names.Program("score.engagement >= 60 && score.fit in ['A','B'] && (quiet_for('45d') || signals.count('product.used') > 0)").Explain(new Facts());

        Assert.False(evidence.Held);
        Assert.Equal(["score.engagement >= 60", "score.fit in ['A','B']", "quiet_for('45d') || signals.count('product.used') > 0"], evidence.Clauses.Select(clause => clause.Source));
        Assert.Equal([true, true, false], evidence.Clauses.Select(clause => clause.Held));
        Assert.Equal(["score.engagement = 61.5", "score.fit = 'A'", "quiet_for('45d') = false; signals.count('product.used') = 0"], evidence.Clauses.Select(clause => string.Join("; ", clause.Values)));
        Assert.Equal(["quiet_for('45d')", "signals.count('product.used') > 0"], evidence.Clauses[2].Alternatives.Select(alternative => alternative.Source));
    }

    [Fact]
    public void An_unset_name_is_shown_as_the_reason_for_false()
    {
        var evidence = Names.Program("account.industry == 'x' && account.employees > 1").Explain(new Facts { Industry = null });

        Assert.Equal("`account.industry` is not known", evidence.Fault);
        Assert.Equal("account.industry: `account.industry` is not known", evidence.Clauses[0].Values[0].ToString());
        Assert.True(evidence.Clauses[1].Held);
    }

    [Theory]
    [InlineData("1 / (account.employees - 250) > 0", "division by zero")]
    [InlineData("9223372036854775807 + account.employees > 0", "result of int arithmetic is out of range")]
    [InlineData("account.tags[5] == 'x'", "index out of range: int")]
    [InlineData("{'a': 1}[account.industry] == 1", "no such key: manufacturing")]
    [InlineData("dyn(account.employees) < 'x'", "no such overload: order of int and string")]
    [InlineData("int(account.industry) == 1", "cannot convert: text to int")]
    [InlineData("contract.renews_at + duration('1d') > now", "result of time arithmetic is out of range")]
    [InlineData("contract.renews_at.getHours('Asia/Tokyo') == 1", "local time is out of range")]
    [InlineData("contract.renews_at - timestamp('0001-01-01T00:00:00Z') > duration('1d')", "result of time arithmetic is out of range")]
    public void What_has_no_value_is_a_fault_that_says_why(string source, string fault)
    {
        Assert.False(Names.Program(source, CelType.Bool).EvalBool(new Facts { RenewsAt = DateTimeOffset.MaxValue }, out var found));
        Assert.Equal(fault, found.ToString());
    }
}
