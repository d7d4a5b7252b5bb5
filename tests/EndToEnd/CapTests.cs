using System.Collections.Concurrent;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.V1;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.EndToEnd;

/// <summary>A cap holds whatever comes at once.</summary>
public sealed class CapTests
{
    const int Streams = 20;
    const int SignalsAStream = 500;

    [Fact]
    public async Task Ten_thousand_triggers_at_once_against_a_cap_of_one_give_one_action_to_one_consumer()
    {
        await using var silo = await SiloProcess.StartAsync(Texts.OneMailAnAccount);
        using var end = new CancellationTokenSource();
        var heard = new ConcurrentQueue<Delivery>();
        var last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var consumer = silo.Connect();
        var consumers = Enumerable.Range(0, 5).Select(c => Task.Run(async () =>
        {
            try
            {
                await foreach (var delivery in consumer.Subscribe(new() { Subscription = $"s{c % 2}" }).WithCancellation(end.Token))
                {
                    heard.Enqueue(delivery);
                    if (delivery.Action.Account == "last")
                    {
                        last.TrySetResult();
                    }
                }
            }
            catch (OperationCanceledException)
            {
            }
        })).ToList();

        // A hundred people of one account, so that only the account's own cap stands between them and a hundred mails.
        var verdicts = await Task.WhenAll(Enumerable.Range(0, Streams).Select(async stream =>
        {
            using var client = silo.Connect();
            await using var recorder = client.NewRecorder();
            for (var n = 0; n < SignalsAStream; n++)
            {
                await recorder.AddAsync(Texts.Viewed($"{stream}-{n}", "acme", $"p{n % 100}"));
            }

            return await recorder.FlushAsync();
        }));
        Assert.All(verdicts.SelectMany(v => v), v => Assert.Equal(Result.Recorded, v.Result));

        // What came too much for acme would have been pushed before this.
        Assert.Equal(Result.Recorded, (await silo.RecordAsync(Texts.Viewed("z", "last"))).Result);
        await last.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var only = Assert.Single(heard, d => d.Action.Account == "acme");
        Assert.Equal((1, "mail-a"), (only.Attempt, only.Action.Treatment));
        var account = await silo.AccountAsync("acme");
        Assert.Equal((Streams * SignalsAStream, only.Action.Id), (account.SignalCount, Assert.Single(account.OpenActions).Id));

        // Carried out, it still fills the cap.
        await consumer.Actions.Settle(new() { Settlements = { new Settlement { AckId = only.AckId, Done = new() { Outcome = "delivered" } } } }, new());
        await silo.RecordAsync(Texts.Viewed("after", "acme"));
        Assert.Empty((await silo.AccountAsync("acme")).OpenActions);
        await end.CancelAsync();
        await Task.WhenAll(consumers);
    }
}
