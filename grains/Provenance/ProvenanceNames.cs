using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Provenance;

/// <summary>What conditions may ask about where attributes come from: <c>observed('account.employees')</c>, <c>asserted_by('contact.title')</c>.</summary>
internal sealed class ProvenanceNames(PlaybookDefinition definition)
{
    public void Declare(CelEnvironment<Facts>.Builder builder) => builder
        .Function("observed", [CelType.String], call => Refuse(call, out var name) ?? call.Bind(
            CelTerms.Bool((Facts f, ref CelFault _) => HeldOf(f, name) is { } held && held.Origin is not { Asserted: true }), Tags(name)))
        .Function("asserted", [CelType.String], call => Refuse(call, out var name) ?? call.Bind(
            CelTerms.Bool((Facts f, ref CelFault _) => HeldOf(f, name) is { Origin.Asserted: true }), Tags(name)))
        .Function("asserted_by", [CelType.String], call => Refuse(call, out var name) ?? call.Bind(
            CelTerms.String((Facts f, ref CelFault fault) => AssertedBy(f, name, ref fault)), Tags(name)));

    /// <summary>The attribute of a dotted name if its value is known.</summary>
    internal static Held? HeldOf(Facts facts, string path)
    {
        var ofPerson = path.StartsWith("contact.", StringComparison.Ordinal);
        var attributes = ofPerson ? facts.Contact?.Attributes : facts.Account.Attributes;
        return attributes is not null && attributes.TryGetValue(path[(path.IndexOf('.', StringComparison.Ordinal) + 1)..], out var held) && held.Value.KindCase != Value.KindOneofCase.None ? held : null;
    }

    private static string AssertedBy(Facts facts, string name, ref CelFault fault)
    {
        if (HeldOf(facts, name) is { Origin: { Asserted: true } origin })
        {
            return origin.By;
        }

        fault.Unset($"asserted_by('{name}')");
        return "";
    }

    private static string[] Tags(string name) =>
        name.StartsWith("contact.", StringComparison.Ordinal) ? [$"attribute:{name}", Condition.Person] : [$"attribute:{name}"];

    private CelBinding<Facts>? Refuse(CelCall<Facts> call, out string name)
    {
        name = call.Arguments[0].TryText(out var text) ? text : "";
        var known = definition.Attributes.Account.Select(a => $"account.{a.Name}").Concat(definition.Attributes.Contact.Select(a => $"contact.{a.Name}")).ToList();
        return known.Contains(name) ? null : call.Refuse(0, $"{call.Arguments[0].Source} is not a declared attribute such as 'account.employees'", name, known);
    }
}
