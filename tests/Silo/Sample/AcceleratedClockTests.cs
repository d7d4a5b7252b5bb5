using Orchestrator.Silo.Timers;

namespace Orchestrator.Silo.Tests.Sample;

public sealed class AcceleratedClockTests
{
    private static readonly DateTimeOffset Origin = new(2009, 12, 1, 7, 45, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider machine = new(new DateTimeOffset(2026, 3, 1, 9, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Business_time_passes_as_many_times_as_fast_as_the_speed_says()
    {
        using var clock = Begun(speed: 1000);
        var from = clock.GetTimestamp();
        machine.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(Origin + TimeSpan.FromSeconds(3000), clock.GetUtcNow());
        Assert.Equal(TimeSpan.FromSeconds(3000), clock.GetElapsedTime(from));
    }

    [Fact]
    public void Before_it_begins_it_stands()
    {
        using var clock = new AcceleratedClock(machine);
        machine.Advance(TimeSpan.FromDays(1));
        Assert.Equal(DateTimeOffset.UnixEpoch, clock.GetUtcNow());
    }

    [Fact]
    public void Held_it_stops_at_the_instant_and_the_time_held_does_not_count()
    {
        using var clock = Begun(speed: 60);
        clock.Hold(Origin + TimeSpan.FromMinutes(2));
        machine.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(Origin + TimeSpan.FromMinutes(2), clock.GetUtcNow());
        clock.Hold(null);
        machine.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Origin + TimeSpan.FromMinutes(3), clock.GetUtcNow());
    }

    [Fact]
    public void Neither_a_hold_in_the_past_nor_a_beginning_in_the_past_sets_it_back()
    {
        using var clock = Begun(speed: 60);
        machine.Advance(TimeSpan.FromSeconds(10));
        var reached = clock.GetUtcNow();
        clock.Hold(Origin);
        machine.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(reached, clock.GetUtcNow());
        clock.Begin(Origin, 1);
        Assert.Equal(reached, clock.GetUtcNow());
    }

    [Fact]
    public void Restored_it_goes_on_from_the_instant_reached_whatever_time_the_machine_was_down()
    {
        DateTimeOffset reached;
        using (var clock = Begun(speed: 700_000))
        {
            machine.Advance(TimeSpan.FromSeconds(10));
            reached = clock.GetUtcNow();
        }

        machine.Advance(TimeSpan.FromDays(3));
        using var restored = new AcceleratedClock(machine);
        restored.Begin(reached, 700_000);
        Assert.Equal(reached, restored.GetUtcNow());
        machine.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(reached + TimeSpan.FromSeconds(700_000), restored.GetUtcNow());
    }

    [Fact]
    public void Timers_fire_in_order_and_never_before_their_instant()
    {
        using var clock = Begun(speed: 3600);
        var fired = new List<(string Name, DateTimeOffset At)>();
        using var later = clock.CreateTimer(_ => fired.Add(("later", clock.GetUtcNow())), null, TimeSpan.FromHours(5), Timeout.InfiniteTimeSpan);
        using var sooner = clock.CreateTimer(_ => fired.Add(("sooner", clock.GetUtcNow())), null, TimeSpan.FromHours(2), Timeout.InfiniteTimeSpan);
        using var never = clock.CreateTimer(_ => fired.Add(("never", clock.GetUtcNow())), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        machine.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([("sooner", Origin + TimeSpan.FromHours(2)), ("later", Origin + TimeSpan.FromHours(5))], fired);
    }

    [Fact]
    public void A_timer_that_is_changed_fires_at_its_new_instant_only_and_one_disposed_never()
    {
        using var clock = Begun(speed: 3600);
        var fired = new List<DateTimeOffset>();
        using var timer = clock.CreateTimer(_ => fired.Add(clock.GetUtcNow()), null, TimeSpan.FromHours(2), Timeout.InfiniteTimeSpan);
        clock.CreateTimer(_ => fired.Add(DateTimeOffset.MinValue), null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan).Dispose();
        timer.Change(TimeSpan.FromHours(4), TimeSpan.FromHours(1));
        machine.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal([Origin + TimeSpan.FromHours(4), Origin + TimeSpan.FromHours(5), Origin + TimeSpan.FromHours(6)], fired);
    }

    [Fact]
    public void A_timer_due_behind_the_hold_waits_until_the_hold_is_lifted()
    {
        using var clock = Begun(speed: 3600);
        clock.Hold(Origin + TimeSpan.FromHours(1));
        var fired = 0;
        using var timer = clock.CreateTimer(_ => fired++, null, TimeSpan.FromHours(2), Timeout.InfiniteTimeSpan);
        machine.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(0, fired);
        clock.Hold(null);
        machine.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, fired);
    }

    [Fact]
    public void A_change_of_speed_moves_the_timers_with_it()
    {
        using var clock = Begun(speed: 1);
        var fired = 0;
        using var timer = clock.CreateTimer(_ => fired++, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        clock.Begin(Origin, 3600);
        machine.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, fired);
    }

    private AcceleratedClock Begun(double speed)
    {
        var clock = new AcceleratedClock(machine);
        clock.Begin(Origin, speed);
        return clock;
    }
}
