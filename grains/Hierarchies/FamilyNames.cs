using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Scores;

namespace Orchestrator.Grains.Hierarchies;

/// <summary>What conditions may ask about the account with all accounts below it.</summary>
internal sealed class FamilyNames(PlaybookDefinition definition)
{
    internal const string Tag = "hierarchy";

    public void Declare(CelEnvironment<Facts>.Builder builder, Func<CelTerm<Facts>, CelTerm<Facts>> once) => builder
        .Variable("hierarchy.parent", CelTerms.String((Facts f, ref CelFault _) => f.Account.Standing?.Family is { Confirmed: true } family ? family.Parent : ""), Tag)
        .Variable("hierarchy.accounts", once(CelTerms.Int((Facts f, ref CelFault _) => Branch.Of(f.Account).Accounts)), Tag)
        .Variable("hierarchy.contacts", once(CelTerms.Int((Facts f, ref CelFault _) => Branch.Of(f.Account).Contacts)), Tag)
        .Variable("hierarchy.signals", once(CelTerms.Int((Facts f, ref CelFault _) => Branch.Of(f.Account).Signals)), Tag)
        .Function("hierarchy.in_stage", [CelType.String], BindInStage)
        .Function("hierarchy.score", [CelType.String], call => BindScore(call, once));

    private CelBinding<Facts> BindInStage(CelCall<Facts> call) =>
        !call.Arguments[0].TryText(out var stage) ? call.Refuse(0, "the stage must be written out as a text")
        : definition.Stages.All(s => s.Id != stage) ? call.Refuse(0, $"`{stage}` is not a declared stage", stage, definition.Stages.Select(s => s.Id))
        : call.Bind(CelTerms.Int((Facts f, ref CelFault _) => Branch.Of(f.Account).Stages.GetValueOrDefault(stage)), Tag, "stage");

    private CelBinding<Facts> BindScore(CelCall<Facts> call, Func<CelTerm<Facts>, CelTerm<Facts>> once)
    {
        var scores = definition.Scores.OfType<ScoreDefinition.Engagement>().Select(s => s.Id).ToList();
        if (!call.Arguments[0].TryText(out var name))
        {
            return call.Refuse(0, "the score must be written out as a text");
        }

        return !scores.Contains(name)
            ? call.Refuse(0, $"`{name}` is not a score with a half-life", name, scores)
            : call.Bind(
                once(CelTerms.Double((Facts f, ref CelFault _) => ScoreOf(f, name)?.ValueAt(f.Now) ?? 0, new CelTemporal<Facts>.Crossing((f, threshold) => ScoreOf(f, name)?.FallsTo(threshold, f.Now)))),
                Tag,
                $"score:{name}");
    }

    private static Score? ScoreOf(Facts facts, string name) => Branch.Of(facts.Account).FindScore(name);
}
