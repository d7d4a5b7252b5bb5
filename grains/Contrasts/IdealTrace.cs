using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Grains.Contrasts;

/// <summary>Folds accounts and their people from the journal, and keeps how each account was when it was last won or lost.</summary>
/// <param name="fit">The score whose conditions are judged; null = none.</param>
/// <param name="succeeded">Transitions that mean won or renewed.</param>
/// <param name="failed">Transitions that mean lost or churned.</param>
/// <remarks>Belongs to whoever reads a partition; not for several threads.</remarks>
public sealed class IdealTrace(Playbook playbook, CompiledGrade? fit, ImmutableArray<string> succeeded, ImmutableArray<string> failed)
{
    private readonly DecisionWorkspace workspace = new();
    private readonly Dictionary<GrainKey, GrainState> states = [];
    private readonly Dictionary<string, IdealCase> cases = new(StringComparer.Ordinal);

    /// <summary>The latest of each account; those that are gone are left out.</summary>
    public IEnumerable<IdealCase> Cases => cases.Values;

    /// <summary>Accounts seen.</summary>
    public long Accounts { get; private set; }

    public void Take(GrainKey key, GrainEvent fact)
    {
        if (key.Kind == GrainKind.Account && fact is AccountEvent.StageEntered moved && (succeeded.Contains(moved.Transition) || failed.Contains(moved.Transition)))
        {
            Note(key, moved);
        }
        else if (fact is AccountEvent.Forwarded { Account.Length: > 0 })
        {
            cases.Remove(key.Affinity);
        }

        Accounts += key.Kind == GrainKind.Account && !states.ContainsKey(key) ? 1 : 0;
        states[key] = GrainTurn.Evolve(key, states.GetValueOrDefault(key), fact);
    }

    private void Note(GrainKey key, AccountEvent.StageEntered moved)
    {
        var account = states.GetValueOrDefault(key) as Account ?? Account.Unknown(key);
        workspace.Facts.Set(playbook, account, null, null, moved.At);
        cases[key.Affinity] = new IdealCase(
            key.Affinity,
            succeeded.Contains(moved.Transition),
            moved.At,
            Values(account.Attributes),
            fit is null ? [] : [.. fit.Points.Select(p => p.When.Holds(workspace.Facts))],
            [.. account.Contacts.SelectMany(c => c.Value.Roles.Select(r => (r, Values(PersonOf(key, c.Key)?.Attributes ?? AttributeSet.None))))]);
    }

    private Contact? PersonOf(GrainKey account, string contact) => states.GetValueOrDefault(GrainKey.Contact(account.Tenant, account.Affinity, contact)) as Contact;

    private static IReadOnlyDictionary<string, Value> Values(AttributeSet attributes)
    {
        var values = new SortedDictionary<string, Value>(StringComparer.Ordinal);
        foreach (var (name, held) in attributes)
        {
            values[name] = held.Value;
        }

        return values;
    }
}
