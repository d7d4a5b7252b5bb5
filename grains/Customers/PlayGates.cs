using System.Globalization;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Customers;

/// <summary>
/// What must hold for some plays whatever their own conditions say: no upsell before value, advocacy is asked of promoters only, and what customers can do by
/// themselves comes before people do it. The gates stand in front of the play's own `eligible`, in the same language, so explanations show them as they are.
/// </summary>
internal static class PlayGates
{
    private const string Promoter = "score.nps_last >= 9.0";

    /// <summary>The play's `eligible` with the gates in front; null: always.</summary>
    public static Expression? Eligible(PlayDefinition play, PlaybookDefinition playbook)
    {
        var gates = Gates(play, playbook).ToList();
        if (gates.Count == 0)
        {
            return play.Eligible;
        }

        var own = play.Eligible is { } eligible ? [$"({eligible.Text})"] : Array.Empty<string>();
        return new Expression(string.Join(" && ", gates.Concat(own)), play.At);
    }

    public static void Check(PlaybookDefinition playbook, Action<SourcePosition, string, string> error)
    {
        foreach (var play in playbook.Plays)
        {
            if (play.Expansion && playbook.Customer.Expansion is null)
            {
                error(play.At, $"plays.{play.Id}.expansion", "`expansion: true` waits for the expansion phase; declare `expansion-phase` with the condition under which value is realised");
            }

            if (play.Advocacy && !HasNps(playbook))
            {
                error(play.At, $"plays.{play.Id}.advocacy", "`advocacy: true` asks promoters only; declare the signal `survey.answered` with `kind: string` and `score: int`");
            }

            if (play is { Advocacy: true, CoolDown: null })
            {
                error(play.At, $"plays.{play.Id}.advocacy", "`advocacy: true` needs `cool-down`, so that nobody is asked again and again");
            }

            if (play is { SelfService: true, For: PlayAudience.Owner })
            {
                error(play.At, $"plays.{play.Id}.self-service", "`self-service: true` is for what customers do themselves; found a play for an owner");
            }

            if (play is { Saves: not null, SelfService: false })
            {
                error(play.At, $"plays.{play.Id}.saves", "`saves` tells what self-service saves us; set `self-service: true` or leave it out");
            }
        }
    }

    private static IEnumerable<string> Gates(PlayDefinition play, PlaybookDefinition playbook)
    {
        if (play.Expansion && playbook.Customer.Expansion is not null)
        {
            yield return CustomerNames.ExpansionTag;
        }

        if (play.Advocacy && HasNps(playbook))
        {
            yield return play.For == PlayAudience.Contact ? $"contact.{Promoter}" : Promoter;
        }

        if (play is { For: PlayAudience.Owner, Mandatory: false, Goal: { } goal })
        {
            foreach (var other in playbook.Plays.Where(p => p.SelfService && p.Goal?.Id == goal.Id && p.Horizon is not null))
            {
                yield return After(other);
            }
        }
    }

    /// <summary>Its chance is over when it was tried, or when its horizon has passed since the stage was entered: people are never held back for good.</summary>
    private static string After(PlayDefinition selfService)
    {
        var days = selfService.Horizon!.Value.TotalDays.ToString("0.0##########", CultureInfo.InvariantCulture);
        var over = $"self_service.tried('{selfService.Id}') || stage_days >= {days}";
        return selfService.Stages.Length == 0 ? $"({over})" : $"(!(stage in [{string.Join(", ", selfService.Stages.Select(s => $"'{s.Id}'"))}]) || {over})";
    }

    private static bool HasNps(PlaybookDefinition playbook) =>
        playbook.Signals.FirstOrDefault(s => s.Id == "survey.answered") is { } survey && survey.Properties.Any(p => p is { Name: "kind", Type: PropertyType.Text }) && Health.Surveys.NumberOf(playbook, survey.Id, "score") is not null;
}
