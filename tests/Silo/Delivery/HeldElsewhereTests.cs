using Orchestrator.Silo.Delivery.Relays;

namespace Orchestrator.Silo.Tests.Delivery;

/// <summary>What of a consumer's credit is lost with a hub, and when it comes back.</summary>
public sealed class HeldElsewhereTests
{
    private static readonly TimeSpan LongestLease = TimeSpan.FromMinutes(10);
    private readonly HashSet<string> _followed = [];
    private DateTimeOffset _now = DeliveryWorld.Start;
    private HeldElsewhere? _made;

    private HeldElsewhere Held => _made ??= new HeldElsewhere(4, LongestLease, ack => Assert.True(_followed.Remove(ack), $"{ack} is not followed"));

    [Fact]
    public void What_the_consumer_has_not_settled_is_lost_and_comes_back_as_it_settles()
    {
        Give("b", "1", "2", "3");
        Settle("2");
        var loss = Held.Lose("b", used: 3, _now);
        Assert.Equal(2, loss.Credit);
        Assert.Equal(1, Settle("1"));
        Assert.Equal(1, Settle("3"));
        Assert.Equal((0, 0), (loss.Credit, Held.End(loss)));
        Assert.Empty(_followed);
    }

    [Fact]
    public void What_was_on_its_way_when_the_hub_was_lost_is_held_by_nobody()
    {
        Give("b", "1");
        Assert.Equal(1, Held.Lose("b", used: 5, _now).Credit);
        Assert.Equal(0, Held.Lose("c", used: 5, _now).Credit);
    }

    [Fact]
    public void Settling_what_the_hub_had_not_counted_any_more_brings_nothing_back_while_the_rest_may_be_held()
    {
        // Of three that are known here the hub counts two: one lapsed, and nobody here knows which.
        Give("b", "1", "2", "3");
        var loss = Held.Lose("b", used: 2, _now);
        Assert.Equal(2, loss.Credit);
        Assert.Equal(0, Settle("1"));
        Assert.Equal(1, Settle("2"));
        Assert.Equal(1, Held.End(loss));
        Assert.Empty(_followed);
    }

    [Fact]
    public void Settlements_of_other_silos_actions_bring_nothing_back()
    {
        Give("b", "1", "2");
        Give("c", "3", "4");
        Assert.Equal(2, Held.Lose("b", used: 2, _now).Credit);
        Assert.Equal((0, 0), (Settle("3"), Settle("4")));
        Give("b", "5");
        Assert.Equal(0, Settle("5"));
        Assert.Equal(1, Settle("2"));
    }

    [Fact]
    public void Who_settles_elsewhere_gets_lost_credit_back_when_the_leases_are_over()
    {
        Give("b", "1", "2", "3", "4", "5");
        Assert.Equal(4, _followed.Count);
        var loss = Held.Lose("b", used: 5, _now);
        Assert.Equal(5, loss.Credit);
        Assert.Equal(0, Held.Remove("5"));
        Assert.Equal(5, Held.End(loss));
        Assert.Empty(_followed);

        // What was forgotten can be held as long as the longest lease lasts.
        _now += LongestLease;
        Give("b", "6");
        Assert.Equal(1, Held.Lose("b", used: 5, _now).Credit);
    }

    [Fact]
    public void One_that_is_held_for_long_beside_many_that_come_and_go_takes_no_room()
    {
        Give("b", "1");
        for (var i = 0; i < 1_000; i++)
        {
            Give("b", $"n{i}");
            Settle($"n{i}");
        }

        // It was forgotten as the oldest, and is counted all the same.
        Assert.Empty(_followed);
        Assert.Equal(1, Held.Lose("b", used: 1, _now).Credit);
    }

    [Fact]
    public void Who_goes_leaves_nothing_behind()
    {
        Give("b", "1", "2");
        Held.Lose("b", used: 2, _now);
        Give("c", "3");
        Held.Clear();
        Assert.Empty(_followed);
    }

    private void Give(string silo, params string[] acks)
    {
        foreach (var ack in acks)
        {
            _followed.Add(ack);
            Held.Add(silo, ack, _now);
        }
    }

    private int Settle(string ack)
    {
        _followed.Remove(ack);
        return Held.Remove(ack);
    }
}
