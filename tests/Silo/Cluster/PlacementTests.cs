using Orchestrator.Silo.Engines.Cluster;

namespace Orchestrator.Silo.Tests.Cluster;

/// <summary>Properties over many clusters drawn from a seed that is printed with a failure.</summary>
public sealed class PlacementTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 200)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nobody_gets_more_than_its_share_rounded_up_and_everything_is_given(int seed)
    {
        var (owners, candidates) = Draw(seed);
        var assigned = Placement.Assign(owners, candidates);
        var most = (owners.Length + candidates.Count - 1) / candidates.Count;
        Assert.All(assigned, a => Assert.Contains(candidates, c => c.Silo == a));
        Assert.All(candidates, c => Assert.True(assigned.Count(a => a == c.Silo) <= most, $"seed {seed}: {c.Silo} has more than {most} of {owners.Length}"));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_order_in_which_silos_are_listed_changes_nothing(int seed)
    {
        var (owners, candidates) = Draw(seed);
        Assert.Equal(Placement.Assign(owners, candidates), Placement.Assign(owners, [.. candidates.AsEnumerable().Reverse()]));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void When_a_silo_leaves_only_its_partitions_move(int seed)
    {
        var (_, candidates) = Draw(seed);
        if (candidates.Count == 1)
        {
            return;
        }

        var before = Placement.Assign(new string?[97], candidates);
        var gone = candidates[seed % candidates.Count].Silo;
        var after = Placement.Assign([.. before.Select(o => o == gone ? null : o)], [.. candidates.Where(c => c.Silo != gone)]);
        for (var p = 0; p < before.Length; p++)
        {
            Assert.True(before[p] == gone || before[p] == after[p], $"seed {seed}: partition {p} moved from {before[p]} to {after[p]} though {gone} left");
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void When_a_silo_joins_partitions_move_to_it_only_and_no_more_than_its_share(int seed)
    {
        var (_, candidates) = Draw(seed);
        var before = Placement.Assign(new string?[97], candidates);
        var after = Placement.Assign(before, [.. candidates, new Candidate("newcomer", 1)]);
        var moved = Enumerable.Range(0, before.Length).Where(p => before[p] != after[p]).ToList();
        Assert.All(moved, p => Assert.Equal("newcomer", after[p]));
        Assert.True(moved.Count <= (97 + candidates.Count) / (candidates.Count + 1), $"seed {seed}: {moved.Count} moved");
    }

    [Fact]
    public void Silos_with_the_same_view_agree_whatever_was_before()
    {
        Candidate[] silos = [new("a", 1), new("b", 1), new("c", 1)];
        var settled = Placement.Assign(new string?[256], silos);
        Assert.Equal(settled, Placement.Assign(settled, silos));
        Assert.Equal(0, Placement.Spread(settled, silos) > 0.05 ? 1 : 0);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Where_both_have_room_the_newer_silo_is_given_the_partition(int seed) =>
        Assert.Equal("newer", Placement.Assign([null], [new Candidate($"older-{seed}", 1), new Candidate("newer", 2)])[0]);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Of_two_silos_of_one_level_the_newer_build_is_given_the_partition_and_one_that_says_none_is_the_oldest(int seed)
    {
        Candidate[] candidates = [new($"silent-{seed}", 1), new($"older-{seed}", 1, new Version(9, 20, 0)), new("newer", 1, new Version(10, 1, 0))];
        Assert.Equal("newer", Placement.Assign([null], candidates)[0]);
        Assert.Equal($"older-{seed}", Placement.Assign([null], candidates[..2])[0]);
        Assert.Equal($"silent-{seed}", Placement.Assign([null], [candidates[2], candidates[0] with { Level = 2 }])[0]);
    }

    [Theory]
    [InlineData(0, "a", "a", "b", "b")]
    [InlineData(0, "a", "a", "b", null)]
    [InlineData(1, "a", "a", "a", "b")]
    [InlineData(2, "a", "a", "a", "a")]
    public void Spread_is_the_difference_between_the_most_and_the_least_loaded_in_means(double spread, params string?[] owners) =>
        Assert.Equal(spread, Placement.Spread(owners, [new("a", 1), new("b", 1)]));

    [Fact]
    public void Without_candidates_nothing_is_given() => Assert.All(Placement.Assign(["a", null], []), Assert.Null);

    private static (string?[] Owners, List<Candidate> Candidates) Draw(int seed)
    {
        var random = new Random(seed);
        var candidates = Enumerable.Range(0, random.Next(1, 9)).Select(i => new Candidate($"silo-{seed}-{i}", random.Next(1, 3))).ToList();
        var owners = Enumerable.Range(0, random.Next(1, 300)).Select(_ => random.Next(4) switch
        {
            0 => null,
            1 => candidates[0].Silo,
            _ => candidates[random.Next(candidates.Count)].Silo,
        }).ToArray();
        return (owners, candidates);
    }
}
