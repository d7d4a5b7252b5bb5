using System.Collections.Immutable;
using Orchestrator.Grains.Partitioning;
using Xunit;

namespace Orchestrator.Grains.Tests.Partitioning;

public sealed class SmallSortedDictionaryTests
{
    [Fact]
    public void Every_version_holds_what_a_sorted_dictionary_of_the_same_changes_holds_small_or_large()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var random = new Random(seed);
            var names = Enumerable.Range(0, seed % 4 == 0 ? 150 : 12).Select(i => $"{(i % 3 == 0 ? "A" : "a")}{i}").ToArray();
            var map = SmallSortedDictionary<int>.Empty;
            var model = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);
            var versions = new List<(SmallSortedDictionary<int> Map, ImmutableSortedDictionary<string, int> Model)>();
            for (var step = 0; step < 300; step++)
            {
                var (name, value) = (names[random.Next(names.Length)], random.Next(1000));
                (map, model) = random.Next(10) switch
                {
                    < 6 => (map.SetItem(name, value), model.SetItem(name, value)),
                    < 8 => (map.Remove(name), model.Remove(name)),
                    8 => (map.RemoveRange(map.Where(e => e.Value % 7 == 0).Select(e => e.Key)), model.RemoveRange(model.Where(e => e.Value % 7 == 0).Select(e => e.Key))),
                    _ => (map.SetItems([KeyValuePair.Create(name, value), KeyValuePair.Create("b", step)]), model.SetItems([KeyValuePair.Create(name, value), KeyValuePair.Create("b", step)])),
                };
                versions.Add((map, model));
            }

            foreach (var (one, expected) in versions)
            {
                Assert.Equal(expected, one);
                Assert.Equal(expected.Keys, one.Keys);
                Assert.Equal(expected.Values, one.Values);
                Assert.Equal((expected.Count, expected.IsEmpty), (one.Count, one.IsEmpty));
                Assert.All(names, name =>
                {
                    Assert.Equal(expected.ContainsKey(name), one.ContainsKey(name));
                    Assert.Equal(expected.GetValueOrDefault(name, -1), one.GetValueOrDefault(name, -1));
                });
                Assert.Equal(one, SmallSortedDictionary<int>.Of([.. one.Keys], [.. one.Values]));
                Assert.Equal(one, SmallSortedDictionary<int>.Of([.. one.Keys.Reverse()], [.. one.Values.Reverse()]));
            }
        }
    }

    [Fact]
    public void A_key_that_is_missing_or_added_twice_is_named()
    {
        var map = SmallSortedDictionary<int>.Empty.Add("ann", 1);

        Assert.Contains("`bob`", Assert.Throws<KeyNotFoundException>(() => map["bob"]).Message, StringComparison.Ordinal);
        Assert.Contains("`ann`", Assert.Throws<ArgumentException>(() => map.Add("ann", 2)).Message, StringComparison.Ordinal);
        Assert.Same(map, map.Remove("bob"));
    }
}
