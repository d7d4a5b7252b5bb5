using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Provenance;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Stages;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Playbooks;

/// <summary>The names and functions that a playbook's conditions may use, and the tallies that they turn out to need.</summary>
/// <remarks>Scores, tallies and attributes of names without a prefix are the account's; the person's own stand under <c>contact.</c></remarks>
internal sealed class FactsEnvironment
{
    private readonly PlaybookDefinition definition;
    private readonly TallyRegistry tallies;
    private readonly Dictionary<string, SignalDefinition> signals;
    private readonly Dictionary<(string Tally, TimeSpan Window, bool Sum), CelTerm<Facts>> counted = [];
    private readonly Dictionary<string, CelTerm<Facts>> made = new(StringComparer.Ordinal);
    private int slots;

    public FactsEnvironment(PlaybookDefinition definition, TallyRegistry tallies)
    {
        this.definition = definition;
        this.tallies = tallies;
        signals = definition.Signals.Concat(BuiltInSignals.All).DistinctBy(s => s.Id).ToDictionary(s => s.Id, StringComparer.Ordinal);
        Groups = new BuyingGroupNames(definition);
        Environment = Build();
    }

    public BuyingGroupNames Groups { get; }

    public CelEnvironment<Facts> Environment { get; }

    private CelEnvironment<Facts> Build()
    {
        var builder = new CelEnvironment<Facts>.Builder()
            .Now(f => f.Now)
            .Variable("stage", CelTerms.String((Facts f, ref CelFault _) => f.Account.Stage), "stage")
            .Variable("stage_days", CelTerms.Double((Facts f, ref CelFault _) => (f.Now - f.Account.StageSince).TotalDays, Days(f => f.Account.StageSince)), "stage", "time")
            .Variable("segment", Once(CelTerms.String((Facts f, ref CelFault _) => f.Playbook.SegmentOf(f), new CelTemporal<Facts>.Step(f => NextOf(f.Playbook.Segments, f)))), "segment")
            .Variable("classification", Once(CelTerms.String((Facts f, ref CelFault _) => f.Playbook.ClassOf(f), new CelTemporal<Facts>.Step(f => NextOf(f.Playbook.Classes, f)))), "classification")
            .Variable("signal.type", CelTerms.String<Facts>(SignalType), "signal");
        foreach (var attribute in definition.Attributes.Account)
        {
            builder.Variable($"account.{attribute.Name}", Attribute(attribute, ofPerson: false), $"attribute:account.{attribute.Name}");
        }

        foreach (var attribute in definition.Attributes.Contact)
        {
            builder.Variable($"contact.{attribute.Name}", Attribute(attribute, ofPerson: true), $"attribute:contact.{attribute.Name}", Condition.Person);
        }

        foreach (var score in definition.Scores)
        {
            Score(builder, score);
        }

        foreach (var group in signals.Values.SelectMany(s => s.Properties.Select(p => (Signal: s.Id, Property: p))).GroupBy(p => p.Property.Name, StringComparer.Ordinal))
        {
            // Signals may give one name different types; a condition can then not tell which is meant.
            if (group.Select(p => p.Property.Type).Distinct().Count() == 1)
            {
                var path = $"signal.{group.Key}";
                var name = group.Key;
                if (name != "type")
                {
                    builder.Variable(path, Once(Reader(group.First().Property, path, f => f.Signal is { } s && s.Properties.TryGetValue(name, out var value) ? value : null)), "signal");
                }
            }
        }

        new Contacts.ContactNames(definition).Declare(builder);
        JourneyNames.Declare(builder);
        Dealings.DealingsNames.Declare(builder, definition);
        new Support.SupportNames(definition).Declare(builder);
        Groups.Declare(builder, Once);
        CustomerNames.Declare(builder, definition, tallies, Once);
        new SideJourneyNames(definition).Declare(builder);
        new Counts.BoardNames(definition).Declare(builder);
        new FamilyNames(definition).Declare(builder, Once);
        new ProvenanceNames(definition).Declare(builder);
        new QualityNames(definition).Declare(builder, Once);
        return builder
            .Function("signals.any", [CelType.List(CelType.String)], BindAny)
            .Function("signals.count", [CelType.String], c => BindCount(c, filter: null, window: null))
            .Function("signals.count", [CelType.String, CelType.String], c => BindCount(c, filter: null, window: 1))
            .Function("signals.count", [CelType.String, CelType.Map(CelType.String, CelType.Dyn)], c => BindCount(c, filter: 1, window: null))
            .Function("signals.count", [CelType.String, CelType.Map(CelType.String, CelType.Dyn), CelType.String], c => BindCount(c, filter: 1, window: 2))
            .Function("signals.sum", [CelType.String, CelType.String], c => BindSum(c, window: null))
            .Function("signals.sum", [CelType.String, CelType.String, CelType.String], c => BindSum(c, window: 2))
            .Function("signals.days_since", [CelType.String], BindDaysSince)
            .Function("quiet_for", [CelType.String], BindQuietFor)
            .Build();
    }

