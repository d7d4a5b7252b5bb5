using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Recycling;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Support;

namespace Orchestrator.Grains.Playbooks;

/// <summary>What compiling a playbook gave.</summary>
/// <param name="Playbook">Null when there is at least one error.</param>
/// <param name="Diagnostics">Of reading and compiling; in the order of the file.</param>
public sealed record CompileResult(Playbook? Playbook, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>What needs a feature level above 1, in the order of the file, each once.</summary>
    public IReadOnlyList<LanguageNeed> Needs { get; init; } = [];
}

/// <summary>Makes an executable playbook out of a text: reads it, checks and compiles every expression, looks every number up.</summary>
public sealed partial class PlaybookCompiler
{
    private readonly PlaybookDefinition definition;
    private readonly string file;
    private readonly List<Diagnostic> diagnostics;
    private readonly TallyRegistry tallies = new();
    private readonly FactsEnvironment names;
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly CelEnvironment<Facts> environment;
    private readonly Dictionary<string, LanguageNeed> needs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Condition> conditions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> clauses = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Channel, string Purpose, bool Transactional), GateQuestion> questions = [];

    private PlaybookCompiler(PlaybookDefinition definition, string file, IEnumerable<Diagnostic> found)
    {
        this.definition = definition;
        this.file = file;
        diagnostics = [.. found];
        names = new FactsEnvironment(definition, tallies);
        environment = names.Environment;
    }

    /// <summary>Compiles the text of a version; no text makes it throw.</summary>
    public static CompileResult Compile(string text, string file, int version)
    {
        var read = PlaybookReader.Read(text, file);
        if (read.Definition is not { } definition)
        {
            return new CompileResult(null, read.Diagnostics);
        }

        var compiler = new PlaybookCompiler(definition, file, read.Diagnostics);
        var playbook = compiler.Build(version);
        var all = compiler.diagnostics.OrderBy(d => d.Line).ThenBy(d => d.Column).ToList();
        return new CompileResult(all.Any(d => d.Severity == Severity.Error) ? null : playbook, all)
        {
            Needs = [.. read.Needs.Concat(compiler.needs.Values).OrderBy(n => n.At.Line).ThenBy(n => n.At.Column)],
        };
    }

    private Playbook Build(int version)
    {
        var roles = definition.BuyingGroup.Roles
            .Select((r, i) => new CompiledRole(r.Id, r.Weight / 100, ConditionOf(r.Assign, $"roles.{r.Id}.assign")))
            .ToImmutableArray();
        if (roles.Length > 64)
        {
            Error(definition.At, "roles", $"{roles.Length.ToString(CultureInfo.InvariantCulture)} roles are declared, at most 64 are possible");
        }

        var segments = definition.Segments.Select(s => new NamedCondition(s.Id, Required(s.When, $"segments.{s.Id}.when"))).ToImmutableArray();
        var classes = definition.Classification.Select(c => new NamedCondition(c.Id, Required(c.When, $"classification.{c.Id}.when"))).ToImmutableArray();
        var grades = definition.Scores.OfType<ScoreDefinition.Fit>()
            .Select(f => new CompiledGrade(f.Id, [.. f.Points.Select((p, i) => (Required(p.When, $"scores.{f.Id}.points[{i}].when"), p.Add))], f.Grades))
            .ToFrozenDictionary(g => g.Id, StringComparer.Ordinal);
        var channels = definition.Channels.ToFrozenDictionary(c => c.Id, StringComparer.Ordinal);
        var plays = PlayCompilation(roles, channels);
        var transitions = definition.Transitions.Select((t, i) => new CompiledTransition(
            t,
            ConditionOf(t.When, $"transitions[{i}].when"),
            FormulaOf(t.MovesAt, CelType.Timestamp, $"transitions[{i}].at"),
            FormulaOf(t.Reason, CelType.String, $"transitions[{i}].reason"))
        {
            Per = FormulaOf(t.ReEntry?.Per, CelType.String, $"transitions[{i}].re-entry.per"),
        }).ToImmutableArray();
        var holdOuts = definition.Experiments.OfType<ExperimentDefinition.HoldOut>()
            .Select(h => new CompiledHoldOut(h.Id, h.By, h.Share, h.Plays.Select(p => p.Id).ToFrozenSet(StringComparer.Ordinal)))
            .ToImmutableArray();
        var stages = definition.Stages.ToFrozenDictionary(s => s.Id, s => StageOf(s, transitions, plays, holdOuts), StringComparer.Ordinal);
        var policy = PolicyOf();
        var experiences = definition.Experience.Select(e => new CompiledExperience(
            e, e.MeasuredBy is { } by && Compile(by, null, "experience.measured-by", requireNextChange: false) is { } measure ? new Measure(measure) : null)).ToImmutableArray();

        foreach (var channel in definition.Channels.Where(c => c.CapacityPerDay is not null))
        {
            Error(channel.At, $"channels.{channel.Id}.capacity", "`capacity-per-day` of a channel is not supported yet; it is planned with owners and their queues; remove it to publish");
        }

        var recycle = RecycleOf();
        var customer = CompiledCustomer.Of(definition, new CustomerCompiling(Required, Error), tallies);
        PlayGates.Check(definition, Error);
        Circles.Check(definition, Required, Error);
        SayWhatIsNotDoneYet();
        var (deals, promises) = (DealsOf(), PromisesOf());
        CheckDealings();

        var journeys = JourneysOf();
        var (counts, goals) = (CountsOf(), GoalsOf());
        var group = BuyingGroupOf();
        var offerings = OfferingsOf(group);
        group = group with { NotesJoining = names.Groups.AsksJoining };

        // Signals come last: only now is it known what the conditions count.
        var signals = definition.Signals.Concat(BuiltInSignals.All).DistinctBy(s => s.Id).Select(SignalOf).ToFrozenDictionary(s => s.Id, StringComparer.Ordinal);
        return new Playbook
        {
            Definition = definition,
            Name = definition.Id,
            Version = version,
            Stages = stages,
            Signals = signals,
            Plays = plays,
            PlaysById = plays.ToFrozenDictionary(p => p.Id, StringComparer.Ordinal),
            Segments = segments,
            Classes = classes,
            Roles = roles,
            BuyingGroup = group,
            Offerings = offerings,
            Journeys = journeys,
            AsksHierarchy = conditions.Values.Any(c => c.Tags.Contains(FamilyNames.Tag)),
            AccountQuality = definition.AccountQuality is { } quality ? new CompiledQuality(quality) : null,
            ContactQuality = definition.ContactQuality is { } known ? new CompiledQuality(known) : null,
            SegmentsLimitPeople = definition.Segments.Any(s => s.PeoplePerWeek is not null),
            Experiences = experiences,
            HasPersonalJourneys = journeys.Any(j => !j.IsOfAccount),
            HasGatedJourneys = journeys.Any(j => j.IsGated),
            HasSegmentsOfPeople = journeys.Any(j => !j.IsOfAccount && j.Entries.Any(e => e.Definition.IsSegment)),
            JourneyGroups = GroupsOf(journeys),
            Counts = counts,
            Goals = goals,
            AsksGoals = conditions.Values.Any(c => c.Tags.Contains(Counts.BoardNames.Tag)),
            Grades = grades,
            Policy = policy,
            Channels = channels,
            Recycle = recycle,
            MeasuresTouch = used.Contains("touch"),
            Customer = customer.Reading(definition, used, Error),
            Deals = deals,
            Promises = promises,
            Arbitration = new CompiledArbitration(definition.Arbitration.PeoplePerWeek, definition.Arbitration.Explore, definition.Arbitration.NoneAllowed, holdOuts),
        };
    }

    private CompiledStage StageOf(StageDefinition stage, ImmutableArray<CompiledTransition> transitions, ImmutableArray<CompiledPlay> plays, ImmutableArray<CompiledHoldOut> holdOuts)
    {
        var here = plays
            .Where(p => (p.Definition.Stages.Length == 0 || p.Definition.Stages.Any(s => s.Id == stage.Id)) && (stage.Kind != StageKind.EndOfEffort || p.Definition.Mandatory))
            .ToImmutableArray();
        var temporal = here
            .Where(p => p.Triggers.Count == 0)
            .SelectMany(p => p.Treatments.Select(t => t.When).Concat([p.Eligible, p.Applicable, p.Suitable, p.Held]))
            .OfType<Condition>()
            .Where(c => c.IsTemporal)
            .DistinctBy(c => c.Text, StringComparer.Ordinal);
        return new CompiledStage(
            stage,
            [.. transitions.Where(t => (t.Definition.To.Id != stage.Id || t.Definition.ReEntry?.Rule == ReEntryRule.AnyTime) && (t.Definition.From.Length == 0 || t.Definition.From.Any(f => f.Id == stage.Id) || t.Definition.To.Id == stage.Id))],
            here,
            [.. temporal])
        {
            Candidates = new CandidateIndex(here, holdOuts, clauses),
        };
    }

    private ImmutableArray<CompiledPlay> PlayCompilation(ImmutableArray<CompiledRole> roles, FrozenDictionary<string, ChannelDefinition> channels)
    {
        var arbitration = definition.Arbitration;
        var raises = arbitration.Context.Select((c, i) => (When: Required(c.When, $"arbitration.context[{i}].when"), c.Raise)).ToList();
        var held = arbitration.BuyerPaced is { } paced ? Required(paced.When, "arbitration.buyer-paced.when") : null;
        var heldPlays = arbitration.BuyerPaced?.Hold.Select(h => h.Id).ToHashSet(StringComparer.Ordinal) ?? [];
        var levers = arbitration.Levers.ToDictionary(l => l.Play.Id, l => l.Weight, StringComparer.Ordinal);
        var priors = arbitration.Propensity.Plays.ToDictionary(p => p.Of.Id, p => p.Probability, StringComparer.Ordinal);
        var treatmentPriors = arbitration.Propensity.Treatments.ToDictionary(p => p.Of.Id, p => p.Probability, StringComparer.Ordinal);
        var arms = Arms();
        var asksConsent = definition.ContactPolicy.Consent.Purposes.Any(p => p.Id == "marketing");
        var compiled = ImmutableArray.CreateBuilder<CompiledPlay>(definition.Plays.Length);
        for (var i = 0; i < definition.Plays.Length; i++)
        {
            var play = definition.Plays[i];
            var path = $"plays[{i}]";
            ulong mask = 0;
            for (var r = 0; r < Math.Min(64, roles.Length); r++)
            {
                mask |= play.Roles.Any(role => role.Id == roles[r].Id) ? 1UL << r : 0;
            }

            var transactional = play.Class == PlayClass.Transactional && definition.ContactPolicy.Exempt.Contains(PlayClass.Transactional);
            var purpose = play.Purpose?.Id ?? (play is { For: PlayAudience.Contact, Class: PlayClass.Marketing } && asksConsent ? "marketing" : "");
            var treatments = play.Treatments.Select((t, j) => new CompiledTreatment(
                t,
                channels[t.Channel.Id],
                ConditionOf(t.When, $"{path}.treatments[{j}].when"),
                treatmentPriors.TryGetValue(t.Id, out var own) ? own : priors.TryGetValue(play.Id, out var prior) ? prior : arbitration.Propensity.Default,
                arms.GetValueOrDefault(t.Id),
                QuestionOf(channels[t.Channel.Id], purpose, transactional))).ToImmutableArray();
            compiled.Add(new CompiledPlay(
                play,
                mask,
                play.On.Select(o => o.Id).ToFrozenSet(StringComparer.Ordinal),
                EligibleOf(play, $"{path}.eligible"),
                ConditionOf(play.Applicable, $"{path}.applicable"),
                ConditionOf(play.Suitable, $"{path}.suitable"),
                play.Value is PlayValue.Computed computed ? NumberOf(computed.Formula, $"{path}.value") : null,
                play.Value is PlayValue.Fixed fixedValue ? fixedValue.MinorUnits : 0,
                levers.GetValueOrDefault(play.Id, 1),
                [.. raises.SelectMany(r => r.Raise.Where(x => x.Play.Id == play.Id).Select(x => new CompiledRaise(r.When, x.By)))],
                heldPlays.Contains(play.Id) ? held : null,
                purpose,
                transactional,
                play.CoolDown ?? play.Horizon ?? TimeSpan.Zero,
                treatments)
            {
                HasCapacity = play is { For: PlayAudience.Owner, Mandatory: false } && definition.Departments.Any(d => d.Id == play.Department?.Id && d.Capacity is not null),
            });
        }

        return compiled.MoveToImmutable();
    }

    /// <summary>Each treatment's part of [0, 1) in the experiment that splits it from others.</summary>
    private Dictionary<string, ExperimentArm> Arms()
    {
        var arms = new Dictionary<string, ExperimentArm>(StringComparer.Ordinal);
        foreach (var split in definition.Experiments.OfType<ExperimentDefinition.Split>())
        {
            double from = 0;
            for (var i = 0; i < split.Arms.Length; i++)
            {
                // Shares add up to 1 but for rounding: the last arm takes what is left, so that every draw is in an arm.
                var to = i == split.Arms.Length - 1 ? 1 : from + split.Arms[i].Share;
                arms[split.Arms[i].Treatment.Id] = new ExperimentArm(split.Id, split.By, from, to);
                from = to;
            }
        }

        return arms;
    }

    private CompiledSignal SignalOf(SignalDefinition signal)
    {
        var points = ImmutableArray.CreateBuilder<CompiledPoints>();
        foreach (var score in definition.Scores.OfType<ScoreDefinition.Engagement>())
        {
            foreach (var given in score.Points.Where(p => p.Signal.Id == signal.Id))
            {
                points.Add(new CompiledPoints(score.Id, given.Add, ConditionOf(given.When, $"scores.{score.Id}.points.{signal.Id}.when"), score.HalfLife, score.CapPerDay ?? double.PositiveInfinity));
            }
        }

        return new CompiledSignal(signal, signal.Properties.ToFrozenDictionary(p => p.Name, StringComparer.Ordinal), points.ToImmutable(), tallies.Of(signal.Id))
        {
            IsGoal = definition.Plays.Any(p => p.Goal?.Id == signal.Id),
            Meaning = SignalMeanings.Of(signal, definition),
            Support = SupportMeanings.Of(signal),
        };
    }

    /// <summary>Nothing is ignored silently: what would change decisions is refused, what is only not acted on yet is told.</summary>
    private void SayWhatIsNotDoneYet()
    {
        foreach (var value in definition.Scores.OfType<ScoreDefinition.LifetimeValue>().Where(v => v.Model is null))
        {
            Warn(value.At, $"scores.{value.Id}", "no `parameters` are given: buying is reckoned as in a published study of a shop, which ranks customers well and may be off in amount");
        }

    }

    private CompiledRecycle? RecycleOf()
    {
        if (definition.Recycle is not { } recycle)
        {
            return null;
        }

        var pool = RecyclePool.Of(definition, recycle);
        return new CompiledRecycle(
            recycle,
            pool.Stage,
            pool.Then,
            recycle.CoolDowns.ToFrozenDictionary(c => c.Reason, c => c.For, StringComparer.Ordinal),
            [.. recycle.WakeOn.Select((e, i) => Required(e, $"recycle.wake-on[{i}]"))],
            pool.Yield.ToFrozenSet(StringComparer.Ordinal));
    }

    private CompiledPolicy PolicyOf()
    {
        var policy = definition.ContactPolicy;
        foreach (var cap in policy.Caps)
        {
            if (cap.Window is CapWindow.Rolling rolling && rolling.Length > Caps.LongestWindow)
            {
                Error(cap.At, "contact-policy.caps", $"a window of {rolling.Length.TotalDays.ToString(CultureInfo.InvariantCulture)} days is too long, at most {Caps.LongestWindow.TotalDays.ToString(CultureInfo.InvariantCulture)} days are counted");
            }

            if (cap.Segments.Length > 0 && definition.Segments.Length == 0)
            {
                Error(cap.At, "contact-policy.caps", "the cap is for segments, but no segments are declared");
            }
        }

        return new CompiledPolicy(
            definition,
            [.. policy.SuppressWhen.Select((e, i) => Required(e, $"contact-policy.suppress-when[{i}]"))]);
    }

    /// <summary>The play's own condition first, so that its mistakes are told where they stand; then with the gates in front.</summary>
    private Condition? EligibleOf(PlayDefinition play, string path)
    {
        var own = ConditionOf(play.Eligible, path);
        var gated = SegmentPlays.Eligible(play, PlayGates.Eligible(play, definition), definition);
        return gated == play.Eligible ? own : ConditionOf(gated, path);
    }

    private Condition? ConditionOf(Expression? expression, string path) => expression is null ? null : Required(expression, path);

    /// <summary>Plays often ask the same: one text is one condition, so that facts remember one answer for all. A text with errors reports them at each place.</summary>
    private Condition Required(Expression expression, string path)
    {
        if (conditions.TryGetValue(expression.Text, out var known))
        {
            return known;
        }

        return Compile(expression, CelType.Bool, path, requireNextChange: true) is { } program
            ? conditions[expression.Text] = new Condition(program, conditions.Count)
            : Never;
    }

    private GateQuestion QuestionOf(ChannelDefinition channel, string purpose, bool transactional)
    {
        if (!questions.TryGetValue((channel.Id, purpose, transactional), out var question))
        {
            questions.Add((channel.Id, purpose, transactional), question = new GateQuestion(channel, purpose, transactional, questions.Count));
        }

        return question;
    }

    private Formula? FormulaOf(Expression? expression, CelType type, string path) =>
        expression is not null && Compile(expression, type, path, requireNextChange: false) is { } program ? new Formula(program) : null;

    private Formula? NumberOf(Expression expression, string path)
    {
        if (Compile(expression, null, path, requireNextChange: false) is not { } program)
        {
            return null;
        }

        if (program.ResultType.Kind is not (CelKind.Int or CelKind.Uint or CelKind.Double))
        {
            Error(expression.At, path, $"a number was expected, `{expression.Text}` is a {program.ResultType}");
            return null;
        }

        return new Formula(program);
    }

    private CelProgram<Facts>? Compile(Expression expression, CelType? type, string path, bool requireNextChange)
    {
        var compiled = environment.Compile(expression.Text, type, requireNextChange);
        foreach (var error in compiled.Errors)
        {
            Error(expression.Locate(error.Offset), path, error.Suggestion is null ? error.Message : $"{error.Message}; did you mean `{error.Suggestion}`?");
        }

        used.UnionWith(compiled.Program?.Dependencies ?? []);
        foreach (var (name, level, offset) in compiled.Program is null ? [] : ConditionLevels.Of(expression.Text))
        {
            needs.TryAdd(name, new LanguageNeed(name, level, expression.Locate(offset)));
        }

        return compiled.Program;
    }

    /// <summary>Stands in for a condition with an error, so that compiling goes on and finds the others; such a playbook is never returned.</summary>
    private Condition Never => new(environment.Compile("false").Program!, slot: 0);

    private void Warn(SourcePosition at, string path, string message) =>
        diagnostics.Add(new Diagnostic(Severity.Warning, file, at.Line, at.Column, path, message));

    private void Error(SourcePosition at, string path, string message) =>
        diagnostics.Add(new Diagnostic(Severity.Error, file, at.Line, at.Column, path, message));
}
