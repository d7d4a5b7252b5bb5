using Orchestrator.EndToEnd.Harness;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.EndToEnd;

public sealed class DrainTests
{
    [Fact]
    public async Task Sigterm_under_open_streams_drains_ends_with_0_within_5_seconds_and_loses_nothing()
    {
        await using var silo = await SiloProcess.StartAsync(Texts.Mails);
        var acknowledged = new List<string>();
        var half = new TaskCompletionSource();
        await using var consumer = new Consumer(silo.Client, "crm");
        var recording = Task.Run(async () =>
        {
            try
            {
                await foreach (var response in silo.Client.Signals.Record(Endless(), new()))
                {
                    foreach (var answer in response.Acknowledgements.Where(a => a.Result == Result.Recorded))
                    {
                        acknowledged.Add(answer.SignalId);
                    }

                    if (acknowledged.Count > 200)
                    {
                        half.TrySetResult();
                    }
                }
            }
            catch (RpcException)
            {
            }
        });
        await half.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var stopping = silo.StopAsync();
        SubscribeResponse said;
        do
        {
            said = await consumer.NextAsync();
        }
        while (said.Drain is null);

        Assert.True(said.Drain.ReconnectAfter.ToTimeSpan() > TimeSpan.Zero);
        var (exit, took) = await stopping;
        Assert.Equal(0, exit);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await recording.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("", silo.Process.Error);

        await silo.StartAsync();
        var again = new RecordBatchRequest { Signals = { acknowledged.Take(900).Select(id => Texts.Viewed(id, "acme")) } };
        Assert.All((await silo.Client.Signals.RecordBatch(again, new())).Acknowledgements, a => Assert.Equal(Result.Duplicate, a.Result));
        Assert.True((await silo.AccountAsync("acme")).SignalCount >= acknowledged.Count);
    }

    static async IAsyncEnumerable<RecordRequest> Endless()
    {
        for (var n = 0; n < 900; n++)
        {
            yield return new() { Signal = Texts.Viewed($"s{n}", "acme") };
            await Task.Delay(1);
        }

        await Task.Delay(Timeout.Infinite, new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
