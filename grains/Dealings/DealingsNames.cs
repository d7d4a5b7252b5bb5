using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Insights;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Promises;

namespace Orchestrator.Grains.Dealings;

/// <summary>What conditions may ask of what we and an account have in hand with each other.</summary>
internal static class DealingsNames
{
    private const string Tag = "dealings";

    public static void Declare(CelEnvironment<Facts>.Builder builder, PlaybookDefinition definition)
    {
        DealNames.Declare(builder, definition);
        Count(builder, "promises.open", d => d.Promises.Count(p => p.Standing == PromiseStanding.Open));
        Count(builder, "promises.kept", d => d.Promises.Count(p => p.Standing == PromiseStanding.Kept));
        Count(builder, "promises.broken", d => d.Promises.Count(p => p.Standing == PromiseStanding.Broken));
        Count(builder, "insights.count", d => d.Insights.Length);
        Count(builder, "insights.stale", d => d.Insights.Count(i => i.IsStale));
        Count(builder, "feedback.open", d => d.Feedback.Count(f => f.AnsweredAt is null));
        Count(builder, "feedback.late", d => d.Feedback.Count(f => f is { AnsweredAt: null, LateSince: not null }));
        builder
            .Variable("accountable.department", CelTerms.String((Facts f, ref CelFault _) => OwnerOf.Accountable(f.Account, f.Playbook).Department), "stage", Tag)
            .Variable("accountable.owner", CelTerms.String((Facts f, ref CelFault _) => OwnerOf.Accountable(f.Account, f.Playbook).Owner), "stage", Tag)
            .Variable("handoff.pending", CelTerms.Bool((Facts f, ref CelFault _) => f.Account.OpenActions.Any(a => OwnerOf.HandoffOf(a.Request) is not null)), "stage", Tag)
            .Variable("handoff.returned", CelTerms.Bool((Facts f, ref CelFault _) => f.Account.Dealings?.Returned.Any(r => r.StageSince == f.Account.StageSince) ?? false), "stage", Tag)
            .Function("insight", [CelType.String], c => OfInsight(c, about => CelTerms.String((Facts f, ref CelFault fault) => Known(f, about, ref fault)?.Text ?? "")))
            .Function("insights.age", [CelType.String], c => OfInsight(c, about => CelTerms.Duration(
                (Facts f, ref CelFault fault) => Known(f, about, ref fault) is { } known ? f.Now - known.NotedAt : TimeSpan.Zero, new CelTemporal<Facts>.Clock(1)), "time"))
            .Function("insights.is_stale", [CelType.String], c => OfInsight(c, about => CelTerms.Bool((Facts f, ref CelFault _) => f.Account.Dealings?.FindInsight(about)?.IsStale ?? false)));
    }

    private static void Count(CelEnvironment<Facts>.Builder builder, string name, Func<AccountDealings, int> count) =>
        builder.Variable(name, CelTerms.Int((Facts f, ref CelFault _) => f.Account.Dealings is { } dealings ? count(dealings) : 0), Tag);

    private static CelBinding<Facts> OfInsight(CelCall<Facts> call, Func<string, CelTerm<Facts>> term, params string[] tags) =>
        call.Arguments[0].TryText(out var about) ? call.Bind(term(about), [Tag, .. tags]) : call.Refuse(0, "what the insight is about must be written out as a text");

    private static Insight? Known(Facts facts, string about, ref CelFault fault)
    {
        var known = facts.Account.Dealings?.FindInsight(about);
        if (known is null)
        {
            fault.Unset($"insight('{about}')");
        }

        return known;
    }
}
