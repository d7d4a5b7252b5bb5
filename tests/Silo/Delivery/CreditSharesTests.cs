using Orchestrator.Silo.Delivery.Relays;

namespace Orchestrator.Silo.Tests.Delivery;

/// <summary>Hubs that answer late and in any order, drawn from a seed: what they may lease together must never exceed the consumer's credit.</summary>
public sealed class CreditSharesTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 300)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void However_late_messages_are_all_hubs_together_never_lease_more_than_the_credit(int seed)
    {
        var random = new Random(seed);
        var total = random.Next(1, 20);
        var shares = new CreditShares(total);
        var hubs = Enumerable.Range(0, random.Next(1, 6)).Select(i => new Hub($"hub-{i}")).ToList();

        // The consumer's own hub has all of it at first.
        hubs[0].Credit = total;
        hubs.ForEach(h => shares.Add(h.Name, h.Credit));
        for (var step = 0; step < 500; step++)
        {
            var hub = hubs[random.Next(hubs.Count)];
            switch (random.Next(6))
            {
                case 0:
                    hub.Waiting = random.Next(0, 5);
                    hub.Tell();
                    break;
                case 1:
                    hub.Lease();
                    break;
                case 2 when hub.Used > 0:
                    hub.Used--;
                    hub.Tell();
                    break;
                case 3 when hub.Orders.TryDequeue(out var order):
                    hub.Obey(order);
                    break;
                case 4 when hub.News.TryDequeue(out var news):
                    shares.Hear(hub.Name, news.Used, news.Counts, news.Wants, news.Heard);
                    break;
                default:
                    shares.NextTurn();
                    break;
            }

            foreach (var (silo, credit, number) in shares.Plan())
            {
                hubs.Single(h => h.Name == silo).Orders.Enqueue((credit, number));
            }

            Assert.True(hubs.Sum(h => h.Used) <= total, $"seed {seed}, step {step}: {hubs.Sum(h => h.Used)} of {total} are leased");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Credit_comes_to_the_hub_where_actions_wait_and_each_of_several_has_its_turn(int total)
    {
        var shares = new CreditShares(total);
        var hubs = Enumerable.Range(0, 3).Select(i => new Hub($"hub-{i}") { Waiting = 100 }).ToList();
        hubs[0].Credit = total;
        hubs.ForEach(h => shares.Add(h.Name, h.Credit));
        for (var round = 0; round < 40; round++)
        {
            foreach (var hub in hubs)
            {
                while (hub.Orders.TryDequeue(out var order))
                {
                    hub.Obey(order);
                }

                hub.Lease();
                hub.Used = 0;
                hub.Tell();
                while (hub.News.TryDequeue(out var news))
                {
                    shares.Hear(hub.Name, news.Used, news.Counts, news.Wants, news.Heard);
                }
            }

            shares.NextTurn();
            foreach (var (silo, credit, number) in shares.Plan())
            {
                hubs.Single(h => h.Name == silo).Orders.Enqueue((credit, number));
            }
        }

        Assert.All(hubs, h => Assert.True(h.Leased > 0, $"{h.Name} leased nothing"));
    }

    [Fact]
    public void What_a_lost_hub_has_leased_stays_taken_until_it_is_found_again()
    {
        var shares = new CreditShares(10);
        shares.Add("a");
        shares.Add("b");
        shares.Plan();
        shares.Hear("b", used: 4, counts: 5, wants: false, heard: 1);
        Assert.Equal(4, shares.Remove("b"));
        Assert.Equal(1, shares.Free);
        Assert.Equal(("a", 6, 2), Assert.Single(shares.Plan()));
        shares.Lost -= 4;
        Assert.Equal(("a", 10, 3), Assert.Single(shares.Plan()));
    }

    private sealed class Hub(string name)
    {
        private long _heard;

        public string Name => name;

        public int Credit { get; set; }

        public int Used { get; set; }

        public int Waiting { get; set; }

        public int Leased { get; private set; }

        public Queue<(int Credit, long Number)> Orders { get; } = new();

        public Queue<(int Used, int Counts, bool Wants, long Heard)> News { get; } = new();

        public void Lease()
        {
            while (Used < Credit && Waiting > 0)
            {
                Used++;
                Waiting--;
                Leased++;
            }
        }

        public void Obey((int Credit, long Number) order)
        {
            (Credit, _heard) = order;
            Tell();
        }

        public void Tell() => News.Enqueue((Used, Math.Max(Credit, Used), Used >= Credit && Waiting > 0, _heard));
    }
}
