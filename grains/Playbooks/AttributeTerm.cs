using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Playbooks;

/// <summary>An attribute of the account or of the person at hand. Not remembered: finding it takes no longer than finding what was remembered of it.</summary>
/// <param name="path">As conditions name it.</param>
/// <param name="kind">What it must be to be known.</param>
internal sealed class AttributeTerm<T>(CelType type, string name, string path, bool ofPerson, Value.KindOneofCase kind, Func<Value, T> read) : CelTerm<Facts, T>(type)
{
    public override T Eval(Facts facts, ref CelFault fault)
    {
        var attributes = ofPerson ? facts.Contact?.Attributes : facts.Account.Attributes;
        if (attributes is not null && attributes.TryGetValue(name, out var held) && held.Value.KindCase == kind)
        {
            return read(held.Value);
        }

        fault.Unset(path);
        return default!;
    }
}