    /// <summary>The term, searched for once for the same facts; as it is if it is of a type that nobody asks for often.</summary>
    private CelTerm<Facts> Once(CelTerm<Facts> term) => term switch
    {
        CelTerm<Facts, double> number => new RememberedTerm<double>(number, slots++),
        CelTerm<Facts, long> whole => new RememberedTerm<long>(whole, slots++),
        CelTerm<Facts, string> text => new RememberedTerm<string>(text, slots++),
        CelTerm<Facts, bool> flag => new RememberedTerm<bool>(flag, slots++),
        _ => term,
    };

    private CelTerm<Facts> Counted(string tally, TimeSpan window, bool sum, Func<CelTerm<Facts>> make)
    {
        if (!counted.TryGetValue((tally, window, sum), out var term))
        {
            counted.Add((tally, window, sum), term = Once(make()));
        }

        return term;
    }

    /// <summary>One term for all that ask the same, so that they can be known to be alike.</summary>
    private CelTerm<Facts> Made(string what, Func<CelTerm<Facts>> make) => made.TryGetValue(what, out var term) ? term : made[what] = make();

    private static string SignalType(Facts facts, ref CelFault fault)
    {
        if (facts.Signal is { } signal)
        {
            return signal.Type;
        }

        fault.Unset("signal.type");
        return "";
    }

    private static DateTimeOffset? NextOf(IReadOnlyList<NamedCondition> conditions, Facts facts)
    {
        DateTimeOffset? next = null;
        foreach (var named in conditions)
        {
            next = Instants.Earlier(next, named.When.IsTemporal ? named.When.NextChange(facts) : null);
        }

        return next;
    }

    /// <summary>A count of days that grows with the clock: passes a threshold once.</summary>
    internal static CelTemporal<Facts> Days(Func<Facts, DateTimeOffset> since) => new CelTemporal<Facts>.Crossing((facts, threshold) =>
    {
        var start = since(facts);
        var ticks = Math.Ceiling(threshold * TimeSpan.TicksPerDay);
        if (start == DateTimeOffset.MinValue || !(ticks > start.UtcTicks * -1.0 && ticks < (DateTimeOffset.MaxValue - start).Ticks - 1_000.0))
        {
            return null;
        }

        // The value equals the threshold at one tick (or at a few: doubles do not tell them apart) and is above it from then on.
        var equal = start.AddTicks((long)ticks);
        while ((equal - start).TotalDays < threshold)
        {
            equal = equal.AddTicks(1);
        }

        if (equal > facts.Now)
        {
            return equal;
        }

        var above = equal;
        while ((above - start).TotalDays <= threshold)
        {
            above = above.AddTicks(1);
        }

        return above > facts.Now ? above : null;
    })
    {
        NearestFirst = true,
    };

