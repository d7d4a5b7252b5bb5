using System.Globalization;
using NodaTime;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Stages;

/// <summary>What conditions and formulas may ask of an account's way through the stages, and of local clocks.</summary>
/// <remarks>Local times are those of the contact at hand, or else of the account, or else of the playbook; in `at` of a transition, which is about the account, of the account or else the playbook.</remarks>
internal static class JourneyNames
{
    /// <summary>The tag of what depends on a local clock.</summary>
    public const string Zone = "zone";

    private const int EveryDay = 0b111_1111;

    private static readonly (string Word, DayOfWeek Day)[] Days =
    [
        ("mon", DayOfWeek.Monday), ("tue", DayOfWeek.Tuesday), ("wed", DayOfWeek.Wednesday), ("thu", DayOfWeek.Thursday), ("fri", DayOfWeek.Friday), ("sat", DayOfWeek.Saturday), ("sun", DayOfWeek.Sunday),
    ];

    public static void Declare(CelEnvironment<Facts>.Builder builder) => builder
        .Variable("stage_since", CelTerms.Timestamp((Facts f, ref CelFault _) => f.Account.StageSince), "stage")
        .Variable("first_touch_minutes", CelTerms.Double<Facts>(FirstTouchMinutes), "stage", "touch")
        .Variable("stage_reason", CelTerms.String<Facts>(Reason), "stage")
        .Variable("recycle.attempts", CelTerms.Int((Facts f, ref CelFault _) => f.Account.Journey?.Recycle.Attempts ?? 0), "recycle")
        .Variable("recycle.cooling", CelTerms.Bool((Facts f, ref CelFault _) => CoolsUntil(f) is not null, new CelTemporal<Facts>.Step(CoolsUntil)), "recycle")
        .Variable("recycle.returns", CelTerms.Int((Facts f, ref CelFault _) => f.Account.Journey?.Recycle.Returns ?? 0), "recycle")
        .Variable("recycle.reason", CelTerms.String((Facts f, ref CelFault fault) => Last(f, "recycle.reason", ref fault)?.Reason ?? ""), "recycle")
        .Variable("recycle.source", CelTerms.String((Facts f, ref CelFault fault) => Last(f, "recycle.source", ref fault)?.Source ?? ""), "recycle")
        .Function("next_local", [CelType.String], c => BindNext(c, time: 0, since: null, days: null))
        .Function("next_local", [CelType.String, CelType.List(CelType.String)], c => BindNext(c, time: 0, since: null, days: 1))
        .Function("next_local", [CelType.Timestamp, CelType.String], c => BindNext(c, time: 1, since: 0, days: null))
        .Function("next_local", [CelType.Timestamp, CelType.String, CelType.List(CelType.String)], c => BindNext(c, time: 1, since: 0, days: 2))
        .Function("local_day", [CelType.Timestamp, CelType.Int, CelType.String], c => BindDay(c, (of, days, time, zone, _) => LocalTimes.OnDay(of, days, time, zone)))
        .Function("local_anniversary", [CelType.Timestamp, CelType.Int, CelType.String], c => BindDay(c, (of, days, time, zone, facts) => LocalTimes.Anniversary(of, days, time, zone, facts.Account.StageSince)));

    /// <summary>From entering the present stage until somebody of us first did something with the account.</summary>
    private static double FirstTouchMinutes(Facts facts, ref CelFault fault)
    {
        if (facts.Account.Journey?.FirstTouch is { } touch && touch.StageSince == facts.Account.StageSince)
        {
            return (touch.At - touch.StageSince).TotalMinutes;
        }

        fault.Unset("first_touch_minutes");
        return 0;
    }

    /// <summary>The end of the cool-down of an account that stands in the pool and cools down; else null.</summary>
    private static DateTimeOffset? CoolsUntil(Facts facts) =>
        facts.Playbook.Recycle?.ClosedFor(facts.Account) is { } stay && stay.Until > facts.Now ? stay.Until : null;

