namespace Orchestrator.Silo.Tests;

public sealed class ServerSettingsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 3)]
    [InlineData(32, 24)]
    public void Three_quarters_of_the_cores_decide_unless_somebody_says_otherwise(int cores, int threads)
    {
        Assert.Equal(0, ServerSettings.Read([], _ => null, out _)!.PartitionThreads);
        Assert.Equal(threads, ServerSettings.UsualPartitionThreads(cores));
    }

    [Fact]
    public void The_number_of_threads_that_decide_comes_by_argument_before_environment()
    {
        static string? Environment(string name) => name == "ORCHESTRATOR_PARTITION_THREADS" ? "5" : null;
        Assert.Equal(5, ServerSettings.Read([], Environment, out _)!.PartitionThreads);
        Assert.Equal(3, ServerSettings.Read(["--partition-threads", "3"], Environment, out _)!.PartitionThreads);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1025")]
    [InlineData("many")]
    public void A_number_of_threads_that_is_none_is_named_with_what_was_expected(string given)
    {
        Assert.Null(ServerSettings.Read(["--partition-threads", given], _ => null, out var error));
        Assert.Equal($"`partition-threads` is `{given}`, a whole number from 0 to 1024 was expected", error);
    }

    [Fact]
    public void Bodies_are_packed_and_commits_follow_each_other_unless_somebody_says_otherwise()
    {
        Assert.True(ServerSettings.Read([], _ => null, out _) is { Packs: true, CommitPauseMilliseconds: 0 });
        Assert.True(ServerSettings.Read(["--packing", "off", "--commit-pause=40"], _ => null, out _) is { Packs: false, CommitPauseMilliseconds: 40 });
        Assert.Null(ServerSettings.Read(["--packing", "zip"], _ => null, out var error));
        Assert.Equal("`packing` is `zip`, `on` or `off` was expected", error);
        Assert.Null(ServerSettings.Read(["--commit-pause", "5000"], _ => null, out error));
        Assert.Contains("`commit-pause` is `5000`", error, StringComparison.Ordinal);
    }
}
