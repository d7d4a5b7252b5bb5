using System.Collections.Immutable;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.Health;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Customers;

/// <summary>Scores of customers: how well they are, what they are worth, how likely they leave. In the order of the file.</summary>
public sealed record CustomerScores(ImmutableArray<HealthScore> Health, ImmutableArray<ValueScore> Value, ImmutableArray<RiskScore> Risk)
{
    public static readonly CustomerScores None = new([], [], []);

    /// <summary>First parts of names that are taken, so that a value cannot hide them.</summary>
    private static readonly string[] Taken = ["account", "answers", "buying_group", "contact", "contacts", "contract", "milestones", "purchases", "referrals", "score", "self_service", "signal", "signals", "stage", "topics"];

    public bool IsEmpty => Health.IsEmpty && Value.IsEmpty && Risk.IsEmpty;

    /// <param name="error">Gets what is wrong; null while names are only declared.</param>
    internal static CustomerScores Of(PlaybookDefinition playbook, TallyRegistry tallies, Action<SourcePosition, string, string>? error)
    {
        var health = playbook.Scores.OfType<ScoreDefinition.Health>().Select(h => HealthCompiling.Compile(h, playbook, tallies, error)).ToImmutableArray();
        var value = playbook.Scores.OfType<ScoreDefinition.LifetimeValue>().Where(v => IsAllowed(v, playbook, error)).Select(v => new ValueScore(v)).ToImmutableArray();
        var risk = playbook.Scores.OfType<ScoreDefinition.Risk>().Select(r => Of(r, health, value, error)).ToImmutableArray();
        return health.IsEmpty && value.IsEmpty && risk.IsEmpty ? None : new CustomerScores(health, value, risk);
    }

    private static bool IsAllowed(ScoreDefinition.LifetimeValue value, PlaybookDefinition playbook, Action<SourcePosition, string, string>? error)
    {
        if (playbook.Scores.OfType<ScoreDefinition.LifetimeValue>().First() is var first && first != value)
        {
            error?.Invoke(value.At, $"scores.{value.Id}", $"`{value.Id}` is a second value of customers; one is kept, `{first.Id}`: give it all the signals that are purchases");
            return false;
        }

        if (Taken.Contains(value.Id))
        {
            error?.Invoke(value.At, $"scores.{value.Id}", $"`{value.Id}` cannot name a value, which conditions read as `{value.Id}.expected`: it means something else; expected a name such as `clv`");
            return false;
        }

        return true;
    }

    private static RiskScore Of(ScoreDefinition.Risk risk, ImmutableArray<HealthScore> health, ImmutableArray<ValueScore> value, Action<SourcePosition, string, string>? error)
    {
        var known = health.Select(h => h.Id).Concat(value.Select(v => $"{v.Definition.Id}.alive")).ToList();
        foreach (var from in risk.From.Where(f => !known.Contains(f.Id)))
        {
            error?.Invoke(from.At, $"scores.{risk.Id}.from", $"`{from.Id}` is no health score and no `name.alive` of a value; {(known.Count > 0 ? $"expected one of {string.Join(", ", known)}" : "none is declared")}");
        }

        return new RiskScore(
            risk,
            [.. health.Where(h => risk.From.Any(f => f.Id == h.Id))],
            [.. value.Where(v => risk.From.Any(f => f.Id == $"{v.Definition.Id}.alive"))]);
    }
}
