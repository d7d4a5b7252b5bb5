using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>The people and teams of a department.</summary>
internal static class OwnerBinding
{
    /// <summary>Names, or maps with a name and how much that one can have in hand.</summary>
    public static ImmutableArray<OwnerDefinition> Owners(Field field)
    {
        var owners = ImmutableArray.CreateBuilder<OwnerDefinition>();
        foreach (var item in field.Items("a list of people or teams"))
        {
            var owner = item.IsText ? new OwnerDefinition(item.Id(), item.At, OpenActions: null) : Owner(item);
            if (owner.Id.Length > 0 && owners.FirstOrDefault(known => known.Id == owner.Id) is { } first)
            {
                item.Refuse($"duplicate owner `{owner.Id}`; first named at line {first.At.Line}");
            }

            owners.Add(owner);
        }

        return owners.ToImmutable();
    }

    /// <summary>Nobody hunts and farms: goals that pull both ways leave neither reached.</summary>
    public static void OnePoolEach(PlaybookDefinition playbook, Findings findings)
    {
        var pools = playbook.Departments.Where(department => department.Pool is not null)
            .SelectMany(department => department.Owners, (department, owner) => (department, owner)).GroupBy(pair => pair.owner.Id, StringComparer.Ordinal);
        foreach (var person in pools)
        {
            if (person.FirstOrDefault(pair => pair.department.Pool != person.First().department.Pool) is { owner: { } owner, department: { } other })
            {
                var first = person.First().department;
                findings.Error(owner.At, DocumentPath.Root.Key("departments").Key(other.Id).Key("owners"),
                    $"`{owner.Id}` works in `{first.Id}` ({Word(first.Pool)}) and in `{other.Id}` ({Word(other.Pool)}): nobody works both");
            }
        }
    }

    static OwnerDefinition Owner(Field field)
    {
        var section = field.Section(SectionKind.Owner);
        var owner = new OwnerDefinition(section.Required("id", id => id.Id(), ""), field.At, (int)section.Optional("open-actions", open => open.Whole(1, 1_000_000), absent: 0));
        section.Close();
        return owner.OpenActions == 0 ? owner with { OpenActions = null } : owner;
    }

    static string Word(Pool? pool) => pool == Pool.Hunter ? "hunter" : "farmer";
}
