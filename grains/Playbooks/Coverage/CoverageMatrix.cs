using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks.Coverage;

/// <summary>What one stage offers one role, and what it lacks.</summary>
/// <param name="Expectation">What the person expects there, in the default language; empty = nobody has said.</param>
/// <param name="Department">Who must deliver it, else who answers for the stage; empty = nobody.</param>
/// <param name="Channels">On which something can reach the person or us for them; in the order of the playbook.</param>
/// <param name="Plays">That can be done there for the role.</param>
/// <param name="Content">How many treatments of these plays have content, of how many.</param>
/// <param name="Criterion">What measures the expectation, else what leads out of the stage; empty = nothing does.</param>
/// <param name="At">Where the stage stands.</param>
/// <param name="Gaps">What is missing, in words.</param>
public sealed record CoverageCell(
    string Stage,
    string Role,
    string Expectation,
    string Department,
    ImmutableArray<string> Channels,
    ImmutableArray<string> Plays,
    (int With, int Of) Content,
    string Criterion,
    SourcePosition At,
    ImmutableArray<string> Gaps);

/// <summary>Stage by role: does anybody know what the person expects, who sees to it, by what, and how it is told whether it works? Stages at which no effort is made are left out.</summary>
public static class CoverageMatrix
{
    public static IReadOnlyList<CoverageCell> Of(PlaybookDefinition playbook) =>
        [.. playbook.Stages.Where(s => s.Kind != StageKind.EndOfEffort).SelectMany(stage => playbook.BuyingGroup.Roles.Select(role => Cell(playbook, stage, role)))];

    private static CoverageCell Cell(PlaybookDefinition playbook, StageDefinition stage, RoleDefinition role)
    {
        var expected = playbook.Experience.FirstOrDefault(e => e.Stage.Id == stage.Id && e.Role.Id == role.Id);
        var plays = playbook.Plays.Where(p =>
            !p.Mandatory && (p.Stages.Length == 0 || p.Stages.Any(s => s.Id == stage.Id)) && (p.Roles.Length == 0 || p.Roles.Any(r => r.Id == role.Id))).ToList();
        var treatments = plays.SelectMany(p => p.Treatments).ToList();
        var ways = playbook.Transitions.Where(t => t.To.Id != stage.Id && (t.From.Length == 0 || t.From.Any(f => f.Id == stage.Id))).ToList();
        var cell = new CoverageCell(
            stage.Id,
            role.Id,
            expected?.Expects.In(LocalizedText.DefaultLanguage) ?? "",
            expected?.DeliveredBy.Id ?? stage.Accountable?.Id ?? "",
            [.. treatments.Select(t => t.Channel.Id).Distinct()],
            [.. plays.Select(p => p.Id)],
            (treatments.Count(t => t.Content.Count > 0), treatments.Count),
            expected?.MeasuredBy?.Text ?? string.Join(", ", ways.Select(w => w.Id)),
            stage.At,
            []);
        return cell with { Gaps = [.. Gaps(cell, expected)] };
    }

    private static IEnumerable<string> Gaps(CoverageCell cell, ExperienceDefinition? expected)
    {
        if (expected is null)
        {
            yield return "nobody has said what it expects";
        }

        if (cell.Department.Length == 0)
        {
            yield return "no department is accountable";
        }

        if (cell.Channels.IsEmpty)
        {
            yield return "no play reaches it on any channel";
        }
        else if (cell.Content.With == 0)
        {
            yield return "no treatment has content";
        }

        if (expected is { MeasuredBy: null })
        {
            yield return "nothing measures what it expects";
        }
        else if (cell.Criterion.Length == 0)
        {
            yield return "no criterion leads on";
        }
    }
}
