using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Delivery;
using Xunit;
using static Orchestrator.V1.SettlementResult.Types;

namespace Orchestrator.Silo.Tests.Delivery;

public sealed class AckIdTests
{
    private static readonly AckIds Ours = new(DeliveryWorld.Key);
    private static readonly Ack Sample = new(GrainKey.Account("acme", "konto-ä/1"), "a-0123456789abc", 7, 639_000_000_000_000_123);

    [Fact]
    public void An_ack_id_says_what_it_was_made_of()
    {
        Assert.True(new AckIds(DeliveryWorld.Key).TryRead(Ours.Write(Sample), "acme", out var read, out _));
        Assert.Equal(Sample, read);
    }

    [Fact]
    public void An_ack_id_is_made_of_url_safe_characters() => Assert.Matches("^[A-Za-z0-9_-]+$", Ours.Write(Sample));

    [Fact]
    public void Any_changed_character_is_refused()
    {
        var good = Ours.Write(Sample);
        for (var i = 0; i < good.Length; i++)
        {
            foreach (var c in "ABab01-_=+/ .\n\0é")
            {
                var forged = good[..i] + c + good[(i + 1)..];
                Assert.True(c == good[i] || !Ours.TryRead(forged, "acme", out _, out _), $"`{forged}` was taken for `{good}`");
            }
        }
    }

    [Fact]
    public void Any_cut_or_longer_id_is_refused()
    {
        var good = Ours.Write(Sample);
        for (var i = 0; i < good.Length; i++)
        {
            Assert.False(Ours.TryRead(good[..i], "acme", out _, out _));
            Assert.False(Ours.TryRead(good[i..] + good[..i] + "A", "acme", out _, out _));
        }

        foreach (var more in new[] { "A", "AA", "AAAA", "=", "==", " ", "\n" })
        {
            Assert.False(Ours.TryRead(good + more, "acme", out _, out _));
        }
    }

    [Fact]
    public void Noise_is_refused_and_never_throws()
    {
        var random = new Random(20260302);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(0, 200)];
            random.NextBytes(bytes);
            Assert.False(Ours.TryRead(System.Buffers.Text.Base64Url.EncodeToString(bytes), "acme", out _, out var why));
            Assert.StartsWith("ack id", why, StringComparison.Ordinal);
        }

        Assert.False(Ours.TryRead(new string('A', 100_000), "acme", out _, out _));
    }

    [Fact]
    public void An_id_signed_with_another_key_or_for_another_tenant_is_refused()
    {
        Assert.False(new AckIds(new byte[32]).TryRead(Ours.Write(Sample), "acme", out _, out var why));
        Assert.EndsWith("its signature does not fit", why, StringComparison.Ordinal);
        Assert.False(Ours.TryRead(Ours.Write(Sample), "umbrella", out _, out why));
        Assert.EndsWith("it was given to another tenant", why, StringComparison.Ordinal);
        Assert.False(new AckIds(new byte[32]).TryRead(Ours.Write(Sample), out _, out _));
        Assert.True(Ours.TryRead(Ours.Write(Sample), out var ack, out _));
        Assert.Equal(Sample, ack);
    }

    [Fact]
    public void The_longest_names_still_fit()
    {
        var ack = new Ack(GrainKey.Account(new string('€', 64), new string('€', 256)), new string('a', 64), int.MaxValue, long.MaxValue);
        Assert.True(Ours.TryRead(Ours.Write(ack), ack.Account.Tenant, out var read, out _));
        Assert.Equal(ack, read);
    }

    [Fact]
    public void A_short_key_is_refused() => Assert.Throws<ArgumentException>(() => new AckIds(new byte[15]));

    [Fact]
    public async Task A_forged_id_settles_nothing_and_is_answered_with_a_reason()
    {
        using var world = new DeliveryWorld();
        var consumer = world.Join();
        world.Decide("a", "1");
        var ackId = Assert.Single(world.Take(consumer)).AckId;
        var forged = (ackId[0] == 'A' ? 'B' : 'A') + ackId[1..];
        var refused = await world.Hub.SettleAsync(DeliveryWorld.Tenant, new() { AckId = forged, Done = new() }, default);
        Assert.Equal((Result.Refused, forged), (refused.Result, refused.AckId));
        Assert.Contains("is not one of ours", refused.Reason, StringComparison.Ordinal);
        Assert.Empty(world.Accounts.Ends);
        Assert.Equal(Result.Refused, (await world.Hub.SettleAsync("umbrella", new() { AckId = ackId, Done = new() }, default)).Result);
        Assert.Equal(1, world.Hub.Outstanding);
    }
}
