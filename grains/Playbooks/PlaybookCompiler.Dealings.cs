using System.Collections.Frozen;
using System.Globalization;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Promises;

namespace Orchestrator.Grains.Playbooks;

public sealed partial class PlaybookCompiler
{
    private CompiledDeals? DealsOf() => definition.Deal is { } deal
        ? new CompiledDeals(deal, [.. deal.FlagWhen.Select((e, i) => Required(e, $"deal.flag-when[{i}]"))])
        : null;

    private FrozenDictionary<string, CompiledPromise> PromisesOf() => definition.Promises
        .Select(p => new CompiledPromise(p, ConditionOf(p.KeptWhen, $"promises.{p.Id}.kept-when")))
        .ToFrozenDictionary(p => p.Definition.Id, StringComparer.Ordinal);

    /// <summary>What transitions ask of deals must be there.</summary>
    private void CheckDealings()
    {
        for (var i = 0; i < definition.Transitions.Length; i++)
        {
            var transition = definition.Transitions[i];
            var questions = definition.Deal?.Questions.Length ?? 0;
            if (transition.RequiresAnswers > questions)
            {
                Error(transition.At, $"transitions[{i}].requires-answers", definition.Deal is null
                    ? "`requires-answers` needs a `deal` with questions, the playbook has none"
                    : $"`requires-answers` is {transition.RequiresAnswers.ToString(CultureInfo.InvariantCulture)}, but the deal has {questions.ToString(CultureInfo.InvariantCulture)} questions");
            }
        }

        foreach (var (condition, path) in (definition.Deal?.FlagWhen ?? []).Select(c => (c, "deal.flag-when")).Concat(definition.Promises.Where(p => p.KeptWhen is not null).Select(p => (p.KeptWhen!, $"promises.{p.Id}.kept-when"))))
        {
            if (conditions.TryGetValue(condition.Text, out var compiled) && compiled.IsPersonal)
            {
                Error(condition.At, path, $"`{condition.Text}` asks about a person; this is judged for the account as a whole");
            }
        }
    }
}
