using Orchestrator.Grains.Conditions;
using Xunit;
namespace Orchestrator.Grains.Tests.Conditions;

public sealed class ConditionTests
{
    [Theory]
    [InlineData("score.engagement >= 60 && score.fit in ['A','B']", true)]
    [InlineData("score.engagement >= 61.6", false)]
    [InlineData("signals.count('product.used', {'feature':'admin'}) >= 1", true)]
    [InlineData("signals.count('product.used', {'feature':'report'}) >= 1", false)]
    [InlineData("signals.any(['form.submitted','card.captured'])", false)]
    [InlineData("signals.any(['product.used'])", true)]
    [InlineData("account.industry == 'manufacturing'", true)]
    [InlineData("account.industry in ['software','finance','manufacturing']", true)]
    [InlineData("account.employees >= 200", true)]
    [InlineData("quiet_for('45d')", false)]
    [InlineData("quiet_for('1w')", true)]
    [InlineData("contract.renews_at - duration('90d') <= now", false)]
    [InlineData("contract.renews_at - duration('17w2d') <= now + duration('24h')", true)]
    [InlineData("answer('next-step').at == null", true)]
    [InlineData("has(answer('next-step').at)", false)]
    [InlineData("has(account.industry) && account.industry != null", true)]
    [InlineData("signal['next-step'] == 'page.viewed' && signal.`next-step` == signal.type", true)]
    [InlineData("'eu' in account.tags && account.tags.exists(t, t.startsWith('k')) && size(account.tags) == 2", true)]
    [InlineData("account.industry.matches('^manu')", true)]
    [InlineData("clv.expected * 0.2 == 200.0 && clv.expected * 2 == 2000", true)]
    [InlineData("now.getDayOfWeek('Asia/Tokyo') == 0 && now.getHours('Asia/Tokyo') == 18", true)]
    public void A_playbooks_condition_is_judged_by_the_facts(string source, bool expected)
    {
        var facts = new Facts { Signals = [("product.used", "admin", Facts.Start)] };

        Assert.Equal(expected, Names.Program(source, CelType.Bool).EvalBool(facts, out var fault));
        Assert.False(fault.IsSet, fault.ToString());
    }

    [Theory]
    [InlineData("account.industry == 'x'", false, true)]
    [InlineData("account.industry == 'x' || true", true, false)]
    [InlineData("true || account.industry == 'x'", true, false)]
    [InlineData("account.industry == 'x' && false", false, false)]
    [InlineData("false && account.industry == 'x'", false, false)]
    [InlineData("account.industry == 'x' && true", false, true)]
    [InlineData("!(account.industry == 'x')", false, true)]
    [InlineData("has(account.industry)", false, false)]
    [InlineData("account.industry == null", true, false)]
    [InlineData("has(account.industry) && account.industry == 'x'", false, false)]
    [InlineData("account.industry in ['a', 'b'] ? true : true", false, true)]
    [InlineData("account.industry.contains('x')", false, true)]
    public void An_unset_name_is_a_fault_that_only_a_decisive_side_absorbs(string source, bool expected, bool faulted)
    {
        Assert.Equal(expected, Names.Program(source).EvalBool(new Facts { Industry = null }, out var fault));
        Assert.Equal(faulted, fault.IsSet);
        if (faulted)
        {
            Assert.Equal(CelFaultKind.Unset, fault.Kind);
            Assert.Equal("account.industry", fault.Name);
        }
    }
}
