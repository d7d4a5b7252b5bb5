using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Playbooks.Comparing;
using Orchestrator.Grains.Playbooks.Coverage;
using Orchestrator.Grains.Playbooks.Fixtures;
using Orchestrator.Grains.Playbooks.Schema;

namespace Orchestrator.Silo.Authoring;

/// <summary><c>playbook lint|test|diff|schema</c>: what can be said of playbook files without a silo. <c>orc</c> starts this program for them, and so may a build server.</summary>
internal static class PlaybookCommand
{
    public const string Name = "playbook";

    private const int Failed = 1;
    private const int Refused = 4;

    private const string Usage =
        """
        usage: Orchestrator.Silo playbook lint   FILE...        checks playbooks and shows the coverage of stages and roles; 4 = errors or gaps
               Orchestrator.Silo playbook test   FIXTURES...    runs fixtures; 4 = one failed
               Orchestrator.Silo playbook diff   BEFORE AFTER   what changes from one playbook to another, in the words of the model
               Orchestrator.Silo playbook schema [fixtures]     the JSON Schema of playbooks, or of fixtures
        With --json answers are JSON.
        """;

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>0 done, 1 failed, 2 not understood, 4 refused.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        var json = args.Contains("--json");
        List<string> words = [.. args.Where(a => a != "--json")];
        try
        {
            switch (words)
            {
                case ["--help"] or ["-h"]:
                    await output.WriteLineAsync(Usage);
                    return 0;
                case ["lint", _, ..]:
                    return await LintAsync(words[1..], json, output);
                case ["test", _, ..]:
                    return await TestAsync(words[1..], json, output);
                case ["diff", var before, var after]:
                    return await DiffAsync(before, after, json, output, error);
                case ["schema"]:
                    await output.WriteAsync(PlaybookSchema.OfPlaybook());
                    return 0;
                case ["schema", "fixtures"]:
                    await output.WriteAsync(PlaybookSchema.OfFixtures());
                    return 0;
                default:
                    await error.WriteLineAsync($"error: `playbook {string.Join(' ', words)}` is not understood\n\n{Usage}");
                    return 2;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"error: {fault.Message.TrimEnd('.')}");
            return Failed;
        }
    }

    private static async Task<int> LintAsync(List<string> files, bool json, TextWriter output)
    {
        var bad = false;
        foreach (var file in files)
        {
            var compiled = PlaybookCompiler.Compile(await File.ReadAllTextAsync(file), file, version: 1);
            var cells = compiled.Playbook is { } playbook ? CoverageMatrix.Of(playbook.Definition) : [];
            var gaps = cells.Sum(c => c.Gaps.Length);
            bad |= compiled.Playbook is null || gaps > 0;
            if (json)
            {
                await output.WriteLineAsync(JsonOf(file, compiled.Diagnostics, cells).ToJsonString(Compact));
                continue;
            }

            foreach (var diagnostic in compiled.Diagnostics)
            {
                await output.WriteLineAsync(diagnostic.ToString());
            }

            await CoverageTable.WriteAsync(cells, output);
            foreach (var cell in cells)
            {
                foreach (var gap in cell.Gaps)
                {
                    await output.WriteLineAsync($"{file}:{cell.At.Line}:{cell.At.Column}: gap: {cell.Stage} x {cell.Role}: {gap}");
                }
            }

            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{file}: {(compiled.Playbook is null ? "has errors" : $"{cells.Count} combinations of stage and role, {cells.Count(c => c.Gaps.Length == 0)} covered, {gaps} gaps")}"));
        }

        return bad ? Refused : 0;
    }

    private static JsonObject JsonOf(string file, IReadOnlyList<Diagnostic> diagnostics, IReadOnlyList<CoverageCell> cells) => new()
    {
        ["file"] = file,
        ["diagnostics"] = JsonOf(diagnostics),
        ["coverage"] = new JsonArray([.. cells.Select(c => new JsonObject
        {
            ["stage"] = c.Stage,
            ["role"] = c.Role,
            ["expectation"] = c.Expectation,
            ["department"] = c.Department,
            ["channels"] = Strings(c.Channels),
            ["plays"] = Strings(c.Plays),
            ["treatments"] = c.Content.Of,
            ["treatmentsWithContent"] = c.Content.With,
            ["criterion"] = c.Criterion,
            ["gaps"] = Strings(c.Gaps),
        })]),
    };

    private static async Task<int> TestAsync(List<string> files, bool json, TextWriter output)
    {
        var (passed, failed) = (0, 0);
        foreach (var file in files)
        {
            var text = await File.ReadAllTextAsync(file);
            var beside = FixtureReader.PlaybookOf(text);
            if (beside is null)
            {
                failed++;
                await output.WriteLineAsync($"{file}:1:1: error: fixtures need `playbook`, the playbook's file relative to them");
                continue;
            }

            var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, beside);
            var compiled = PlaybookCompiler.Compile(await File.ReadAllTextAsync(path), beside, version: 1);
            if (compiled.Playbook is not { } playbook)
            {
                failed++;
                await TellAsync(compiled.Diagnostics.Where(d => d.Severity == Severity.Error), output);
                continue;
            }

            var read = FixtureReader.Read(text, file, playbook);
            if (read.Definition is not { } fixtures)
            {
                failed++;
                await TellAsync(read.Diagnostics, output);
                continue;
            }

            foreach (var result in FixtureRun.Run(fixtures, playbook, file))
            {
                _ = result.Failures.Count == 0 ? passed++ : failed++;
                if (json)
                {
                    var told = new JsonObject { ["file"] = file, ["test"] = result.Test.Name, ["line"] = result.Test.At.Line, ["passed"] = result.Failures.Count == 0, ["failures"] = JsonOf(result.Failures) };
                    await output.WriteLineAsync(told.ToJsonString(Compact));
                    continue;
                }

                await output.WriteLineAsync($"{(result.Failures.Count == 0 ? "ok    " : "FAILED")} {result.Test.Name}");
                await TellAsync(result.Failures, output);
            }
        }

        if (!json)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed"));
        }

        return failed > 0 ? Refused : 0;
    }

    private static async Task<int> DiffAsync(string before, string after, bool json, TextWriter output, TextWriter error)
    {
        var (changes, diagnostics) = PlaybookDiff.Between(await File.ReadAllTextAsync(before), before, await File.ReadAllTextAsync(after), after);
        if (changes is null)
        {
            await TellAsync(diagnostics, error);
            return Refused;
        }

        foreach (var change in changes)
        {
            await output.WriteLineAsync(!json ? change.ToString() : new JsonObject
            {
                ["change"] = change.Kind.ToString().ToLowerInvariant(),
                ["what"] = change.What,
                ["id"] = change.Id,
                ["where"] = change.Where,
                ["before"] = change.Before,
                ["after"] = change.After,
            }.ToJsonString(Compact));
        }

        if (changes.Count == 0 && !json)
        {
            await output.WriteLineAsync("they say the same");
        }

        return 0;
    }

    private static async Task TellAsync(IEnumerable<Diagnostic> diagnostics, TextWriter output)
    {
        foreach (var diagnostic in diagnostics)
        {
            await output.WriteLineAsync(diagnostic.ToString());
        }
    }

    private static JsonArray JsonOf(IReadOnlyList<Diagnostic> diagnostics) => new([.. diagnostics.Select(d => new JsonObject
    {
        ["severity"] = d.Severity.ToString().ToLowerInvariant(),
        ["file"] = d.File,
        ["line"] = d.Line,
        ["column"] = d.Column,
        ["path"] = d.Path,
        ["message"] = d.Message,
    })]);

    private static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);
}
