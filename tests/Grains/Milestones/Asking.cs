using System.Globalization;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Milestones;

/// <summary>Asks a condition or a name of a scene's account now, in its own playbook with one more segment.</summary>
internal static class Asking
{
    public static bool Holds(Scene scene, string condition, string person = "")
    {
        var (asked, facts) = Ask(scene, condition, person);
        return asked.Holds(facts);
    }

    /// <summary>The number that a name or function has, as evidence shows it; null if it is not known.</summary>
    public static double? Number(Scene scene, string name, string person = "")
    {
        var (asked, facts) = Ask(scene, $"{name} > -1e300", person);
        var seen = Assert.Single(asked.Evidence(facts)).Values;
        return seen.StartsWith($"{name} = ", StringComparison.Ordinal) && double.TryParse(seen[(name.Length + 3)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    public static DateTimeOffset? NextChange(Scene scene, string condition)
    {
        var (asked, facts) = Ask(scene, condition, "");
        return asked.NextChange(facts);
    }

    private static (Condition Asked, Facts Facts) Ask(Scene scene, string condition, string person)
    {
        Assert.DoesNotContain("segments:", scene.PublishedText, StringComparison.Ordinal);
        var compiled = PlaybookCompiler.Compile($"{scene.PublishedText}\nsegments:\n  asked: {{when: \"{condition}\"}}\n", "asked.yaml", 1);
        Assert.Empty(compiled.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d.ToString()));
        var facts = new Facts();
        facts.Set(compiled.Playbook!, scene.Account, person.Length > 0 ? scene.Person(person) : null, null, scene.Now);
        return (compiled.Playbook!.Segments.Single().When, facts);
    }
}
