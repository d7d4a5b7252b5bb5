using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.WhatIf;
using Orchestrator.Silo.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.WhatIf;

/// <summary>A comparison in the form of the contract.</summary>
internal static class WhatIfForm
{
    // The steps that are the contact policy's.
    private static readonly NoneReason[] Limits =
        [NoneReason.NoConsent, NoneReason.Excluded, NoneReason.Suppressed, NoneReason.QuietHours, NoneReason.OverCap, NoneReason.Resting, NoneReason.PeoplePerWeek, NoneReason.NoCapacity];

    /// <param name="examples">Most examples.</param>
    public static WhatIfReport Write(Comparison c, string against, int examples)
    {
        var report = new WhatIfReport
        {
            Differs = !c.IsEmpty,
            Against = against,
            From = c.From is { } from ? Timestamp.FromDateTimeOffset(from) : null,
            To = c.To is { } to ? Timestamp.FromDateTimeOffset(to) : null,
            Accounts = c.Accounts,
            Signals = c.Signals,
            DecisionsBefore = c.Before.Decisions,
            DecisionsAfter = c.After.Decisions,
            DecisionsChanged = c.DecisionsChanged,
            ReasonsChanged = c.ReasonsChanged,
            StagesChanged = c.MovesChanged,
            RefusalsChanged = c.RefusalsChanged,
            AccountsChanged = c.AccountsChanged,
            AccountsElsewhere = c.AccountsElsewhere,
        };
        report.Treatments.AddRange(Pairs(c.Before.Offers, c.After.Offers)
            .OrderByDescending(p => Math.Abs(p.After - p.Before)).ThenBy(p => p.What.Play, StringComparer.Ordinal).ThenBy(p => p.What.Treatment, StringComparer.Ordinal)
            .Select(p => new TreatmentChange { Play = p.What.Play, Treatment = p.What.Treatment, Channel = p.What.Channel, Department = p.What.Department, Before = p.Before, After = p.After }));
        var reasons = Pairs(c.Before.Nones, c.After.Nones).OrderBy(p => p.What).ToList();
        report.Reasons.AddRange(reasons.Select(p => Count(NoneReasons.Describe(p.What), p.Before, p.After)));
        report.Limits.AddRange(reasons.Where(p => Limits.Contains(p.What)).Select(p => Count(NoneReasons.Describe(p.What), p.Before, p.After)));
        report.Transitions.AddRange(Pairs(c.Before.Moves, c.After.Moves)
            .OrderByDescending(p => Math.Abs(p.After - p.Before)).ThenBy(p => p.What.Transition, StringComparer.Ordinal).ThenBy(p => p.What.From, StringComparer.Ordinal)
            .Select(p => new TransitionChange { Transition = p.What.Transition, From = p.What.From, To = p.What.To, Before = p.Before, After = p.After }));
        report.Stages.AddRange(Pairs(c.Before.Stages, c.After.Stages).OrderBy(p => p.What, StringComparer.Ordinal).Select(p => Count(p.What, p.Before, p.After)));
        report.Departments.AddRange(Pairs(c.Before.Load, c.After.Load).GroupBy(p => p.What.Department).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new LoadChange
        {
            Department = g.Key,
            Before = g.Sum(p => p.Before),
            After = g.Sum(p => p.After),
            BusiestBefore = g.Max(p => p.Before),
            BusiestAfter = g.Max(p => p.After),
        }));
        report.Criteria.AddRange(Pairs(c.Before.Criteria.Counts, c.After.Criteria.Counts).OrderBy(p => p.What.Play, StringComparer.Ordinal).ThenBy(p => p.What.At).Select(p => new CriterionChange
        {
            Play = p.What.Play,
            Step = p.What.At is { } at ? RemovalText.WordOf(at) : "",
            Before = p.Before,
            After = p.After,
        }));
        report.Refusals.AddRange(Pairs(c.Before.Refused, c.After.Refused).OrderBy(p => p.What, StringComparer.Ordinal).Select(p => Count(p.What, p.Before, p.After)));
        report.Examples.AddRange(c.Examples.OrderBy(e => e.At).ThenBy(e => e.Account, StringComparer.Ordinal).Take(examples).Select(e => new TurnChange
        {
            Account = e.Account,
            At = Timestamp.FromDateTimeOffset(e.At),
            Cause = e.Cause,
            Before = e.Before,
            After = e.After,
        }));
        report.Elsewhere.AddRange(c.Elsewhere.OrderBy(e => e.Account, StringComparer.Ordinal).Take(examples).Select(e => new StandingChange { Account = e.Account, Before = e.Before, After = e.After }));
        report.Remarks.AddRange(Remarks(c));
        return report;
    }

    private static IEnumerable<string> Remarks(Comparison c)
    {
        if (c.LeftOut > 0)
        {
            yield return $"{c.LeftOut} accounts are left out: retention has dropped the beginning of their history";
        }

        if (c.Before.Unmatched + c.After.Unmatched > 0)
        {
            yield return $"{c.After.Unmatched} recorded outcomes are of actions that the draft does not offer{(c.Before.Unmatched > 0 ? $" ({c.Before.Unmatched} on the other side)" : "")}; what it offers instead gets no outcome and expires";
        }

        if (c.MovedIn > 0)
        {
            yield return $"{c.MovedIn} people moved between accounts; what they brought along is as recorded";
        }

        if (c.Stood > 0)
        {
            yield return $"{c.Stood} facts of other systems, such as reserved messages, stand as they are";
        }
    }

    private static IEnumerable<(T What, long Before, long After)> Pairs<T>(Dictionary<T, long> before, Dictionary<T, long> after)
        where T : notnull => before.Keys.Union(after.Keys).Select(what => (what, before.GetValueOrDefault(what), after.GetValueOrDefault(what)));

    private static CountChange Count(string name, long before, long after) => new() { Name = name, Before = before, After = after };
}