    /// <summary>Not known where the account came without one.</summary>
    private static string Reason(Facts facts, ref CelFault fault)
    {
        if (facts.Account.Journey?.Reason is { } reason && reason.Stage == facts.Account.Stage && reason.At == facts.Account.StageSince)
        {
            return reason.Code;
        }

        fault.Unset("stage_reason");
        return "";
    }

    private static Recycling.RecycleStay? Last(Facts facts, string name, ref CelFault fault)
    {
        if (facts.Account.Journey?.Recycle.Last is { } last)
        {
            return last;
        }

        fault.Unset(name);
        return null;
    }

    private static CelBinding<Facts> BindNext(CelCall<Facts> call, int time, int? since, int? days)
    {
        if (RefuseTime(call, time, out var clock) is { } badTime)
        {
            return badTime;
        }

        var mask = EveryDay;
        if (days is { } at && RefuseDays(call, at, out mask) is { } badDays)
        {
            return badDays;
        }

        if (since is { } moving && call.Arguments[moving].Term.Temporal is not null)
        {
            return call.Refuse(moving, $"{call.Arguments[moving].Source} moves with time, so the next local time after it would never come; expected an instant that stands still, such as stage_since");
        }

        var after = since is { } given ? call.Arguments[given].As<DateTimeOffset>() : null;
        return call.Bind(
            CelTerms.Timestamp((Facts f, ref CelFault fault) =>
            {
                var from = after is null ? f.Account.StageSince : after.Eval(f, ref fault);
                return fault.IsSet ? default : Known(LocalTimes.Next(from, clock, mask, PolicyGate.ZoneOf(f)), ref fault);
            }),
            "stage",
            Zone,
            Condition.Person);
    }

    private static CelBinding<Facts> BindDay(CelCall<Facts> call, Func<DateTimeOffset, long, LocalTime, DateTimeZone, Facts, DateTimeOffset?> find)
    {
        if (RefuseTime(call, 2, out var clock) is { } badTime)
        {
            return badTime;
        }

        for (var i = 0; i < 2; i++)
        {
            if (call.Arguments[i].Term.Temporal is not null)
            {
                return call.Refuse(i, $"{call.Arguments[i].Source} moves with time; expected what stands still");
            }
        }

        var of = call.Arguments[0].As<DateTimeOffset>();
        var days = call.Arguments[1].As<long>();
        return call.Bind(
            CelTerms.Timestamp((Facts f, ref CelFault fault) =>
            {
                var day = of.Eval(f, ref fault);
                var shift = fault.IsSet ? 0 : days.Eval(f, ref fault);
                return fault.IsSet ? default : Known(find(day, shift, clock, PolicyGate.ZoneOf(f), f), ref fault);
            }),
            "stage",
            Zone,
            Condition.Person);
    }

    private static DateTimeOffset Known(DateTimeOffset? found, ref CelFault fault)
    {
        if (found is { } at)
        {
            return at;
        }

        fault.Set(CelFaultKind.Overflow, "local time");
        return default;
    }

    private static CelBinding<Facts>? RefuseTime(CelCall<Facts> call, int argument, out LocalTime time)
    {
        time = default;
        if (call.Arguments[argument].TryText(out var text) && TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed))
        {
            time = LocalTime.FromTicksSinceMidnight(parsed.Ticks);
            return null;
        }

        return call.Refuse(argument, $"{call.Arguments[argument].Source} is no time of day such as '09:00', written out");
    }

    private static CelBinding<Facts>? RefuseDays(CelCall<Facts> call, int argument, out int mask)
    {
        mask = 0;
        if (!call.Arguments[argument].TryTexts(out var words) || words.Count == 0)
        {
            return call.Refuse(argument, "the days must be written out as a list, for example ['mon', 'tue']");
        }

        foreach (var word in words)
        {
            var found = Array.FindIndex(Days, d => d.Word == word);
            if (found < 0)
            {
                return call.Refuse(argument, $"`{word}` is no day; expected mon, tue, wed, thu, fri, sat or sun", word, Days.Select(d => d.Word));
            }

            mask |= 1 << (int)Days[found].Day;
        }

        return null;
    }
}
