using System.Reflection;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Xunit;

namespace Orchestrator.Grains.Tests.Lateness;

public sealed class OrderRulesTests
{
    public static TheoryData<Type> States => [.. OrderRules.All.Keys];

    [Theory]
    [MemberData(nameof(States))]
    public void A2_every_property_of_a_state_says_what_becomes_of_it_when_signals_come_late_and_why(Type state)
    {
        var properties = state.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => p.Name)
            .Except(typeof(GrainState).GetProperties().Where(p => p.Name != nameof(GrainState.IsFlagged)).Select(p => p.Name));
        var rules = OrderRules.All[state];
        Assert.Equal(string.Join(' ', properties.Order(StringComparer.Ordinal)), string.Join(' ', rules.Keys.Order(StringComparer.Ordinal)));
        Assert.All(rules.Values, rule => Assert.Matches($"^({OrderRules.Corrected}|{OrderRules.Same}|{OrderRules.Stays}): .{{5,}}", rule));
    }

    [Fact]
    public void A2_every_room_has_a_property_and_every_property_put_right_by_a_room_names_one_that_there_is()
    {
        var named = OrderRules.All.Values.SelectMany(r => r.Values).Where(r => r.Contains(": room ", StringComparison.Ordinal)).Select(r => r.Split(": room ")[1].Split(';')[0]).Distinct();
        Assert.Equal(Enum.GetNames<Room>().Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }
}
