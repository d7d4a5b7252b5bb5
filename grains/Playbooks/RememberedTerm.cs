using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;

namespace Orchestrator.Grains.Playbooks;

/// <summary>A name or function that many conditions use and that takes a search to answer: it is searched for once for the same facts.</summary>
/// <param name="table">Where the facts remember values of this type.</param>
/// <param name="slot">This term's own in that table, within its playbook.</param>
/// <remarks>Only values are remembered. What is not known is looked for again; conditions remember that they were false for it.</remarks>
internal sealed class RememberedTerm<T>(CelTerm<Facts, T> inner, Func<Facts, Remembered<T>> table, int slot) : CelTerm<Facts, T>(inner.Type, inner.Temporal)
{
    public override T Eval(Facts facts, ref CelFault fault)
    {
        var values = table(facts);
        ref var known = ref values[slot];
        if (facts.Holds(known, this))
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
            facts.Keep(ref values[slot], this, value, outer);
        }

        return value;
    }
}
