using Orchestrator.Grains.CustomerValue;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Customers;

public sealed class ValueFitTests
{
    private const string Text = """
        playbook: value
        currency: EUR
        time-zone: Europe/Berlin
        departments: {sales: {title: Sales}}
        signals: {purchase.made: {observed: true, properties: {amount: money}}}
        scores:
          clv:
            model: bg-nbd+gamma-gamma
            on: purchase.made
            parameters: {unit: 7d, r: 1, alpha: 2, a: 1, b: 2}
        stages: {buyer: {kind: inventory}}
        """;

    [Fact]
    public async Task J8_the_value_model_is_fitted_to_what_all_accounts_bought_and_the_fragment_goes_into_a_draft()
    {
        await using var desk = await Desk.OpenAsync(Text, partitions: 4);
        var few = await Assert.ThrowsAsync<RpcException>(() => InsightOf(desk).FitValue(new() { Sample = 60 }, new CallContext()));
        Assert.Equal(StatusCode.FailedPrecondition, few.Code);
        Assert.Contains("too few customers to fit to: 0 bought, 0 of them on several days; 60 and 12 are needed", few.Status.Detail, StringComparison.Ordinal);

        // Customers with a rate and an end of their own, as the model says; what they bought is kept here, too, and reckoned independently.
        var random = new Random(17);
        var bought = new SortedDictionary<(DateTimeOffset At, string Account), long>();
        for (var i = 0; i < 90; i++)
        {
            var (at, rate, leaves, mean) = (World.Start.AddDays(random.Next(1, 60)), 0.02 - (0.04 * Math.Log(1 - random.NextDouble())), random.Next(3) == 0 ? 0.8 : 0.05, 1_000 + random.Next(9_000));
            for (var n = 0; n == 0 || ((n == 1 || random.NextDouble() > leaves) && at < World.Start.AddDays(250)); n++)
            {
                bought[(at, $"a-{i}")] = (long)(mean * (0.5 + random.NextDouble()));
                at = at.AddDays(1 + Math.Floor(-Math.Log(1 - random.NextDouble()) / rate));
            }
        }

        var now = World.Start.AddDays(300);
        List<BuyingHistory> histories =
        [
            .. bought.GroupBy(b => b.Key.Account).Select(g =>
            {
                List<(DateTimeOffset At, long Amount)> all = [.. g.Select(b => (b.Key.At, b.Value)).OrderBy(b => b.At)];
                var weeks = TimeSpan.FromDays(7);
                return new BuyingHistory(
                    all.Count - 1, all.Count == 1 ? 0 : (all[^1].At - all[0].At) / weeks, (now - all[0].At) / weeks, all.Count == 1 ? all[0].Amount : all.Skip(1).Average(a => (double)a.Amount));
            }),
        ];
        var expected = ValueFit.Buying(histories);
        Assert.True(expected.IsFound, expected.ToString());

        foreach (var ((at, account), amount) in bought)
        {
            if (at > desk.World.Clock.GetUtcNow())
            {
                desk.World.Clock.Advance(at - desk.World.Clock.GetUtcNow());
            }

            await desk.RecordAsync(new Signal
            {
                Id = $"{account}-{at.UtcTicks}", Type = "purchase.made", Account = account, Source = "test", Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(at),
                Properties = { ["amount"] = new Value { Money = new Money { MinorUnits = amount, Currency = "EUR" } } },
            });
        }

        desk.World.Clock.Advance(now - desk.World.Clock.GetUtcNow());
        var fit = await InsightOf(desk).FitValue(new() { Sample = 60 }, new CallContext());
        Assert.Equal((90L, (long)histories.Count(h => h.X > 0)), (fit.Customers, fit.Repeaters));
        Assert.Equal(expected.Parameters.R, fit.Fitted.R, expected.Parameters.R * 1e-3);
        Assert.Equal(expected.Parameters.Alpha, fit.Fitted.Alpha, expected.Parameters.Alpha * 1e-3);
        Assert.Equal(expected.LogLikelihood, fit.Fitted.BuyingLogLikelihood, 1e-2);
        Assert.True(fit.Fitted.BuyingLogLikelihood > fit.Current.BuyingLogLikelihood);
        Assert.Equal((1.0, 2.0, false), (fit.Current.R, fit.Current.Alpha, fit.CurrentIsPublished));
        Assert.True(fit.Fitted.HasP && fit.Fitted.P > 0 && fit.Fitted.V > 1);

        // Into the draft of the next version as it is; then nothing is left to be gained.
        var line = fit.Fragment.Split('\n').Single(l => l.Contains("parameters:", StringComparison.Ordinal));
        await desk.PublishAsync(Text.Replace("    parameters: {unit: 7d, r: 1, alpha: 2, a: 1, b: 2}", line, StringComparison.Ordinal));
        var again = await InsightOf(desk).FitValue(new() { Sample = 60 }, new CallContext());
        Assert.Equal(again.Fitted.BuyingLogLikelihood, again.Current.BuyingLogLikelihood, 1e-3);
        Assert.Equal(again.Fitted.SpendLogLikelihood, again.Current.SpendLogLikelihood, 1e-3);
        // Some moments later, by the clock that the silo needs to answer.
        Assert.Equal(fit.Fitted.Alpha, again.Fitted.Alpha, 1e-4);
        Assert.Contains("did you mean `clv`?", (await Assert.ThrowsAsync<RpcException>(() => InsightOf(desk).FitValue(new() { Score = "clw" }, new CallContext()))).Status.Detail, StringComparison.Ordinal);
    }

    private static InsightService InsightOf(Desk desk) => new(desk.World.Shelf, desk.World.Store, desk.World.Clock, desk.World.Silo);
}
