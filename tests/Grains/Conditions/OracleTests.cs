using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestrator.Grains.Conditions;
using Xunit;

namespace Orchestrator.Grains.Tests.Conditions;

/// <summary>Random expressions give what another implementation of CEL gives (npm `@bufbuild/cel`).</summary>
public sealed class OracleTests
{
    private const ulong Seed = 20261122;
    private const int Expressions = 6_000;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Conditions", "oracle");

    [Fact]
    public void Random_expressions_give_the_value_or_error_that_another_implementation_gives()
    {
        if (Missing() is { } reason)
        {
            Assert.False(Environment.GetEnvironmentVariable("ORCHESTRATOR_REQUIRE_ALL") == "1", reason);
            Assert.Skip(reason);
        }

        var random = new OracleExpressions(Seed);
        
        // Expressions that we refuse for their cost are left out; there is nothing to compare.
        var cases = Enumerable.Range(0, 2 * Expressions).Select(_ => (Facts: random.Facts(), Source: random.Any()))
            .Where(test => !Ours(test.Source, test.Facts).Contains(" steps, more than ", StringComparison.Ordinal)).Take(Expressions).ToList();
        var file = Path.Combine(Folder, "cases.jsonl");
        File.WriteAllLines(file, cases.Select(test => JsonSerializer.Serialize(new { expr = test.Source, vars = test.Facts.Bindings() })));
        var (exit, output, error) = Run("node", "oracle.mjs", file);
        Assert.True(exit == 0, error);
        var theirs = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(cases.Count, theirs.Length);

        var ours = cases.Select(test => Ours(test.Source, test.Facts)).ToList();
        var different = Enumerable.Range(0, cases.Count).Where(i => ours[i] != theirs[i])
            .Select(i => $"{cases[i].Source}\n  with {JsonSerializer.Serialize(cases[i].Facts.Bindings())}\n  ours {ours[i]}, theirs {theirs[i]}").ToList();
        Assert.True(different.Count == 0, $"seed {Seed}: {different.Count} of {cases.Count} differ\n{string.Join("\n", different.Take(20))}");

        // Both outcomes must be well represented, or agreement would mean little.
        Assert.InRange(theirs.Count(answer => answer == "error"), Expressions / 20, Expressions * 3 / 4);
    }

    private static string Ours(string source, OracleFacts facts)
    {
        var compiled = OracleFacts.Environment.Compile(source);
        if (compiled.Program is null)
        {
            return $"refused: {compiled.Errors[0]}";
        }

        var value = compiled.Program.Eval(facts, out var fault);
        return fault.IsSet ? "error" : Show(value);
    }

    private static string Show(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "bool:true" : "bool:false",
        long whole => $"int:{whole.ToString(CultureInfo.InvariantCulture)}",
        ulong whole => $"uint:{whole.ToString(CultureInfo.InvariantCulture)}",
        double.NaN => "double:nan",
        double real => $"double:{BitConverter.DoubleToUInt64Bits(real):x16}",
        string text => $"string:{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text))}",
        IReadOnlyList<object?> list => $"[{string.Join(",", list.Select(Show))}]",
        _ => $"unknown:{value}",
    };

    private static string? Missing()
    {
        try
        {
            if (!Directory.Exists(Path.Combine(Folder, "node_modules", "@bufbuild", "cel")))
            {
                var (exit, output, error) = Run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund");
                return exit == 0 ? null : $"npm cannot install the oracle: {output}{error}";
            }

            return null;
        }
        catch (Win32Exception refused)
        {
            return $"node and npm are needed for the oracle: {refused.Message}";
        }
    }

    private static (int Exit, string Output, string Error) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
