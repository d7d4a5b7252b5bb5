using System.Collections.Frozen;
using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Recycling;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Stages;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Playbooks;

/// <summary>A published version, compiled: what decisions run on. Immutable; made by <see cref="PlaybookCompiler"/>.</summary>
public sealed partial class Playbook
{
    public required PlaybookDefinition Definition { get; init; }

    public required string Name { get; init; }

    public required int Version { get; init; }

    /// <summary>By stage id.</summary>
    public required FrozenDictionary<string, CompiledStage> Stages { get; init; }

    /// <summary>Declared and built-in signal types, by id.</summary>
    public required FrozenDictionary<string, CompiledSignal> Signals { get; init; }

    /// <summary>In the order of the file.</summary>
    public required ImmutableArray<CompiledPlay> Plays { get; init; }

    public required FrozenDictionary<string, CompiledPlay> PlaysById { get; init; }

    /// <summary>In the order of the file; the first that holds wins.</summary>
    public required ImmutableArray<NamedCondition> Segments { get; init; }

    /// <summary>In the order of the file; the first that holds wins.</summary>
    public required ImmutableArray<NamedCondition> Classes { get; init; }

    public required ImmutableArray<CompiledRole> Roles { get; init; }

    public required FrozenDictionary<string, CompiledGrade> Grades { get; init; }

    public required CompiledPolicy Policy { get; init; }

    public required CompiledArbitration Arbitration { get; init; }

    public required FrozenDictionary<string, ChannelDefinition> Channels { get; init; }

    /// <summary>The pool of those not now considering; null: there is none.</summary>
    public CompiledRecycle? Recycle { get; init; }

    /// <summary>Null when the playbook says nothing about the time after the contract.</summary>
    public CompiledCustomer? Customer { get; init; }

    /// <summary>Whether something asks how soon somebody of us acted.</summary>
    public bool MeasuresTouch { get; init; }

    /// <summary>Where accounts start.</summary>
    public string Start => Definition.Start.Id;

    /// <summary>Where accounts go that have to leave: the first stage at which no effort is made; null = there is none.</summary>
    public string? Exit => Definition.Stages.FirstOrDefault(s => s.Kind == StageKind.EndOfEffort)?.Id;

    /// <summary>The first segment that holds; empty if none does.</summary>
    public string SegmentOf(Facts facts) => First(Segments, facts);

    /// <summary>The first class that holds; empty if none does.</summary>
    public string ClassOf(Facts facts) => First(Classes, facts);

    /// <summary>Share of a contact's points that counts for the account: the weightiest of the roles; 0.6 ("standard") without a role; 1 where no roles are declared.</summary>
    public double WeightOf(ImmutableArray<string> contactRoles)
    {
        if (Roles.Length == 0)
        {
            return 1;
        }

        double weight = -1;
        foreach (var role in Roles)
        {
            if (role.Weight > weight && contactRoles.Contains(role.Id))
            {
                weight = role.Weight;
            }
        }

        return weight < 0 ? 0.6 : weight;
    }

    /// <summary>Bit i is set if the contact has the i-th role of the playbook.</summary>
    public ulong RoleMask(ImmutableArray<string> contactRoles)
    {
        ulong mask = 0;
        foreach (var role in contactRoles)
        {
            for (var i = 0; i < Roles.Length; i++)
            {
                mask |= role == Roles[i].Id ? 1UL << i : 0;
            }
        }

        return mask;
    }

    private static string First(ImmutableArray<NamedCondition> conditions, Facts facts)
    {
        foreach (var named in conditions)
        {
            if (named.When.Holds(facts))
            {
                return named.Id;
            }
        }

        return "";
    }
}

public sealed record NamedCondition(string Id, Condition When);

/// <param name="Weight">In [0, 1].</param>
/// <param name="Assign">A contact for which this holds gets the role; null: only by signal.</param>
public sealed record CompiledRole(string Id, double Weight, Condition? Assign);

