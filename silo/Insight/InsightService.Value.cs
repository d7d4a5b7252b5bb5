using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.InFlight;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

public sealed partial class InsightService
{
    private const int LeastCustomers = 50;
    private const int DefaultCustomers = 200;
    private const int AccountsAtOnce = 64;

    public async Task<FitValueResponse> FitValue(FitValueRequest request, CallContext call)
    {
        var silo = runtime ?? throw new RpcException(StatusCode.Unimplemented, "accounts cannot be read here");
        var playbook = PlaybookNow();
        var definition = ValueOf(request.Score, playbook);
        var sample = Between(request.Sample, DefaultCustomers, int.MaxValue, "sample");
        if (sample < LeastCustomers)
        {
            throw Invalid($"`sample` must be {LeastCustomers} or more, or 0 for {DefaultCustomers}; it is {sample}");
        }

        var model = definition.Model ?? ValueModelDefinition.Published;
        var (now, bought) = (clock.GetUtcNow(), await PurchasesAsync(silo, call.CancellationToken));
        List<BuyingHistory> histories = [.. bought.Select(p => HistoryOf(p, model.Unit, now))];
        var repeaters = histories.Count(h => h.X > 0);
        if (histories.Count < sample || repeaters < sample / 5)
        {
            throw new RpcException(
                StatusCode.FailedPrecondition, $"too few customers to fit to: {histories.Count} bought, {repeaters} of them on several days; {sample} and {sample / 5} are needed, `sample` lowers the bar");
        }

        var (buying, spend) = await Task.Run(() => (ValueFit.Buying(histories), ValueFit.Spend(histories)), call.CancellationToken);
        if (!buying.IsFound)
        {
            throw new RpcException(StatusCode.FailedPrecondition, $"what these {histories.Count} customers bought does not tell the parameters: likelihood still rises towards {ParametersOf(buying.Parameters)}");
        }

        var fitted = new ValueModelDefinition(model.Unit, buying.Parameters, spend.IsFound ? spend.Parameters : null);
        var response = new FitValueResponse
        {
            Score = definition.Id,
            Customers = histories.Count,
            Repeaters = repeaters,
            From = Timestamp.FromDateTimeOffset(bought.Min(p => p.FirstAt)),
            Until = Timestamp.FromDateTimeOffset(now),
            Unit = Duration.FromTimeSpan(model.Unit),
            Currency = playbook.Definition.Currency,
            Fitted = Write(fitted, histories),
            Current = Write(model, histories),
            CurrentIsPublished = definition.Model is null,
        };
        if (!spend.IsFound)
        {
            response.Remarks.Add("what customers spend each time does not tell `p`, `q` and `v`: each customer's own mean stands");
        }

        response.Fragment = Fragment(response, definition, fitted);
        return response;
    }

    private static ScoreDefinition.LifetimeValue ValueOf(string score, Playbook playbook)
    {
        List<ScoreDefinition.LifetimeValue> values = [.. playbook.Definition.Scores.OfType<ScoreDefinition.LifetimeValue>()];
        return values.Find(v => v.Id == score || (score.Length == 0 && values.Count == 1))
            ?? throw Invalid(values.Count == 0 ? "the playbook has no score of what customers are worth, with `model: bg-nbd+gamma-gamma`"
                : score.Length == 0 ? $"`score` must say which of {string.Join(", ", values.Select(v => $"`{v.Id}`"))} is meant"
                : $"the playbook has no score `{score}` of what customers are worth{Nearest(score, values.Select(v => v.Id))}");
    }

    private async Task<List<PurchaseHistory>> PurchasesAsync(SiloRuntime silo, CancellationToken cancel)
    {
        var all = new List<PurchaseHistory>();
        var page = new List<GrainKey>(AccountsAtOnce);
        foreach (var row in (await store.PartitionsAsync(cancel)).Where(r => r.NextSequence > 1))
        {
            await foreach (var (account, _) in AccountsOf.PartitionAsync(store, row, "", cancel))
            {
                if (account.Tenant == Tenants.Default)
                {
                    page.Add(account);
                }

                if (page.Count == AccountsAtOnce)
                {
                    await TakeAsync();
                }
            }

            // A page is of one partition.
            await TakeAsync();
        }

        return all;

        async Task TakeAsync()
        {
            foreach (var state in page.Count == 0 ? [] : await silo.ReadAsync(page, cancel))
            {
                if (state is Account { ForwardedTo.Length: 0, Customer.Purchases: { } purchases })
                {
                    all.Add(purchases);
                }
            }

            page.Clear();
        }
    }

    /// <summary>As the score reckons, so that what is fitted is what is used.</summary>
    private static BuyingHistory HistoryOf(PurchaseHistory bought, TimeSpan unit, DateTimeOffset now) =>
        new(bought.Repeats, bought.Repeats == 0 ? 0 : (bought.LastAt - bought.FirstAt) / unit, ((now > bought.LastAt ? now : bought.LastAt) - bought.FirstAt) / unit, bought.MeanSpend);

    private static ValueParameters Write(ValueModelDefinition model, List<BuyingHistory> histories)
    {
        var b = model.Buying;
        var written = new ValueParameters { R = b.R, Alpha = b.Alpha, A = b.A, B = b.B, BuyingLogLikelihood = histories.Sum(h => BuyingModel.LogLikelihood(b, h.X, h.LastAt, h.Age)) };
        if (model.Spend is { } s)
        {
            (written.P, written.Q, written.V) = (s.P, s.Q, s.V);
            written.SpendLogLikelihood = histories.Where(h => h.X > 0 && h.Mean > 0).Sum(h => SpendModel.LogLikelihood(s, h.X, h.Mean));
        }

        return written;
    }

    private static string Fragment(FitValueResponse fit, ScoreDefinition.LifetimeValue definition, ValueModelDefinition model)
    {
        var (b, spend) = (model.Buying, model.Spend is { } s ? $", p: {Figure(s.P)}, q: {Figure(s.Q)}, v: {Figure(s.V)}" : "");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"# Fitted by maximum likelihood to {fit.Customers} customers, {fit.Repeaters} with repeat purchases, {fit.From.ToDateTimeOffset():yyyy-MM-dd} to {fit.Until.ToDateTimeOffset():yyyy-MM-dd}.\n"
            + $"scores:\n  {definition.Id}:\n    parameters: {{unit: {UnitOf(model.Unit)}, r: {Figure(b.R)}, alpha: {Figure(b.Alpha)}, a: {Figure(b.A)}, b: {Figure(b.B)}{spend}}}\n");
    }

    private static string ParametersOf(BuyingParameters b) => $"r {Figure(b.R)}, alpha {Figure(b.Alpha)}, a {Figure(b.A)}, b {Figure(b.B)}";

    /// <summary>As a playbook writes it, which is how it came.</summary>
    private static string UnitOf(TimeSpan unit) =>
        unit.Ticks % TimeSpan.TicksPerDay == 0 ? $"{unit.TotalDays}d" : unit.Ticks % TimeSpan.TicksPerHour == 0 ? $"{unit.TotalHours}h" : $"{unit.TotalSeconds}s";

    private static string Figure(double number)
    {
        // Seven digits, as they are published, never with an exponent, which the playbook would not read.
        var digits = number == 0 ? 6 : Math.Clamp(6 - (int)Math.Floor(Math.Log10(Math.Abs(number))), 0, 15);
        return Math.Round(number, digits).ToString("0.###############", CultureInfo.InvariantCulture);
    }
}
