using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <remarks>Names that are declared nowhere.</remarks>
internal sealed partial class Field
{
    /// <summary>One name or a list of at least one, each once, with their places.</summary>
    public ImmutableArray<Reference> NamesOf(string what)
    {
        var all = ImmutableArray.CreateBuilder<Reference>();
        foreach (var item in IsText ? [this] : Items($"{what} or a list of them"))
        {
            var id = item.Id();
            if (id.Length > 0 && all.Any(known => known.Id == id))
            {
                item.Refuse($"`{id}` is named twice");
            }

            all.Add(new Reference(id, item.At));
        }

        if (all.Count == 0 && !IsMap)
        {
            Refuse($"expected {what} or a list of them, found an empty list");
        }

        return all.ToImmutable();
    }
}
