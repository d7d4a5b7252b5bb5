using System.Reflection;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Survivorship;
using Xunit;

namespace Orchestrator.Grains.Tests.Survivorship;

public sealed class RoomRulesTests
{
    /// <summary>Items of which there may be several, and of which two are joined property by property.</summary>
    private static readonly Type[] Joined = [typeof(Grains.Stages.StageEntry), typeof(Grains.Deals.Deal), typeof(Grains.Milestones.MilestoneRun)];

    [Fact]
    public void A7_every_room_of_an_account_or_contact_has_rules_for_merges_however_deep_it_lies()
    {
        var rooms = Rooms().Union(Joined).Select(t => t.Name).Order(StringComparer.Ordinal);
        Assert.Equal(string.Join(' ', rooms), string.Join(' ', RoomRules.All.Keys.Select(t => t.Name).Order(StringComparer.Ordinal)));
    }

    public static TheoryData<Type> All => [.. RoomRules.All.Keys.OrderBy(t => t.Name, StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(All))]
    public void A7_every_property_of_a_room_has_a_rule_for_merges_and_every_rule_has_its_property(Type room)
    {
        var properties = room.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => p.Name).Order(StringComparer.Ordinal);
        Assert.Equal(string.Join(' ', properties), string.Join(' ', RoomRules.All[room].Keys.Order(StringComparer.Ordinal)));
        Assert.All(RoomRules.All[room].Values, rule => Assert.NotEqual("", rule));
    }

    /// <summary>Every state of which an account or a contact has at most one, and those within them: what a merge may lose as a whole.</summary>
    private static HashSet<Type> Rooms()
    {
        var found = new HashSet<Type>();
        var open = new Queue<Type>([typeof(Account), typeof(Contact)]);
        while (open.TryDequeue(out var state))
        {
            foreach (var property in state.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                var type = property.PropertyType;
                // Records that are classes: what is compared as a value, such as a key, an id window or a set of attributes, is one thing.
                if (type is { IsClass: true, Namespace: { } space } && space.StartsWith("Orchestrator.Grains", StringComparison.Ordinal) && type.GetMethod("<Clone>$") is not null
                    && type != typeof(GrainKey) && type != typeof(AttributeSet) && property.GetIndexParameters().Length == 0 && !IsItem(state, type) && found.Add(type))
                {
                    open.Enqueue(type);
                }
            }
        }

        return found;

        // The last of several is no room of its own.
        static bool IsItem(Type state, Type type) => state.GetProperties().Any(p => p.PropertyType.IsGenericType && p.PropertyType.GetGenericArguments().Contains(type));
    }
}
