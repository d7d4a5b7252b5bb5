using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.BuyingGroups;

/// <summary>What conditions may ask about the buying group and the people of an account.</summary>
internal sealed class BuyingGroupNames(PlaybookDefinition definition)
{
    private const string Tag = "buying-group";

    /// <summary>Whether a condition asks who joined.</summary>
    public bool AsksJoining { get; private set; }

    /// <param name="once">Makes a term that is searched for once for the same facts.</param>
    public void Declare(CelEnvironment<Facts>.Builder builder, Func<CelTerm<Facts>, CelTerm<Facts>> once)
    {
        builder
            .Variable("buying_group.completeness", once(CelTerms.Double((Facts f, ref CelFault _) => BuyingGroup.Completeness(f.Account, f.Playbook.BuyingGroup))), Tag)
            .Function("buying_group.completeness", [CelType.String], BindCompleteness)
            .Function("buying_group.vacant", [CelType.List(CelType.String)], BindVacant)
            .Function("buying_group().completeness", [CelType.String], call => RefuseUnknownOffering(call, out var id) ?? call.Bind(
                CelTerms.Double((Facts f, ref CelFault _) => f.Playbook.OfferingOf(id) is { } o ? BuyingGroup.Completeness(f.Account, o.Group) : 0), Tag))
            .Function("buying_group().interested", [CelType.String], call => RefuseUnknownOffering(call, out var id) ?? call.Bind(
                CelTerms.Bool((Facts f, ref CelFault _) => f.Playbook.OfferingOf(id) is { } o && (o.Interest is not { } interest || interest.Holds(f)), new CelTemporal<Facts>.Step(f => f.Playbook.OfferingOf(id)?.Interest is { IsTemporal: true } interest ? interest.NextChange(f) : null)),
                Tag))
            .Function("contact_joined", [CelType.String], BindJoined)
            .Function("contacts.active", [CelType.String], call => BindActive(call, once));
        if (definition.BuyingGroup.Engagement is not null)
        {
            builder.Variable(
                "buying_group.engagement",
                once(CelTerms.Double((Facts f, ref CelFault _) => BuyingGroup.Engagement(f.Account, f.Playbook.BuyingGroup, f.Now), new CelTemporal<Facts>.Step(f => BuyingGroup.NextChange(f.Account, f.Playbook.BuyingGroup, f.Now)))),
                Tag,
                "time");
            builder.Function("buying_group().engagement", [CelType.String], call => RefuseUnknownOffering(call, out var id) ?? call.Bind(
                CelTerms.Double(
                    (Facts f, ref CelFault _) => f.Playbook.OfferingOf(id) is { } o ? BuyingGroup.Engagement(f.Account, o.Group, f.Now) : 0,
                    new CelTemporal<Facts>.Step(f => f.Playbook.OfferingOf(id) is { } o ? BuyingGroup.NextChange(f.Account, o.Group, f.Now) : null)),
                Tag,
                "time"));
        }
    }

    private CelBinding<Facts>? RefuseUnknownOffering(CelCall<Facts> call, out string offering)
    {
        offering = call.Arguments[0].TryText(out var text) ? text : "";
        return definition.Offerings.Any(o => o.Id == text)
            ? null
            : call.Refuse(0, $"{call.Arguments[0].Source} is not an offering of `buying-groups`", offering, definition.Offerings.Select(o => o.Id));
    }

    private CelBinding<Facts>? RefuseUnknownRole(CelCall<Facts> call, string role) => definition.BuyingGroup.Roles.Any(r => r.Id == role)
        ? null
        : call.Refuse(0, $"`{role}` is not a declared role", role, definition.BuyingGroup.Roles.Select(r => r.Id));

    private CelBinding<Facts> BindCompleteness(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryText(out var role))
        {
            return call.Refuse(0, "the role must be written out as a text");
        }

        return RefuseUnknownRole(call, role) ?? call.Bind(
            CelTerms.Double((Facts f, ref CelFault _) => BuyingGroup.Completeness(f.Account, f.Playbook.BuyingGroup, f.Playbook.BuyingGroup.Roles.First(r => r.Id == role))),
            Tag,
            $"role:{role}");
    }

    private CelBinding<Facts> BindVacant(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryTexts(out var roles) || roles.Count == 0)
        {
            return call.Refuse(0, "the roles must be written out as a list of texts such as ['champion']");
        }

        foreach (var role in roles)
        {
            if (RefuseUnknownRole(call, role) is { } refused)
            {
                return refused;
            }
        }

        var asked = roles.ToArray();
        return call.Bind(CelTerms.Bool((Facts f, ref CelFault _) => Array.Exists(asked, role => BuyingGroup.Assigned(f.Account, f.Playbook.BuyingGroup, role) == 0)), [Tag, .. asked.Select(r => $"role:{r}")]);
    }

    /// <summary>Only for the signal with which somebody took the role.</summary>
    private CelBinding<Facts> BindJoined(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryText(out var role))
        {
            return call.Refuse(0, "the role must be written out as a text");
        }

        if (RefuseUnknownRole(call, role) is { } refused)
        {
            return refused;
        }

        AsksJoining = true;
        return call.Bind(
            CelTerms.Bool((Facts f, ref CelFault _) => f.Signal is not null && f.Account.Standing is { } standing && standing.Joined.TryGetValue(role, out var signal) && signal == f.Account.SignalCount),
            "signal",
            $"role:{role}");
    }

    /// <summary>How many people of the account did anything within the window.</summary>
    private static CelBinding<Facts> BindActive(CelCall<Facts> call, Func<CelTerm<Facts>, CelTerm<Facts>> once)
    {
        if (!call.Arguments[0].TryDuration(out var window) || window <= TimeSpan.Zero)
        {
            return call.Refuse(0, $"{call.Arguments[0].Source} is not a window such as '30d'");
        }

        return call.Bind(
            once(CelTerms.Int((Facts f, ref CelFault _) => Active(f, window), new CelTemporal<Facts>.Step(f => NextInactive(f, window)))),
            "signal",
            "time");
    }

    private static long Active(Facts facts, TimeSpan window)
    {
        long active = 0;
        var from = Instants.Back(facts.Now.UtcTicks, window);
        foreach (var (_, link) in facts.Account.Contacts)
        {
            active += link.LastSignalAt.UtcTicks > from && link.LastSignalAt <= facts.Now ? 1 : 0;
        }

        return active;
    }

    /// <summary>When the next of them leaves the window, or enters it where a sender's clock runs ahead.</summary>
    private static DateTimeOffset? NextInactive(Facts facts, TimeSpan window)
    {
        var next = long.MaxValue;
        var now = facts.Now.UtcTicks;
        foreach (var (_, link) in facts.Account.Contacts)
        {
            var last = link.LastSignalAt.UtcTicks;
            var change = last > now ? last : last > Instants.Back(now, window) ? Instants.Forth(last, window) : long.MaxValue;
            next = Math.Min(next, change);
        }

        return next == long.MaxValue ? null : new DateTimeOffset(next, TimeSpan.Zero);
    }
}
