using Orchestrator.Grains.Conditions;
using Xunit;
namespace Orchestrator.Grains.Tests.Conditions;

/// <summary>A small stand-in for an account's facts; a null is an attribute that is not known.</summary>
internal sealed record Facts
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    public DateTimeOffset Now { get; init; } = Start;

    /// <summary>Points at <see cref="Start"/>, halving every 14 days.</summary>
    public double Points { get; init; } = 61.5;

    public string? Fit { get; init; } = "A";

    public string? Industry { get; init; } = "manufacturing";

    public long? Employees { get; init; } = 250;

    public DateTimeOffset? RenewsAt { get; init; } = Start.AddDays(120);

    public DateTimeOffset LastSignal { get; init; } = Start.AddDays(-10);

    public IReadOnlyList<(string Type, string Feature, DateTimeOffset At)> Signals { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = ["key", "eu"];

    public double Engagement => Decayed(Points, Now);

    public static double Decayed(double points, DateTimeOffset at) => points * Math.Pow(2, -(at - Start).TotalDays / 14);
}

/// <summary>Names over <see cref="Facts"/> in the manner of a playbook.</summary>
internal static class Names
{
    private static readonly string[] SignalTypes = ["page.viewed", "product.used", "form.submitted", "card.captured"];

    public static readonly CelEnvironment<Facts> Environment = new CelEnvironment<Facts>.Builder()
        .Now(facts => facts.Now)
        .Variable("score.engagement", CelTerms.Double((Facts facts, ref CelFault _) => facts.Engagement, new CelTemporal<Facts>.Crossing(Falls)), "score:engagement")
        .Variable("score.other", CelTerms.Double((Facts facts, ref CelFault _) => facts.Engagement / 2, new CelTemporal<Facts>.Crossing((facts, x) => Falls(facts, x * 2))), "score:other")
        .Variable("score.fit", Text("score.fit", facts => facts.Fit), "score:fit")
        .Variable("account.industry", Text("account.industry", facts => facts.Industry), "attribute:account.industry")
        .Variable("account.employees", CelTerms.Int((Facts facts, ref CelFault fault) =>
        {
            if (facts.Employees is null)
            {
                fault.Unset("account.employees");
            }

            return facts.Employees ?? 0;
        }), "attribute:account.employees")
        .Variable("account.tags", CelTerms.Value(CelType.List(CelType.String), (Facts facts, ref CelFault _) => facts.Tags), "attribute:account.tags")
        .Variable("clv.expected", CelTerms.Double((Facts _, ref CelFault _) => 1000.0), "clv")
        .Variable("contract.renews_at", CelTerms.Timestamp((Facts facts, ref CelFault fault) =>
        {
            if (facts.RenewsAt is null)
            {
                fault.Unset("contract.renews_at");
            }

            return facts.RenewsAt ?? default;
        }), "attribute:contract.renews_at")
        .Provider(new CelVariableProvider<Facts>(
            "signal.",
            name => name is "signal.type" or "signal.next-step" ? new CelVariable<Facts>(name, Text(name, _ => "page.viewed"), [name]) : null,
            () => ["signal.type", "signal.next-step"]))
        .Function("signals.count", [CelType.String], Count)
        .Function("signals.count", [CelType.String, CelType.Map(CelType.String, CelType.Dyn)], Count)
        .Function("signals.any", [CelType.List(CelType.String)], call =>
        {
            if (!call.Arguments[0].TryTexts(out var types))
            {
                return call.Refuse(0, "expected a literal list of signal types");
            }

            return call.Bind(CelTerms.Bool((Facts facts, ref CelFault _) => facts.Signals.Any(signal => types.Contains(signal.Type))), [.. types.Select(type => "signal:" + type)]);
        })
        .Function("quiet_for", [CelType.String], call =>
        {
            if (!call.Arguments[0].TryDuration(out var span))
            {
                return call.Refuse(0, $"expected a duration such as 45d, found {call.Arguments[0].Source}");
            }

            return call.Bind(
                CelTerms.Bool((Facts facts, ref CelFault _) => facts.Now - facts.LastSignal >= span, new CelTemporal<Facts>.Step(facts => facts.LastSignal + span > facts.Now ? facts.LastSignal + span : null)),
                "signal:*");
        })
        .Function("answer().at", [CelType.String], call => call.Bind(CelTerms.Timestamp((Facts facts, ref CelFault fault) =>
        {
            fault.Unset("answer");
            return default;
        }), "answers"))
        .Build();

    public static CelProgram<Facts> Program(string source, CelType? type = null)
    {
        var compiled = Environment.Compile(source, type);
        Assert.True(compiled.Program is not null, $"{source}: {string.Join("; ", compiled.Errors)}");
        return compiled.Program!;
    }

    public static CelError Error(string source, CelType? type = null)
    {
        var compiled = Environment.Compile(source, type);
        Assert.Null(compiled.Program);
        return compiled.Errors[0];
    }

    private static CelTerm<Facts> Text(string name, Func<Facts, string?> read) => CelTerms.String((Facts facts, ref CelFault fault) =>
    {
        var value = read(facts);
        if (value is null)
        {
            fault.Unset(name);
        }

        return value ?? "";
    });

    private static CelBinding<Facts> Count(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryText(out var type))
        {
            return call.Refuse(0, "expected a literal signal type");
        }

        if (!SignalTypes.Contains(type))
        {
            return call.Refuse(0, $"unknown signal type `{type}`", type, SignalTypes);
        }

        object? feature = null;
        if (call.Arguments.Count > 1)
        {
            ((CelMap)call.Arguments[1].Value!).TryGet("feature", out feature);
        }

        return call.Bind(CelTerms.Int((Facts facts, ref CelFault _) =>
        {
            long count = 0;
            for (var i = 0; i < facts.Signals.Count; i++)
            {
                count += facts.Signals[i].Type == type && (feature is null || facts.Signals[i].Feature == (string)feature) ? 1 : 0;
            }

            return count;
        }), "signal:" + type);
    }

    /// <summary>The first tick at which the decayed score is below the threshold, found on the same function that is evaluated.</summary>
    private static DateTimeOffset? Falls(Facts facts, double threshold)
    {
        if (threshold <= 0 || facts.Engagement < threshold)
        {
            return null;
        }

        // At the threshold or above: the sign changes when it is no longer above, then when it is below.
        var (low, high) = (facts.Now.UtcTicks, facts.Now.AddYears(50).UtcTicks);
        var above = facts.Engagement > threshold;
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            var value = Facts.Decayed(facts.Points, new DateTimeOffset(middle, TimeSpan.Zero));
            (low, high) = (above ? value > threshold : value >= threshold) ? (middle, high) : (low, middle);
        }

        return new DateTimeOffset(high, TimeSpan.Zero);
    }
}