    private static CelTerm<Facts> Attribute(PropertyDefinition property, bool ofPerson)
    {
        AttributeTerm<T> Of<T>(CelType type, Value.KindOneofCase kind, Func<Value, T> read) =>
            new(type, property.Name, $"{(ofPerson ? "contact" : "account")}.{property.Name}", ofPerson, kind, read);

        return property.Type switch
        {
            PropertyType.Text => Of(CelType.String, Value.KindOneofCase.Text, static v => v.Text),
            PropertyType.Whole => Of(CelType.Int, Value.KindOneofCase.Integer, static v => v.Integer),
            PropertyType.Number => Of(CelType.Double, Value.KindOneofCase.Number, static v => v.Number),
            PropertyType.Flag => Of(CelType.Bool, Value.KindOneofCase.Flag, static v => v.Flag),
            PropertyType.Timestamp => Of(CelType.Timestamp, Value.KindOneofCase.Instant, SignalValues.Instant),
            PropertyType.Duration => Of(CelType.Duration, Value.KindOneofCase.Duration, SignalValues.Span),
            PropertyType.Money => Of(CelType.Int, Value.KindOneofCase.Money, static v => v.Money.MinorUnits),
        };
    }

    private static CelTerm<Facts> Reader(PropertyDefinition property, string path, Func<Facts, Value?> read) => property.Type switch
    {
        PropertyType.Text => CelTerms.String((Facts f, ref CelFault fault) => Read(read(f), Value.KindOneofCase.Text, path, ref fault)?.Text ?? ""),
        PropertyType.Whole => CelTerms.Int((Facts f, ref CelFault fault) => Read(read(f), Value.KindOneofCase.Integer, path, ref fault)?.Integer ?? 0),
        PropertyType.Number => CelTerms.Double((Facts f, ref CelFault fault) => Read(read(f), Value.KindOneofCase.Number, path, ref fault)?.Number ?? 0),
        PropertyType.Flag => CelTerms.Bool((Facts f, ref CelFault fault) => Read(read(f), Value.KindOneofCase.Flag, path, ref fault)?.Flag ?? false),
        PropertyType.Timestamp => CelTerms.Timestamp((Facts f, ref CelFault fault) => Read(read(f), Value.KindOneofCase.Instant, path, ref fault) is { } v ? SignalValues.Instant(v) : default),
        PropertyType.Duration => CelTerms.Duration((Facts f, ref CelFault fault) => Read(read(f), Value.KindOneofCase.Duration, path, ref fault) is { } v ? SignalValues.Span(v) : default),
        PropertyType.Money => CelTerms.Int((Facts f, ref CelFault fault) => Read(read(f), Value.KindOneofCase.Money, path, ref fault)?.Money.MinorUnits ?? 0),
    };

    private static Value? Read(Value? value, Value.KindOneofCase kind, string path, ref CelFault fault)
    {
        if (value is not null && value.KindCase == kind)
        {
            return value;
        }

        fault.Unset(path);
        return null;
    }

    private void Score(CelEnvironment<Facts>.Builder builder, ScoreDefinition score)
    {
        var id = score.Id;
        switch (score)
        {
            case ScoreDefinition.Engagement:
                builder.Variable(
                    $"score.{id}",
                    Once(CelTerms.Double((Facts f, ref CelFault _) => Account.ValueOf(f.Account.Scores, id, f.Now), new CelTemporal<Facts>.Crossing((f, threshold) => f.Account.FindScore(id)?.FallsTo(threshold, f.Now)) { NearestFirst = true })),
                    $"score:{id}");
                builder.Variable(
                    $"contact.score.{id}",
                    Once(CelTerms.Double((Facts f, ref CelFault fault) => ContactScore(f, id, ref fault), new CelTemporal<Facts>.Crossing((f, threshold) => f.Contact?.FindScore(id)?.FallsTo(threshold, f.Now)) { NearestFirst = true })),
                    $"score:{id}",
                    Condition.Person);
                break;
            case ScoreDefinition.Fit:
                builder.Variable($"score.{id}", Once(CelTerms.String((Facts f, ref CelFault _) => f.Playbook.Grades[id].LetterOf(f), new CelTemporal<Facts>.Step(f => NextOfGrade(f, id)))), $"score:{id}");
                builder.Variable($"score.{id}_points", Once(CelTerms.Double((Facts f, ref CelFault _) => f.Playbook.Grades[id].PointsOf(f), new CelTemporal<Facts>.Step(f => NextOfGrade(f, id)))), $"score:{id}");
                break;
            case ScoreDefinition.Momentum momentum:
                tallies.AddMomentum(momentum);
                builder.Variable(
                    $"score.{id}",
                    Once(CelTerms.Double((Facts f, ref CelFault _) => Momentum.Of(f.Account, id, momentum.Window, momentum.Versus, f.Now), new CelTemporal<Facts>.Step(f => Momentum.NextChange(f.Account, id, momentum.Window, momentum.Versus, f.Now)))),
                    $"score:{id}");
                break;
        }
    }

