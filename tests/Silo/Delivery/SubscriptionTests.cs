using Orchestrator.Silo.Delivery;
using Xunit;

namespace Orchestrator.Silo.Tests.Delivery;

public sealed class SubscriptionTests : IDisposable
{
    private readonly DeliveryWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public void Consumers_of_one_subscription_share_its_actions()
    {
        var consumers = Enumerable.Range(0, 4).Select(_ => world.Join()).ToList();
        for (var i = 0; i < 100; i++)
        {
            world.Decide($"a{i}", DeliveryWorld.Name(i));
        }

        var shares = consumers.Select(c => world.Ids(c)).ToList();
        Assert.All(shares, share => Assert.Equal(25, share.Length));
        Assert.Equal(100, shares.SelectMany(s => s).Distinct().Count());
    }

    [Fact]
    public void Another_filter_is_refused_with_both_filters_named()
    {
        world.Join("mailer", DeliveryWorld.Channels("email"));
        var refused = Assert.Throws<DeliveryRefusedException>(() => world.Join("mailer", DeliveryWorld.Channels("web", "ads")));
        Assert.Equal(RefusalKind.OtherFilter, refused.Kind);
        Assert.Contains("channels [email]", refused.Message, StringComparison.Ordinal);
        Assert.Contains("channels [ads, web]", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_filter_written_otherwise_is_the_same()
    {
        world.Join("mailer", DeliveryWorld.Channels("email", "web"));
        world.Join("mailer", DeliveryWorld.Channels("web", "email", "web"));
    }

    [Fact]
    public void A_filter_may_change_once_consumers_leases_and_the_grace_are_gone()
    {
        var old = world.Join("mailer", DeliveryWorld.Channels("email"));
        world.Decide("a", "1", "email");
        Assert.Single(world.Take(old));
        world.Hub.Leave(old);
        Assert.Throws<DeliveryRefusedException>(() => world.Join("mailer", DeliveryWorld.Channels("web")));
        world.Leases.Advance(Limits.DefaultLease);
        world.Leases.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Assert.Throws<DeliveryRefusedException>(() => world.Join("mailer", DeliveryWorld.Channels("web")));
        world.Leases.Advance(TimeSpan.FromTicks(1));
        world.Join("mailer", DeliveryWorld.Channels("web"));
    }

    [Fact]
    public void A_tenant_sees_only_its_own_actions_and_has_its_own_names()
    {
        var other = world.Hub.Join("umbrella", "mailer", DeliveryWorld.Channels("web"), new(100, Limits.DefaultLease, false));
        var all = world.Hub.Join("umbrella", "all", DeliveryFilter.All, new(100, Limits.DefaultLease, false));
        world.Decide("a", "1", "web");
        Assert.Empty(world.Take(other));
        Assert.Empty(world.Take(all));
        Assert.Equal(["1"], world.Ids(world.Join("mailer", DeliveryWorld.Channels("email", "web"))));
    }

    [Theory]
    [InlineData("email", "sales", "ann", "email", "sales", "ann", true)]
    [InlineData("", "", "", "email", "sales", "ann", true)]
    [InlineData("email,web", "", "", "web", "sales", "ann", true)]
    [InlineData("email", "sales", "", "email", "marketing", "ann", false)]
    [InlineData("email", "sales", "bob", "email", "sales", "ann", false)]
    [InlineData("", "", "ann", "email", "sales", "", false)]
    public void All_lists_of_a_filter_must_match_and_an_empty_one_takes_everything(
        string channels, string departments, string owners, string channel, string department, string owner, bool taken)
    {
        static string[] List(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var consumer = world.Join("x", new DeliveryFilter(List(channels), List(departments), List(owners)));
        world.Hub.Offer(DeliveryWorld.Account("a"), world.Action("1", channel, department), [], owner);
        Assert.Equal(taken ? 1 : 0, world.Take(consumer).Count);
    }

    [Fact]
    public void An_action_that_several_subscriptions_want_goes_to_one_of_them_in_turn()
    {
        var consumers = new[] { world.Join("x", credit: 1_000), world.Join("y", DeliveryWorld.Channels("email"), credit: 1_000), world.Join("z", DeliveryWorld.Channels("email", "web"), credit: 1_000) };
        for (var i = 0; i < 300; i++)
        {
            world.Decide($"a{i}", DeliveryWorld.Name(i));
        }

        var shares = consumers.Select(c => world.Ids(c)).ToList();
        Assert.Equal(300, shares.SelectMany(s => s).Distinct().Count());
        Assert.All(shares, share => Assert.Equal(100, share.Length));
    }

    [Fact]
    public void A_subscription_without_credit_does_not_keep_actions_from_another()
    {
        world.Join("full", credit: 1);
        var open = world.Join("open", DeliveryWorld.Channels("email"));
        for (var i = 0; i < 10; i++)
        {
            world.Decide($"a{i}", DeliveryWorld.Name(i));
        }

        Assert.InRange(world.Take(open).Count, 9, 10);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Mailer")]
    [InlineData("mail_er")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123x")]
    public void A_bad_name_is_refused(string name)
    {
        var refused = Assert.Throws<DeliveryRefusedException>(() => world.Join(name));
        Assert.Equal(RefusalKind.Invalid, refused.Kind);
        Assert.Contains($"`{name}`", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_draining_silo_gives_no_more_leases_and_takes_no_more_consumers()
    {
        var consumer = world.Join();
        world.Hub.Drain(TimeSpan.FromSeconds(2));
        world.Decide("a", "1");
        Assert.Empty(world.Take(consumer));
        Assert.Equal(RefusalKind.Draining, Assert.Throws<DeliveryRefusedException>(() => world.Join()).Kind);
    }
}
