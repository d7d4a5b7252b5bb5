using Orchestrator.Grains.Accounts;
using Xunit;

namespace Orchestrator.Grains.Tests.Accounts;

public sealed class IdWindowTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Adding_to_an_older_window_changes_neither_it_nor_the_newer_ones()
    {
        var random = new Random(11);
        var windows = new List<(SeenSignals Window, List<SeenSignal> Expected)> { (SeenSignals.None, []) };
        for (var step = 0; step < 5_000; step++)
        {
            // Mostly the newest is continued, as an account is; sometimes an older one, as a failed turn does.
            var (window, expected) = windows[random.Next(8) == 0 ? random.Next(windows.Count) : ^1];
            var seen = Seen(step, Start.AddMinutes(step));
            windows.Add((window.Add(seen), [.. expected, seen]));
            if (windows.Count > 40)
            {
                windows.RemoveAt(random.Next(windows.Count - 1));
            }
        }

        foreach (var (window, expected) in windows)
        {
            Assert.Equal(expected.TakeLast(window.Count), window.All);
            Assert.True(window.Count >= Math.Min(expected.Count, SeenSignals.MostIds), $"{window.Count} of {expected.Count} are left");
            Assert.All(expected.TakeLast(window.Count), seen => Assert.Equal(seen, window.Find(seen.IdHash, Start.AddMinutes(5_000))));
        }
    }

    [Fact]
    public void A_window_read_back_goes_on_as_the_one_that_was_never_written()
    {
        var kept = SeenSignals.None;
        var read = SeenSignals.None;
        for (var i = 0; i < 4_000; i++)
        {
            var seen = Seen(i, Start.AddMinutes(i * 7));
            (kept, read) = (kept.Add(seen), SeenSignals.Of(read.All).Add(seen));
            Assert.Equal(kept.Count, read.Count);
        }

        Assert.Equal(kept.All, read.All);
        Assert.InRange(kept.Count, SeenSignals.MostIds, SeenSignals.MostIds + 31);
    }

    [Fact]
    public void What_is_older_than_the_window_is_not_found_and_leaves()
    {
        var window = Enumerable.Range(0, 100).Aggregate(SeenSignals.None, (all, i) => all.Add(Seen(i, Start)));
        Assert.NotNull(window.Find(Seen(5, Start).IdHash, Start + SeenSignals.MostAge - TimeSpan.FromTicks(1)));
        Assert.Null(window.Find(Seen(5, Start).IdHash, Start + SeenSignals.MostAge));
        Assert.Equal(1, window.Add(Seen(100, Start + SeenSignals.MostAge)).Count);
    }

    private static SeenSignal Seen(int i, DateTimeOffset at) => new(unchecked((ulong)i * 0x9E3779B97F4A7C15UL), (uint)i, i, at.UtcTicks);
}