    /// <summary>0 for a person without points; not known without a person.</summary>
    private static double ContactScore(Facts facts, string score, ref CelFault fault)
    {
        if (facts.Contact is { } contact)
        {
            return Account.ValueOf(contact.Scores, score, facts.Now);
        }

        fault.Unset($"contact.score.{score}");
        return 0;
    }

    private static DateTimeOffset? NextOfGrade(Facts facts, string id)
    {
        DateTimeOffset? next = null;
        foreach (var (when, _) in facts.Playbook.Grades[id].Points)
        {
            next = Instants.Earlier(next, when.IsTemporal ? when.NextChange(facts) : null);
        }

        return next;
    }

    private CelBinding<Facts>? RefuseUnknownSignal(CelCall<Facts> call, int argument, out SignalDefinition signal)
    {
        signal = null!;
        if (!call.Arguments[argument].TryText(out var type))
        {
            return call.Refuse(argument, "a signal type must be written out as a text");
        }

        return signals.TryGetValue(type, out signal!)
            ? null
            : call.Refuse(argument, $"`{type}` is not a declared signal", type, signals.Keys);
    }

    private CelBinding<Facts> BindAny(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryTexts(out var types))
        {
            return call.Refuse(0, "the signal types must be written out as a list of texts");
        }

        if (types.FirstOrDefault(t => !signals.ContainsKey(t)) is { } unknown)
        {
            return call.Refuse(0, $"`{unknown}` is not a declared signal", unknown, signals.Keys);
        }

