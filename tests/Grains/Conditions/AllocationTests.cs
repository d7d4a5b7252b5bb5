using Orchestrator.Grains.Conditions;
using Xunit;

namespace Orchestrator.Grains.Tests.Conditions;

/// <summary>Conditions are judged up to 200 times a decision: the usual forms leave nothing for the collector.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData("score.engagement >= 60 && score.fit in ['A','B']")]
    [InlineData("account.employees >= 200 || account.employees == 7")]
    [InlineData("account.industry == 'finance' || account.industry.startsWith('manu')")]
    [InlineData("account.industry in ['a','b','c','d','e','f','g','h','i','manufacturing']")]
    [InlineData("account.employees in [1, 2, 250]")]
    [InlineData("signals.count('product.used', {'feature':'admin'}) >= 1")]
    [InlineData("quiet_for('45d')")]
    [InlineData("contract.renews_at - duration('90d') <= now")]
    [InlineData("account.industry == null || has(account.employees) && !(score.engagement * 2.0 + 1.0 < 3.0)")]
    [InlineData("'eu' in account.tags")]
    [InlineData("size(account.industry) > 3 && account.industry < 'z' && account.industry.matches('^manu')")]
    [InlineData("now.getHours() >= 9 && now.getDayOfWeek() != 0")]
    [InlineData("account.employees > 100 ? score.engagement > 1.5 : score.fit == 'A'")]
    public void A_usual_condition_is_evaluated_without_allocating(string source)
    {
        var program = Names.Program(source);
        foreach (var facts in new[] { new Facts { Signals = [("product.used", "admin", Facts.Start)] }, new Facts { Industry = null, RenewsAt = null, Employees = null } })
        {
            for (var i = 0; i < 100; i++)
            {
                program.EvalBool(facts);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
            {
                program.EvalBool(facts, out _);
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }
}