/// <summary>A stage with everything that can happen at it.</summary>
/// <param name="Transitions">Out of here, in the order of the file.</param>
/// <param name="Plays">Candidates here, in the order of the file.</param>
/// <param name="Temporal">Conditions that time alone can change, of those of these plays that need no signal to trigger them.</param>
public sealed record CompiledStage(
    StageDefinition Definition, ImmutableArray<CompiledTransition> Transitions, ImmutableArray<CompiledPlay> Plays, ImmutableArray<Condition> Temporal)
{
    /// <summary>Whether some of <see cref="Temporal"/> ask about the person at hand.</summary>
    public bool HasPersonal { get; } = Temporal.Any(c => c.IsPersonal);

    /// <summary><see cref="Plays"/>, arranged for deciding.</summary>
    internal CandidateIndex Candidates { get; init; } = CandidateIndex.Empty;

    /// <summary>When <see cref="Temporal"/> may change that do not ask about the person at hand.</summary>
    internal NextChangeIndex Wakes { get; } = new(Temporal.Where(c => !c.IsPersonal));

    /// <summary>When those may change that do.</summary>
    internal NextChangeIndex PersonalWakes { get; } = new(Temporal.Where(c => c.IsPersonal));
}

/// <param name="When">Null exactly when <paramref name="MovesAt"/> is set.</param>
public sealed record CompiledTransition(TransitionDefinition Definition, Condition? When, Formula? MovesAt, Formula? Reason)
{
    /// <summary>The business key for which entries are counted; null: all together.</summary>
    public Formula? Per { get; init; }
}

/// <summary>A play with its conditions compiled and its numbers looked up.</summary>
/// <param name="RoleMask">Bit i = the i-th role of the playbook; 0 = for anybody.</param>
/// <param name="Triggers">Signal types; empty = any signal or timer.</param>
/// <param name="NeedsConsent">Purpose that a push channel needs; empty = none.</param>
/// <param name="Context">Raises of this play.</param>
/// <param name="Held">While this holds, the buyer sets the pace; null = never held.</param>
/// <param name="CoolDown">How long it rests for a person after it was offered: declared, or else its horizon.</param>
public sealed record CompiledPlay(
    PlayDefinition Definition,
    ulong RoleMask,
    FrozenSet<string> Triggers,
    Condition? Eligible,
    Condition? Applicable,
    Condition? Suitable,
    Formula? Value,
    double FixedValue,
    double Lever,
    ImmutableArray<CompiledRaise> Context,
    Condition? Held,
    string NeedsConsent,
    bool Transactional,
    TimeSpan CoolDown,
    ImmutableArray<CompiledTreatment> Treatments)
{
    public string Id { get; } = Definition.Id;

    public bool IsMandatory { get; } = Definition.Mandatory;

    /// <summary>Whether it is no candidate without a person: it is for people, or for roles that only they have.</summary>
    public bool NeedsPerson { get; } = RoleMask != 0 || Definition.For == PlayAudience.Contact;

    /// <summary>Whether it is for a department that can be full.</summary>
    public bool HasCapacity { get; init; }

    public bool HasTriggers { get; } = Triggers.Count > 0;

    /// <summary>Minor currency units.</summary>
    public double Cost { get; } = Definition.Cost;
}

/// <param name="By">Added to the context factor of 1.</param>
public sealed record CompiledRaise(Condition When, double By);

/// <param name="Propensity">Prior, in [0, 1].</param>
/// <param name="Arm">Where in [0, 1) an experiment gives it the unit's draw; null = in no experiment.</param>
/// <param name="Question">What the contact policy is asked before it goes out; treatments alike in this share it.</param>
public sealed record CompiledTreatment(
    TreatmentDefinition Definition, ChannelDefinition Channel, Condition? When, double Propensity, ExperimentArm? Arm, GateQuestion Question)
{
    public string Id { get; } = Definition.Id;
}

/// <summary>A treatment's part of a split.</summary>
public sealed record ExperimentArm(string Experiment, ExperimentUnit By, double From, double To);

