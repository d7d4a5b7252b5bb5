using System.Collections.Immutable;
using System.Globalization;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.Playbooks.Fixtures;

/// <summary>What reading fixtures gave.</summary>
/// <param name="Definition">Null when there is at least one error.</param>
public sealed record FixtureReadResult(FixtureDefinition? Definition, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>Reads the fixtures of a playbook; every name in them is one of its.</summary>
public static class FixtureReader
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    /// <summary>The playbook's file that the fixtures name, relative to them; null if they name none or are no YAML.</summary>
    public static string? PlaybookOf(string text) =>
        YamlLoader.Load(text, new Findings("")) is YamlNode.Mapping map && map.Entries.FirstOrDefault(e => e.Key == "playbook").Value is YamlNode.Scalar { IsNothing: false } file ? file.Text : null;

    /// <summary>No text makes it throw.</summary>
    public static FixtureReadResult Read(string text, string file, Playbook playbook)
    {
        var findings = new Findings(file);
        if (YamlLoader.Load(text, findings) is not { } document)
        {
            return new FixtureReadResult(null, findings.InOrder());
        }

        var names = new Names(findings);
        Declare(names, playbook);
        var fixtures = Fixtures(new Field(findings, names, document, DocumentPath.Root, "", document.At));
        names.Resolve();
        return new FixtureReadResult(findings.HasErrors ? null : fixtures, findings.InOrder());
    }

    /// <summary>Asks for every key there is.</summary>
    internal static FixtureDefinition Fixtures(Field root)
    {
        var section = root.Section(SectionKind.Fixtures);
        section.Required("playbook", file => file.Text("the playbook's file, relative to this one"), "");
        var fixtures = new FixtureDefinition(section.Required<ImmutableArray<FixtureTest>>("tests", tests => [.. tests.Items("a list of tests").Select(Test)], []));
        section.Close();
        return fixtures;
    }

    private static void Declare(Names names, Playbook playbook)
    {
        foreach (var stage in playbook.Definition.Stages)
        {
            names.DeclareBuiltIn(NameKind.Stage, stage.Id);
        }

        foreach (var signal in playbook.Signals.Keys)
        {
            names.DeclareBuiltIn(NameKind.Signal, signal);
        }

        // Actions are told apart by play or by treatment, whichever is worth saying.
        foreach (var play in playbook.Plays)
        {
            names.DeclareBuiltIn(NameKind.Play, play.Id);
            foreach (var treatment in play.Treatments)
            {
                names.DeclareBuiltIn(NameKind.Play, treatment.Id);
            }
        }
    }

    private static FixtureTest Test(Field field)
    {
        var section = field.Section(SectionKind.Test);
        var test = new FixtureTest(
            section.Required("name", name => name.Text("what the test shows"), ""),
            field.At,
            section.Optional("start", Start, Monday),
            section.Optional("account", account => account.Text("an account"), "acme"),
            section.Required<ImmutableArray<FixtureStep>>("steps", steps => [.. steps.Items("a list of steps").Select(Step)], []));
        section.Close();
        return test;
    }

    private static DateTimeOffset Start(Field field)
    {
        const string Expected = "an instant such as 2026-03-02T09:00:00Z";
        if (field.Words(Expected) is { } text)
        {
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant))
            {
                return instant;
            }

            field.Refuse($"expected {Expected}, found {field.Found()}");
        }

        return Monday;
    }

    private static FixtureStep Step(Field field)
    {
        var section = field.Section(SectionKind.Step);
        var after = section.Optional("after");
        var at = section.Optional("at");
        if (after is not null && at is not null && field.IsMap)
        {
            at.RefuseKey("a step has `after` (since the step before) or `at` (since the start), not both");
        }

        var account = section.Optional("account", name => name.Text("an account"));
        var signal = section.Optional("signal");
        var from = section.Optional("from");
        var with = section.Optional("with");
        var settle = section.Optional("settle");
        var outcome = section.Optional("outcome");
        var reason = section.Optional("reason");
        FixtureEvent? happens = null;
        if (signal is not null && settle is not null)
        {
            settle.RefuseKey("a step has `signal` or `settle`, not both; make two of it");
        }

        foreach (var (part, needs) in new[] { (from, signal), (with, signal), (outcome, settle), (reason, settle) })
        {
            if (part is not null && needs is null)
            {
                part.RefuseKey($"`{part.Key}` belongs to a step with `{(part.Key is "from" or "with" ? "signal" : "settle")}`");
            }
        }

        if (signal is not null)
        {
            happens = new FixtureEvent.Signal(
                signal.Name(NameKind.Signal),
                [.. from is null ? [] : (from.IsText ? [from] : from.Items("an address or a list of them")).Select(item => item.Text("an address such as ann@acme.example, or kind:value"))],
                [.. with?.Entries("a map of values by property").Select(entry => (entry.Key, entry.Text("a value"), entry.At)) ?? []]);
        }

        if (settle is not null)
        {
            happens = new FixtureEvent.Settle(
                settle.Name(NameKind.Play),
                outcome?.Choice(("done", FixtureOutcome.Done), ("rejected", FixtureOutcome.Rejected), ("declined", FixtureOutcome.Declined)) ?? FixtureOutcome.Done,
                reason?.Text() ?? "");
        }

        var step = new FixtureStep(field.At, after?.Duration(), at?.Duration(), account, happens, section.Optional("expect", Expect));
        section.Close();
        return step;
    }

    private static FixtureExpectation Expect(Field field)
    {
        var section = field.Section(SectionKind.Expectation);
        var expect = new FixtureExpectation(
            field.At,
            section.Optional<Reference?>("stage", stage => stage.Name(NameKind.Stage), absent: null),
            section.Optional<ImmutableArray<Reference>?>("entered", stages => References(stages, NameKind.Stage), absent: null),
            section.Optional<ImmutableArray<Reference>?>("actions", plays => References(plays, NameKind.Play), absent: null),
            section.Optional<ImmutableArray<Reference>?>("open", plays => References(plays, NameKind.Play), absent: null),
            section.Optional<(NoneReason, SourcePosition)?>("none", reason => (reason.Choice(Reasons), reason.At), absent: null));
        section.Close();
        return expect;
    }

    /// <summary>Unlike in a playbook an empty list says something here: that there are none.</summary>
    private static ImmutableArray<Reference> References(Field field, NameKind kind) => [.. (field.IsText ? [field] : field.Items("a name or a list of names")).Select(item => item.Name(kind))];

    /// <summary>The reasons by the words that decisions use.</summary>
    internal static readonly (string Word, NoneReason Reason)[] Reasons = [.. Enum.GetValues<NoneReason>().Select(reason => (WordOf(reason), reason))];

    internal static string WordOf(NoneReason reason) =>
        string.Concat(reason.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}
