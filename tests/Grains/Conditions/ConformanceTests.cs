using Orchestrator.Grains.Conditions;
using Xunit;

namespace Orchestrator.Grains.Tests.Conditions;

/// <summary>google/cel-spec's own suite. A case we do not support must be refused when compiled: never a wrong answer.</summary>
public sealed class ConformanceTests
{
    [Fact]
    public void Every_supported_case_of_the_specification_gives_the_specified_answer()
    {
        var supported = ConformanceCase.All.Where(test => !test.IsUnsupported).ToList();
        var wrong = supported.Select(test => (test, Answer: Run(test))).Where(pair => !pair.Answer.Right).Select(pair => $"{pair.test.Id}: {pair.test.Expression}: {pair.Answer.Found}").ToList();

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {supported.Count} are wrong:\n{string.Join("\n", wrong)}");
        Assert.True(supported.Count >= SupportedCases, $"only {supported.Count} cases are run");
    }

    [Fact]
    public void Every_unsupported_case_of_the_specification_is_refused_when_compiled()
    {
        var unsupported = ConformanceCase.All.Where(test => test.IsUnsupported).ToList();
        var accepted = unsupported.Where(test => test.Environment()?.Compile(test.Expression).Program is not null).Select(test => $"{test.Id}: {test.Expression}").ToList();

        Assert.True(accepted.Count == 0, $"{accepted.Count} of {unsupported.Count} are accepted:\n{string.Join("\n", accepted)}");
        Assert.All(ConformanceCase.Unsupported, pattern => Assert.Contains(unsupported, test => test.Id == pattern || (pattern.EndsWith("/*", StringComparison.Ordinal) && test.Id.StartsWith(pattern[..^1], StringComparison.Ordinal))));
    }

    // So that a case cannot slip from one list to the other unseen.
    private const int SupportedCases = 1179;

    private static (bool Right, string Found) Run(ConformanceCase test)
    {
        if (test.Environment() is not { } environment)
        {
            return (false, "its variables cannot be declared");
        }

        var compiled = environment.Compile(test.Expression);
        if (compiled.Program is null)
        {
            return (test.ExpectsError, $"refused: {compiled.Errors[0]}");
        }

        if (test.CheckOnly)
        {
            return (!test.ExpectsError, "accepted");
        }

        var value = compiled.Program.Eval(test, out var fault);
        return fault.IsSet
            ? (test.ExpectsError, $"fault: {fault}")
            : (!test.ExpectsError && ConformanceCase.Same(value, test.Value!.Value), $"WRONG: {Shown(value)}");
    }

    private static string Shown(object? value) => value switch
    {
        null => "null",
        IReadOnlyList<object?> list => $"[{string.Join(", ", list.Select(Shown))}]",
        _ => $"{value} ({value.GetType().Name})",
    };
}
