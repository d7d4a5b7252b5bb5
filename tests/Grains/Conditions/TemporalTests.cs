using FsCheck;
using FsCheck.Fluent;
using Orchestrator.Grains.Conditions;
using Xunit;

namespace Orchestrator.Grains.Tests.Conditions;

/// <summary>Nothing polls: a condition says when time alone can next change it, and until then it does not change.</summary>
public sealed class TemporalTests
{
    private static readonly string[] Temporal =
    [
        "score.engagement >= 60",
        "score.engagement > 60.0",
        "60.0 < score.engagement",
        "score.engagement == 40.0",
        "score.engagement * 2.0 + 10.0 >= 100.0",
        "100.0 - score.engagement / 2.0 <= 80.0",
        "-score.engagement < -20.0",
        "score.engagement >= double(account.employees) / 5.0",
        "quiet_for('45d')",
        "!quiet_for('12d') || score.engagement < 10.0",
        "quiet_for('12d') ? score.engagement > 30.0 : score.other > 25.0",
        "contract.renews_at - duration('90d') <= now",
        "now >= contract.renews_at - duration('90d')",
        "contract.renews_at - now < duration('30d')",
        "now - contract.renews_at > duration('-30d')",
        "now == contract.renews_at",
        "now != contract.renews_at && now + duration('1d') > contract.renews_at",
        "now.getHours('Asia/Tokyo') >= 9 && now.getHours('Asia/Tokyo') < 18",
        "now.getDayOfWeek('America/New_York') in [0, 6]",
        "now.getMonth() == 10",
        "(now + duration('36h')).getDate() > 25",
        "(score.engagement > 50.0 ? 1 : 2) == 1 && account.industry == 'manufacturing'",
        "has(account.industry) && (score.engagement > 50.0 || contract.renews_at < now)",
    ];

    [Fact]
    public void A_condition_is_constant_from_now_until_its_next_change()
    {
        var programs = Temporal.Select(source => Names.Program(source, CelType.Bool)).ToList();
        Assert.All(programs, program => Assert.True(program.IsTemporal, program.Source));
        var moments = Gen.Choose(0, 300_000).Select(minutes => TimeSpan.FromMinutes(minutes));
        var facts = from later in moments
                    from renews in moments
                    from quiet in moments
                    from points in Gen.Choose(0, 400)
                    from fraction in Gen.Choose(0, 1_000_000)
                    select new Facts
                    {
                        Now = Facts.Start + later + TimeSpan.FromTicks(fraction),
                        RenewsAt = renews.Minutes % 5 == 0 ? null : Facts.Start + renews,
                        LastSignal = Facts.Start + later - quiet,
                        Points = points,
                    };

        Prop.ForAll(facts.ToArbitrary(), sample => programs.All(program => IsConstant(program, sample)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithReplay(20261122, 7));
    }

    [Theory]
    [InlineData("score.engagement >= 60")]
    [InlineData("contract.renews_at - duration('90d') <= now")]
    [InlineData("now > contract.renews_at")]
    [InlineData("quiet_for('45d')")]
    [InlineData("contract.renews_at - now < duration('30d')")]
    [InlineData("duration('30d') < -(now - contract.renews_at)")]
    public void A_single_comparison_changes_exactly_at_its_next_change(string source)
    {
        var program = Names.Program(source);
        var facts = new Facts();
        var next = program.NextChange(facts)!.Value;

        Assert.Equal(program.EvalBool(facts), program.EvalBool(facts with { Now = next.AddTicks(-1) }));
        Assert.NotEqual(program.EvalBool(facts), program.EvalBool(facts with { Now = next }));
        Assert.Null(program.NextChange(facts with { Now = next }));
    }

    [Fact]
    public void The_next_change_at_either_end_of_time_is_never_rather_than_a_failure()
    {
        foreach (var source in Temporal)
        {
            foreach (var now in new[] { DateTimeOffset.MinValue, DateTimeOffset.MaxValue.AddYears(-60), DateTimeOffset.MaxValue.AddDays(-4), DateTimeOffset.MaxValue })
            {
                var facts = new Facts { Now = now, RenewsAt = now, Points = 0, LastSignal = Facts.Start };
                var program = Names.Program(source, CelType.Bool);
                program.EvalBool(facts);
                Assert.True(program.NextChange(facts) is not { } next || next > now, source);
            }
        }
    }

    [Fact]
    public void A_condition_without_time_never_changes_by_itself()
    {
        var program = Names.Program("account.employees >= 200 && account.industry in ['a']");

        Assert.False(program.IsTemporal);
        Assert.Null(program.NextChange(new Facts()));
        Assert.Equal(["attribute:account.employees", "attribute:account.industry"], program.Dependencies);
    }

    [Fact]
    public void Dependencies_name_each_tag_once_and_time_where_it_matters()
    {
        var program = Names.Program("signals.count('product.used') > 0 && signals.count('product.used') < 9 && score.engagement > 1.0");

        Assert.Equal(["score:engagement", "signal:product.used", "time"], program.Dependencies);
    }

    [Theory]
    [InlineData("score.engagement * score.other > 10.0", 1, "both sides move")]
    [InlineData("score.engagement > score.other", 1, "both sides of `>` move")]
    [InlineData("true && now - duration('1d') < now", 9, "both sides of `<` move")]
    [InlineData("score.engagement in [1.0, 2.0]", 1, "cannot follow this in time")]
    [InlineData("string(now) == 'x'", 1, "cannot follow this in time")]
    [InlineData("[1.0].exists(x, score.engagement > x)", 1, "cannot follow in time what moves inside `exists`")]
    public void A_condition_that_cannot_be_followed_in_time_is_refused_with_a_way_out(string source, int column, string message)
    {
        var error = Names.Error(source, CelType.Bool);

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Column, column, source.Length);
    }

    [Fact]
    public void A_value_may_move_freely_as_it_is_read_only_when_needed()
    {
        var program = Names.Program("score.engagement * score.other", CelType.Double);

        Assert.True(program.IsTemporal);
        Assert.False(program.CanSolveTime);
        Assert.Equal(61.5 * 30.75, program.EvalDouble(new Facts(), out _), 6);
        Assert.NotNull(Names.Environment.Compile("score.engagement > score.other", CelType.Bool, requireNextChange: false).Program);
    }

    private static bool IsConstant(CelProgram<Facts> program, Facts facts)
    {
        var truth = program.EvalBool(facts);
        var next = program.NextChange(facts);
        if (next <= facts.Now)
        {
            return false;
        }

        // Sampled densely near both ends, where an error of one tick would show, and evenly in between.
        var span = ((next ?? facts.Now.AddYears(3)) - facts.Now).Ticks;
        long[] samples = [1, 2, span / 7, span / 3, span / 2, span - (span / 5), span - 2, span - 1];
        return samples.Where(tick => tick > 0 && tick < span).All(tick => program.EvalBool(facts with { Now = facts.Now.AddTicks(tick) }) == truth);
    }
}