        var any = types.ToArray();
        return call.Bind(CelTerms.Bool((Facts f, ref CelFault _) => f.Signal is { } s && Array.IndexOf(any, s.Type) >= 0), any.Select(t => $"signal:{t}").ToArray());
    }

    private CelBinding<Facts> BindCount(CelCall<Facts> call, int? filter, int? window)
    {
        if (RefuseUnknownSignal(call, 0, out var signal) is { } refused)
        {
            return refused;
        }

        var conditions = new SortedDictionary<string, object>(StringComparer.Ordinal);
        if (filter is { } f)
        {
            if (call.Arguments[f].Value is not CelMap map)
            {
                return call.Refuse(f, "the properties must be written out, for example {'feature': 'admin'}");
            }

            foreach (var key in map.Keys)
            {
                var name = (string)key;
                map.TryGet(key, out var value);
                if (!signal.Properties.Any(p => p.Name == name))
                {
                    return call.Refuse(f, $"`{signal.Id}` has no property `{name}`", name, signal.Properties.Select(p => p.Name));
                }

                if (value is not (string or bool or long or double))
                {
                    return call.Refuse(f, $"`{name}` must be compared with a text, a number, true or false");
                }

                conditions.Add(name, value);
            }
        }

        if (!TryWindow(call, window, out var span, out var badWindow))
        {
            return badWindow;
        }

        var tally = tallies.Add(signal.Id, conditions, sum: null, span);
        var term = Counted(tally, span, sum: false, () => span == TimeSpan.Zero
            ? CelTerms.Int((Facts facts, ref CelFault _) => facts.Account.FindTally(tally)?.Count ?? 0)
            : CelTerms.Int((Facts facts, ref CelFault _) => facts.Account.FindTally(tally)?.CountIn(span, facts.Now) ?? 0, Leaves(tally, span)));
        return call.Bind(term, $"signal:{signal.Id}");
    }

    private CelBinding<Facts> BindSum(CelCall<Facts> call, int? window)
    {
        if (RefuseUnknownSignal(call, 0, out var signal) is { } refused)
        {
            return refused;
        }

        if (!call.Arguments[1].TryText(out var property) || signal.Properties.FirstOrDefault(p => p.Name == property) is not { } summed)
        {
            return call.Refuse(1, $"`{signal.Id}` has no property `{call.Arguments[1].Source.Trim('\'', '"')}`", call.Arguments[1].Source.Trim('\'', '"'), signal.Properties.Select(p => p.Name));
        }

        if (summed.Type is not (PropertyType.Whole or PropertyType.Number or PropertyType.Money))
        {
            return call.Refuse(1, $"`{property}` of `{signal.Id}` is no number and cannot be added up");
        }

        if (!TryWindow(call, window, out var span, out var badWindow))
        {
            return badWindow;
        }

        var tally = tallies.Add(signal.Id, new SortedDictionary<string, object>(StringComparer.Ordinal), property, span);
        var term = Counted(tally, span, sum: true, () => span == TimeSpan.Zero
            ? CelTerms.Double((Facts facts, ref CelFault _) => facts.Account.FindTally(tally)?.Sum ?? 0)
            : CelTerms.Double((Facts facts, ref CelFault _) => facts.Account.FindTally(tally)?.SumIn(span, facts.Now) ?? 0, Leaves(tally, span)));
        return call.Bind(term, $"signal:{signal.Id}");
    }

    private CelBinding<Facts> BindDaysSince(CelCall<Facts> call)
    {
        if (RefuseUnknownSignal(call, 0, out var signal) is { } refused)
        {
            return refused;
        }

        var tally = tallies.Add(signal.Id, new SortedDictionary<string, object>(StringComparer.Ordinal), sum: null, TimeSpan.Zero);
        var type = signal.Id;
        return call.Bind(
            Made($"days_since {type}", () => CelTerms.Double(
                (Facts facts, ref CelFault fault) =>
                {
                    if (facts.Account.FindTally(tally) is { } counted)
                    {
                        return (facts.Now - counted.Last).TotalDays;
                    }

                    fault.Unset($"signals.days_since('{type}')");
                    return 0;
                },
                Days(facts => facts.Account.FindTally(tally)?.Last ?? DateTimeOffset.MinValue))),
            $"signal:{signal.Id}",
            "time");
    }

    /// <summary>No signal for so long. Before the first signal it counts from when the account was opened.</summary>
    private CelBinding<Facts> BindQuietFor(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryDuration(out var span) || span <= TimeSpan.Zero)
        {
            return call.Refuse(0, $"{call.Arguments[0].Source} is not a duration such as '45d'");
        }

        return call.Bind(
            Made($"quiet_for {span.Ticks}", () => CelTerms.Bool(
                (Facts facts, ref CelFault _) => facts.Now - QuietSince(facts) >= span,
                new CelTemporal<Facts>.Step(facts => QuietSince(facts).Forth(span) is var at && at > facts.Now ? at : null))),
            "time",
            "signal");
    }

    private static DateTimeOffset QuietSince(Facts facts) =>
        facts.Account.LastSignalAt > facts.Account.OpenedAt || facts.Account.SignalCount > 0 ? facts.Account.LastSignalAt : facts.Account.OpenedAt;

    private static CelTemporal<Facts>.Step Leaves(string tally, TimeSpan window) =>
        new(facts => facts.Account.FindTally(tally)?.NextChange(window, facts.Now));

    private static bool TryWindow(CelCall<Facts> call, int? window, out TimeSpan span, out CelBinding<Facts> refused)
    {
        span = TimeSpan.Zero;
        refused = null!;
        if (window is not { } w || (call.Arguments[w].TryDuration(out span) && span > TimeSpan.Zero && span <= TallyRegistry.LongestWindow))
        {
            return true;
        }

        refused = call.Refuse(w, $"{call.Arguments[w].Source} is not a window such as '90d', at most {TallyRegistry.LongestWindow.TotalDays.ToString(CultureInfo.InvariantCulture)} days");
        return false;
    }
}
