using Orchestrator.Silo.Engines.Cluster;

namespace Orchestrator.Silo.Tests.Cluster;

public sealed class ClaimWindowTests
{
    [Fact]
    public void Each_take_over_that_succeeds_makes_room_for_one_more_up_to_a_bound()
    {
        var window = new ClaimWindow(first: 8, most: 64);
        var underWay = Begin(window, window.Room);
        Assert.Equal(8, underWay);
        for (var i = 0; i < 1_000; i++)
        {
            window.Ended(taken: true);
            underWay += Begin(window, window.Room) - 1;
            Assert.Equal(Math.Min(9 + i, 64), underWay);
        }
    }

    [Fact]
    public void One_that_fails_narrows_it_and_one_that_came_too_late_does_not()
    {
        var window = new ClaimWindow(first: 2, most: 64);
        Begin(window, 2);
        window.Ended(taken: true);
        Assert.Equal(2, window.Room);
        Begin(window, 2);
        window.Ended(taken: false);
        Assert.Equal(1, window.Room);
        window.Ended(taken: null);
        Assert.Equal(1, window.Room);
        Begin(window, 1);
        Assert.Equal(0, window.Room);
    }

    [Fact]
    public void When_all_have_ended_it_says_how_many_were_taken_since_when_and_begins_anew()
    {
        var window = new ClaimWindow(first: 2, most: 64);
        window.Began(7);
        window.Began(8);
        Assert.Null(window.Ended(taken: true));
        window.Began(9);
        Assert.Null(window.Ended(taken: false));
        Assert.Equal((2, 7L), window.Ended(taken: true));
        window.Began(10);
        Assert.Equal(1, window.Room);
        Assert.Equal((0, 10L), window.Ended(taken: null));
    }

    private static int Begin(ClaimWindow window, int count)
    {
        for (var i = 0; i < count; i++)
        {
            window.Began(0);
        }

        return count;
    }
}
