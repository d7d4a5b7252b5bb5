using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Health;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Customers;

/// <summary>The names and functions that conditions may use about the time after the contract.</summary>
internal static class CustomerNames
{
    /// <summary>What a condition depends on that asks for answers to surveys; what nobody asks for is not kept.</summary>
    public const string SurveyTag = "survey";

    /// <summary>The same for the contract.</summary>
    public const string ContractTag = "contract";

    public const string ExpansionTag = "expansion_phase";

    public static void Declare(CelEnvironment<Facts>.Builder builder, PlaybookDefinition playbook, TallyRegistry tallies, Func<CelTerm<Facts>, CelTerm<Facts>> once)
    {
        builder
            .Function("purchased", [CelType.String], c => BindPurchased(c, playbook, tallies))
            .Function("self_service.tried", [CelType.String], c => BindTried(c, playbook))
            .Variable("referrals.count", CelTerms.Int((Facts f, ref CelFault _) => f.Account.Customer?.ReferralCount ?? 0), "referrals")
            .Variable("referred", CelTerms.Bool((Facts f, ref CelFault _) => f.Account.Customer?.Referrer is not null), "referrals");
        MilestoneNames.Declare(builder, playbook.Customer);
        Surveys.Declare(builder, playbook);
        Contract(builder, playbook);
        if (playbook.Customer.Expansion is not null)
        {
            builder.Variable(
                ExpansionTag,
                once(CelTerms.Bool(
                    (Facts f, ref CelFault _) => f.Playbook.Customer!.Expansion!.When.Holds(f),
                    new CelTemporal<Facts>.Step(f => f.Playbook.Customer!.Expansion!.When is { IsTemporal: true } when ? when.NextChange(f) : null))),
                ExpansionTag);
        }

        var scores = CustomerScores.Of(playbook, tallies, error: null);
        foreach (var health in scores.Health)
        {
            health.Declare(builder, once);
        }

        foreach (var value in scores.Value)
        {
            value.Declare(builder, once);
        }

        foreach (var risk in scores.Risk)
        {
            risk.Declare(builder, once);
        }
    }

    private static void Contract(CelEnvironment<Facts>.Builder builder, PlaybookDefinition playbook)
    {
        if (playbook.Signals.FirstOrDefault(s => s.Id == SignalReading.ContractSigned) is not { } signal)
        {
            return;
        }

        builder.Variable("contract.signed_at", CelTerms.Timestamp((Facts f, ref CelFault fault) => Known(f.Account.Customer?.Contract?.SignedAt, "contract.signed_at", ref fault)), ContractTag);
        if (SignalReading.Property(signal, PropertyType.Timestamp, "renews-at", "renews_at") is not null)
        {
            builder.Variable("contract.renews_at", CelTerms.Timestamp((Facts f, ref CelFault fault) => Known(f.Account.Customer?.Contract?.RenewsAt, "contract.renews_at", ref fault)), ContractTag);
        }

        if (SignalReading.Property(signal, PropertyType.Money, "amount") is not null)
        {
            builder.Variable("contract.amount", CelTerms.Double((Facts f, ref CelFault fault) => Known(f.Account.Customer?.Contract?.Amount, "contract.amount", ref fault)), ContractTag);
        }
    }

    private static T Known<T>(T? value, string name, ref CelFault fault)
        where T : struct
    {
        if (value is null)
        {
            fault.Unset(name);
        }

        return value ?? default;
    }

    /// <summary>Whether the account ever bought a product: counted where a purchase names one.</summary>
    private static CelBinding<Facts> BindPurchased(CelCall<Facts> call, PlaybookDefinition playbook, TallyRegistry tallies)
    {
        if (!call.Arguments[0].TryText(out var product))
        {
            return call.Refuse(0, "a product must be written out as a text");
        }

        var on = playbook.Scores.OfType<ScoreDefinition.LifetimeValue>().Take(1).SelectMany(v => v.On.Select(o => o.Id)).DefaultIfEmpty("purchase.made").ToList();
        var signals = playbook.Signals.Where(s => on.Contains(s.Id) && s.Properties.Any(p => p is { Name: "product", Type: PropertyType.Text })).ToList();
        if (signals.Count == 0)
        {
            return call.Refuse(0, $"no purchase names its product; expected a text `product` at {string.Join(", ", on.Select(o => $"`{o}`"))}");
        }

        var names = signals.Select(s => tallies.Add(s.Id, new SortedDictionary<string, object>(StringComparer.Ordinal) { ["product"] = product }, sum: null, TimeSpan.Zero)).ToArray();
        return call.Bind(CelTerms.Bool((Facts f, ref CelFault _) => Array.Exists(names, n => f.Account.FindTally(n) is { Count: > 0 })), [.. signals.Select(s => $"signal:{s.Id}")]);
    }

    /// <summary>Whether a self-service play came to its end since the account is in its stage.</summary>
    private static CelBinding<Facts> BindTried(CelCall<Facts> call, PlaybookDefinition playbook)
    {
        if (!call.Arguments[0].TryText(out var play))
        {
            return call.Refuse(0, "a play must be written out as a text");
        }

        var known = playbook.Plays.Where(p => p.SelfService).Select(p => p.Id).ToList();
        return known.Contains(play)
            ? call.Bind(CelTerms.Bool((Facts f, ref CelFault _) => f.Account.Customer is { } c && SelfServiceUse.Find(c.SelfService, play)?.LastTriedAt >= f.Account.StageSince), "self_service", "stage")
            : call.Refuse(0, $"`{play}` is no play with `self-service: true`", play, known);
    }
}
