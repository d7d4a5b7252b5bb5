using Orchestrator.Grains.Conditions;
using Xunit;

namespace Orchestrator.Grains.Tests.Conditions;

/// <summary>A refusal says where, what was found, what was expected and, if a known name is near, which was meant.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("score.engagment >= 60", 1, 1, "unknown name `score.engagment`", "score.engagement")]
    [InlineData("true &&\n  acount.industry == 'x'", 2, 3, "unknown name `acount.industry`", "account.industry")]
    [InlineData("signal.tpye == 'x'", 1, 1, "unknown name `signal.tpye`", "signal.type")]
    [InlineData("signals.cuont('product.used') > 0", 1, 1, "unknown function `signals.cuont`", "signals.count")]
    [InlineData("quiet_fro('45d')", 1, 1, "unknown function `quiet_fro`", "quiet_for")]
    [InlineData("account.industry.startWith('m')", 1, 18, "unknown function `startWith`", "startsWith")]
    [InlineData("signals.count('product.usd') > 0", 1, 15, "unknown signal type `product.usd`", "product.used")]
    [InlineData("answer('x').att == null", 1, 13, "`answer()` has no field `att`; it has at", "at")]
    [InlineData("account.industry == 5", 1, 18, "cannot compare a string with an int by `==`", null)]
    [InlineData("account.industry && true", 1, 1, "expected a bool before `&&`, found a string", null)]
    [InlineData("quiet_for(45)", 1, 11, "expected quiet_for(string), found (int)", null)]
    [InlineData("quiet_for('45x')", 1, 11, "expected a duration such as 45d, found '45x'", null)]
    [InlineData("duration('45x') < duration('1d')", 1, 10, "`45x` is not a duration; expected such as 45d, 2w, 1h30m, no finer than 100 ns, within 292 years", null)]
    [InlineData("now.getHours('Asia/Tokio') > 1", 1, 14, "`Asia/Tokio` is not a time zone; expected such as Asia/Tokyo, UTC or +09:00", null)]
    [InlineData("account.employees + 1.0 > 2.0", 1, 19, "cannot use `+` between an int and a double; convert one with double(), int() or uint()", null)]
    [InlineData("account.industry = 'x'", 1, 18, "unexpected character `=`; equality is `==`", null)]
    [InlineData("(account.employees > 1", 1, 23, "expected `)`, found the end of the expression", null)]
    [InlineData("45d > 1", 1, 1, "`45d` is not a number; durations are written duration('45d')", null)]
    [InlineData("'abc", 1, 1, "this text has no closing '", null)]
    [InlineData("account.industry.matches('(')", 1, 26, "`(` is not a pattern: InsufficientClosingParentheses at 1", null)]
    [InlineData("account.industry.matches('(a)\\\\1')", 1, 26, "`(a)\\1` is not a pattern: look-around, back references and atomic groups are not supported", null)]
    [InlineData("account.industry.matches(score.fit)", 1, 26, "expected a pattern written as a literal text", null)]
    [InlineData("account.employees in 'abc'", 1, 22, "expected a list or map after `in`, found a string", null)]
    [InlineData("'a' in [1, 2]", 1, 1, "expected an int before `in`, found a string", null)]
    [InlineData("account.employees", 1, 1, "expected a bool, found an int", null)]
    [InlineData("Account{name: 'x'} == null", 1, 8, "message literals are not supported; use a map such as {'a': 1}", null)]
    public void A_wrong_condition_is_refused_at_its_place(string source, int line, int column, string message, string? suggestion)
    {
        var error = Names.Error(source, CelType.Bool);

        Assert.Equal((message, line, column, suggestion), (error.Message, error.Line, error.Column, error.Suggestion));
        Assert.Equal(source.Split('\n').Take(line - 1).Sum(text => text.Length + 1) + column - 1, error.Offset);
    }

    [Fact]
    public void Both_sides_errors_are_shown_at_once()
    {
        var compiled = Names.Environment.Compile("score.fitt == 'A' && acount.industry == 'x'", CelType.Bool);

        Assert.Equal(["1:1: unknown name `score.fitt`; did you mean `score.fit`?", "1:22: unknown name `acount.industry`; did you mean `account.industry`?"], compiled.Errors.Select(error => error.ToString()));
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("!", "")]
    [InlineData("-", "")]
    [InlineData("true ? true : ", "")]
    [InlineData("size([", "])")]
    public void Nesting_without_end_is_refused_before_the_stack_is_exhausted(string open, string close)
    {
        var source = string.Concat(Enumerable.Repeat(open, 20_000)) + "1" + string.Concat(Enumerable.Repeat(close, 20_000));

        Assert.Contains("nested more than 100 levels deep", Names.Error(source[..Math.Min(source.Length, 100_000)]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_thousand_alternatives_are_not_a_thousand_levels()
    {
        var source = string.Join(" || ", Enumerable.Range(0, 1_000).Select(i => $"account.employees == {i}"));

        Assert.True(Names.Program(source).EvalBool(new Facts()));
    }

    [Fact]
    public void Macros_that_multiply_are_refused_by_their_cost()
    {
        var error = Names.Error("account.tags.all(a, account.tags.all(b, account.tags.all(c, a + b + c != '')))");

        Assert.Contains("steps, more than 1000000", error.Message, StringComparison.Ordinal);
        Assert.Equal(7, Names.Program("[1, 2].exists(x, x > 1)").Cost - 3);
    }

    [Fact]
    public void A_list_longer_than_a_macro_walks_is_a_fault()
    {
        var facts = new Facts { Tags = [.. Enumerable.Repeat("x", 1_001)] };

        Assert.False(Names.Program("account.tags.all(t, t == 'x')").EvalBool(facts, out var fault));
        Assert.Equal(CelFaultKind.LimitExceeded, fault.Kind);
    }

    [Fact]
    public void Random_text_is_refused_or_compiled_but_never_throws()
    {
        string[] parts = ["score.engagement", "account.tags", "'a'", "1", "2.5", "1u", "&&", "||", "(", ")", "[", "]", "{", "}", ",", ".", "?", ":", "-", "!", "==", "<", "in", "now", "duration('1d')", "has", "size", "all", "x", "null", "b'\\x01'", "+", "*", "map", "\"", "\\", "`", "//", "0x", "true"];
        var state = 42u;
        for (var round = 0; round < 20_000; round++)
        {
            var source = "";
            for (var i = 0; i < 1 + (round % 12); i++)
            {
                state = unchecked((state * 1_664_525) + 1_013_904_223);
                source += parts[(state >> 8) % parts.Length] + ((state & 128) != 0 ? " " : "");
            }

            var compiled = Names.Environment.Compile(source);
            Assert.True(compiled.Program is null != (compiled.Errors.Count == 0), source);
            compiled.Program?.Eval(new Facts(), out _);
        }
    }
}
