using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;

namespace Orchestrator.Grains.Playbooks;

/// <summary>A name or function that many conditions use and that takes a search to answer: it is searched for once for the same facts.</summary>
/// <param name="slot">This term's own among the values of its type, within its playbook.</param>
/// <remarks>Only values are remembered. What is not known is looked for again; conditions remember that they were false for it.</remarks>
internal sealed class RememberedTerm<T>(CelTerm<Facts, T> inner, int slot) : CelTerm<Facts, T>(inner.Type, inner.Temporal)
{
    public override T Eval(Facts facts, ref CelFault fault)
    {
        var values = facts.Values<T>();
        ref var known = ref values[slot];
        if (facts.Holds(known))
        {
            return known.Value;
        }

        var outer = facts.Begin();
        var value = inner.Eval(facts, ref fault);
        if (fault.IsSet)
        {
            facts.Leave(outer);
        }
        else
        {
            // By its slot again: finding this answer may have made the table grow.
            facts.Keep(ref values[slot], value, outer);
        }

        return value;
    }
}
