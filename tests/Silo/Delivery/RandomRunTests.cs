using Orchestrator.Silo.Delivery;
using Xunit;

namespace Orchestrator.Silo.Tests.Delivery;

public sealed class RandomRunTests
{
    private static readonly string[] Channels = ["email", "web", "task"];

    /// <summary>
    /// Thousands of random steps by several consumers against one hub, after each of which what must always hold is looked at: one live lease an action,
    /// one an account and filter, never beyond credit, never at or after the end of validity, the earliest first; and in the end each action has ended once.
    /// </summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whatever_consumers_do_each_action_ends_once_and_the_rules_hold_at_each_step(int seed)
    {
        using var run = new RandomRun(seed);
        try
        {
            run.Go(steps: 1_500);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
        }
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 100)];

    private sealed class RandomRun(int seed) : IDisposable
    {
        private readonly Random random = new(seed);
        private readonly DeliveryWorld world = new();
        private readonly List<(Consumer Consumer, string Subscription, int Credit, Dictionary<string, V1.Delivery> Held)> consumers = [];
        private readonly List<V1.Delivery> seen = [];
        private readonly List<(TaskCompletionSource<SettleAnswer?> Hold, bool Fails)> held = [];
        private readonly List<(V1.Delivery Delivery, bool Retry, Task<V1.SettlementResult> Result)> settlements = [];
        private readonly List<Task<V1.SettlementResult>> extensions = [];
        private readonly Dictionary<string, DateTimeOffset> validUntil = [];
        private readonly bool moves = seed % 3 == 0;
        private int decided;

        public void Go(int steps)
        {
            using var turns = new OneThread();
            world.Accounts.Before = (_, _) => random.Next(4) switch
            {
                0 => Later(fails: false),
                1 => Later(fails: random.Next(3) == 0),
                _ => new((SettleAnswer?)null),
            };
            world.Accounts.After = (_, _) => new(random.Next(10) == 0 ? new SettleAnswer.Unavailable("nobody heard") : null);
            for (var step = 0; step < steps; step++)
            {
                Step();
                turns.Drain();
                world.Hub.CheckInvariants();
            }

            End(turns);
        }

        public void Dispose() => world.Dispose();

        private ValueTask<SettleAnswer?> Later(bool fails)
        {
            var hold = new TaskCompletionSource<SettleAnswer?>();
            held.Add((hold, fails));
            return new(hold.Task);
        }

        private void Step()
        {
            switch (random.Next(16))
            {
                case 0 or 1 or 2:
                    Decide();
                    break;
                case 3:
                    Join();
                    break;
                case 4 when consumers.Count > 0 && random.Next(3) == 0:
                    Leave(random.Next(consumers.Count));
                    break;
                case 5 or 6 or 7 when consumers.Count > 0:
                    Take(consumers[random.Next(consumers.Count)]);
                    break;
                case 8 or 9 or 10 when seen.Count > 0:
                    Settle(seen[^random.Next(1, Math.Min(seen.Count, 12) + 1)]);
                    break;
                case 11 when seen.Count > 0:
                    Extend(seen[^random.Next(1, Math.Min(seen.Count, 6) + 1)]);
                    break;
                case 12:
                    Release();
                    break;
                case 13:
                    world.Leases.Advance(TimeSpan.FromMilliseconds(random.Next(1, 8_000)));
                    break;
                case 14:
                    world.Business.Advance(TimeSpan.FromMilliseconds(random.Next(1, 20_000)));
                    break;
                case 15 when random.Next(3) == 0:
                    Rare();
                    break;
            }

        }

        private void Rare()
        {
            var open = world.Accounts.Open;
            switch (random.Next(4))
            {
                case 0 when open.Count > 0:
                    var (account, action) = open[random.Next(open.Count)];
                    world.Accounts.Withdraw(account, action.Id, "goal reached");
                    break;
                case 1:
                    world.Accounts.OfferAll();
                    break;
                case 2 when moves && random.Next(4) == 0:
                    world.Hub.Forget(a => a.Affinity == "a1");
                    world.Accounts.OfferAll();
                    break;
                default:
                    world.Business.Jump(TimeSpan.FromSeconds(random.Next(0, 60)));
                    break;
            }
        }

        private void Decide()
        {
            var id = DeliveryWorld.Name(decided++);
            var action = world.Decide(
                $"a{random.Next(6)}",
                id,
                Channels[random.Next(3)],
                "",
                valid: TimeSpan.FromSeconds(random.Next(1, 600)),
                notBefore: random.Next(4) == 0 ? TimeSpan.FromSeconds(random.Next(60)) : null,
                transactional: random.Next(8) == 0);
            validUntil[id] = action.ValidUntil;
        }

        private void Join()
        {
            if (consumers.Count >= 6)
            {
                return;
            }

            var which = random.Next(3);
            var filter = which switch { 0 => DeliveryFilter.All, 1 => DeliveryWorld.Channels("email"), _ => DeliveryWorld.Channels("web", "task") };
            var credit = random.Next(1, 5);
            consumers.Add((world.Join($"s{which}", filter, credit, TimeSpan.FromSeconds(random.Next(1, 20)), release: random.Next(2) == 0), $"s{which}", credit, []));
        }

        private void Leave(int index)
        {
            world.Hub.Leave(consumers[index].Consumer);
            consumers.RemoveAt(index);
        }

        private void Take((Consumer Consumer, string Subscription, int Credit, Dictionary<string, V1.Delivery> Held) consumer)
        {
            var (deliveries, revocations) = world.Hub.Take(consumer.Consumer, random.Next(1, 5));
            foreach (var delivery in deliveries)
            {
                Assert.True(world.Business.GetUtcNow() < validUntil[delivery.Action.Id], $"{delivery.Action.Id} was delivered after its validity");
                Assert.True(world.Leases.GetUtcNow() < delivery.LeaseUntil.ToDateTimeOffset(), "a lease that was over was delivered");
                consumer.Held[delivery.Action.Id] = delivery;
                seen.Add(delivery);
            }

            Assert.All(revocations, r => Assert.True(consumer.Held.ContainsKey(r.ActionId), "revoked what it never got"));
        }

        private void Settle(V1.Delivery delivery)
        {
            var retry = random.Next(3) == 0;
            var work = retry ? world.Retry(delivery, TimeSpan.FromSeconds(random.Next(0, 30))) : world.Done(delivery);
            settlements.Add((delivery, retry, work));
        }

        private void Extend(V1.Delivery delivery) => extensions.Add(world.Extend(delivery, TimeSpan.FromSeconds(random.Next(1, 30))));

        private void Release()
        {
            if (held.Count > 0)
            {
                var index = random.Next(held.Count);
                var (hold, fails) = held[index];
                held.RemoveAt(index);
                hold.SetResult(fails ? new SettleAnswer.Unavailable("moving") : null);
            }
        }

        private void End(OneThread turns)
        {
            world.Accounts.Before = null;
            world.Accounts.After = null;
            while (held.Count > 0)
            {
                Release();
                turns.Drain();
            }

            foreach (var settlement in settlements)
            {
                Assert.True(settlement.Result.IsCompletedSuccessfully);
                Assert.Equal(settlement.Delivery.AckId, settlement.Result.Result.AckId);
            }

            Assert.All(extensions, e => Assert.NotEqual(V1.SettlementResult.Types.Result.Refused, e.Result.Result));

            // One ack id counts at most once; a silo that has just taken over knows only the last return of each action.
            var counted = settlements.Where(s => (!moves || s.Retry) && s.Result.Result.Result is V1.SettlementResult.Types.Result.Settled or V1.SettlementResult.Types.Result.SettledLate);
            Assert.All(counted.GroupBy(s => s.Delivery.AckId), g => Assert.Single(g));

            // Everybody left: whatever is open reaches one last willing consumer, and nothing is lost.
            while (consumers.Count > 0)
            {
                Leave(0);
            }

            world.Accounts.OfferAll();
            var last = world.Join("last", credit: 1_000);
            while (world.Accounts.Open.Any(o => o.Action.ValidUntil > world.Business.GetUtcNow()))
            {
                foreach (var delivery in world.Take(last))
                {
                    // What was taken though nobody heard so may come once more, and is answered for what it is.
                    var open = world.Accounts.Open.Any(o => o.Action.Id == delivery.Action.Id);
                    var done = world.Done(delivery);
                    turns.Drain();
                    Assert.Equal(open ? V1.SettlementResult.Types.Result.Settled : V1.SettlementResult.Types.Result.AlreadySettled, done.Result.Result);
                }

                world.Leases.Advance(TimeSpan.FromSeconds(1));
                world.Business.Advance(TimeSpan.FromSeconds(1));
                world.Hub.CheckInvariants();
            }

            // What ended though nobody heard so is forgotten with its validity at the latest.
            world.Business.Advance(TimeSpan.FromHours(1));
            Assert.Equal(world.Accounts.Ends.Count, world.Accounts.Ends.Select(e => e.Id).Distinct().Count());
            Assert.Equal((0, 0), (world.Hub.OpenActions, world.Hub.Outstanding));
        }
    }

    /// <summary>Runs what waits in the order it came, on the test's own thread: a seed means one run.</summary>
    private sealed class OneThread : SynchronizationContext, IDisposable
    {
        private readonly SynchronizationContext? before = Current;
        private readonly Queue<(SendOrPostCallback Work, object? State)> waiting = new();

        public OneThread() => SetSynchronizationContext(this);

        public override void Post(SendOrPostCallback d, object? state) => waiting.Enqueue((d, state));

        public void Drain()
        {
            while (waiting.TryDequeue(out var next))
            {
                next.Work(next.State);
            }
        }

        public void Dispose() => SetSynchronizationContext(before);
    }
}