/// <summary>A hold-out: units whose draw is below the share get nothing.</summary>
/// <param name="Plays">Empty: all plays.</param>
public sealed record CompiledHoldOut(string Experiment, ExperimentUnit By, double Share, FrozenSet<string> Plays);

/// <param name="PeoplePerWeek">Null: no limit.</param>
public sealed record CompiledArbitration(int? PeoplePerWeek, double Explore, bool NoneAllowed, ImmutableArray<CompiledHoldOut> HoldOuts);

/// <summary>A graded score.</summary>
/// <param name="Grades">Highest first.</param>
public sealed record CompiledGrade(string Id, ImmutableArray<(Condition When, double Add)> Points, ImmutableArray<GradeDefinition> Grades)
{
    /// <summary>Points for what is known.</summary>
    public double PointsOf(Facts facts)
    {
        double sum = 0;
        foreach (var (when, add) in Points)
        {
            sum += when.Holds(facts) ? add : 0;
        }

        return sum;
    }

    /// <summary>The letter, or empty below the last grade.</summary>
    public string LetterOf(Facts facts)
    {
        var points = PointsOf(facts);
        foreach (var grade in Grades)
        {
            if (points >= grade.AtLeast)
            {
                return grade.Letter;
            }
        }

        return "";
    }
}

/// <summary>A signal type with all that it adds to.</summary>
public sealed record CompiledSignal(
    SignalDefinition Definition,
    FrozenDictionary<string, PropertyDefinition> Properties,
    ImmutableArray<CompiledPoints> Points,
    ImmutableArray<TallyDefinition> Tallies)
{
    public string Id => Definition.Id;

    /// <summary>Whether it is the goal of some play.</summary>
    public bool IsGoal { get; init; }

    /// <summary>What it says about our dealings with the account.</summary>
    public Dealings.SignalMeaning Meaning { get; init; }

    /// <summary>What it says to support.</summary>
    public Support.SupportMeaning Support { get; init; }
}

/// <summary>Points that a signal gives to a score.</summary>
public sealed record CompiledPoints(string Score, double Add, Condition? When, TimeSpan HalfLife, double CapPerDay);

/// <summary>Something that a condition counts.</summary>
/// <param name="Name">Canonical.</param>
/// <param name="Filter">Properties that must have these values.</param>
/// <param name="Sum">The property to add up; null = only count.</param>
/// <param name="By">The property whose value is part of the tally's name; null = one tally.</param>
/// <param name="KeepFor">The longest window asked; zero = totals only.</param>
public sealed record TallyDefinition(string Name, ImmutableArray<KeyValuePair<string, object>> Filter, string? Sum, string? By, TimeSpan KeepFor)
{
    /// <summary>The post for a signal, or null if it does not count.</summary>
    /// <param name="account">Whose tallies' names are used again where they say the same.</param>
    public TallyPost? PostOf(Signal signal, DateTimeOffset at, Account account)
    {
        foreach (var (name, expected) in Filter)
        {
            if (!signal.Properties.TryGetValue(name, out var value) || !SignalValues.Matches(value, expected))
            {
                return null;
            }
        }

        var amount = Sum is not null && signal.Properties.TryGetValue(Sum, out var summed) ? SignalValues.Amount(summed) : 0;
        var tally = By is null ? Name : NameFor(signal.Properties.TryGetValue(By, out var by) ? SignalValues.Text(by) : "", account);
        return new TallyPost(tally, at, amount, KeepFor);
    }

    private string NameFor(string value, Account account)
    {
        foreach (var tally in account.Tallies)
        {
            if (tally.Name.Length == Name.Length + 1 + value.Length && tally.Name[Name.Length] == '|' &&
                tally.Name.AsSpan(Name.Length + 1).SequenceEqual(value) && tally.Name.StartsWith(Name, StringComparison.Ordinal))
            {
                return tally.Name;
            }
        }

        return $"{Name}|{value}";
    }
}
