using System.Collections.Frozen;
using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Decisions;

/// <summary>
/// The plays of a stage arranged by what removes them: a question is asked once for all plays that ask it, and its answer removes a whole set. What deciding costs grows with the number of
/// different things that conditions ask about, not with the number of plays. Immutable.
/// </summary>
/// <remarks>
/// A place is a treatment, in the order in which walking the plays one by one would look at them. Plays that bypass arbitration are left to that walk: they are few. Walking
/// (<see cref="NextBestAction"/>) says of each candidate why it fell and is what explanations use; both must come to the same choice.
/// </remarks>
internal sealed class CandidateIndex
{
    public static readonly CandidateIndex Empty = new([], [], []);

    /// <param name="slots">The slot of each clause by its text, for the playbook as a whole; grows.</param>
    public CandidateIndex(ImmutableArray<CompiledPlay> plays, ImmutableArray<CompiledHoldOut> holdOuts, Dictionary<string, int> slots)
    {
        Mandatory = [.. plays.Where(p => p.IsMandatory)];
        var arbitrated = plays.Where(p => !p.IsMandatory).ToArray();
        Of = [.. arbitrated.SelectMany(p => Enumerable.Range(0, p.Treatments.Length).Select(t => (p, t)))];
        Words = (Of.Length + 63) / 64;
        All = Where(_ => true);
        NeedsPerson = Where(p => p.NeedsPerson);
        Roles = [.. arbitrated.Select(p => p.RoleMask).Where(m => m != 0).Distinct().Select(m => (m, Where(p => p.RoleMask == m)))];
        Triggered = Where(p => p.HasTriggers);
        ByTrigger = arbitrated.SelectMany(p => p.Triggers).Distinct(StringComparer.Ordinal).ToFrozenDictionary(t => t, t => Where(p => p.Triggers.Contains(t)), StringComparer.Ordinal);
        Transactional = Where(p => p.Transactional);
        var at = 0;
        var first = arbitrated.Select(p => (p, First: (at += p.Treatments.Length) - p.Treatments.Length)).ToArray();
        Plays = first.ToFrozenDictionary(p => p.p.Id, p => (p.First, p.p.Treatments.Length), StringComparer.Ordinal);
        Eligible = Tests(first, p => p.Eligible, slots);
        Applicable = Tests(first, p => p.Applicable, slots);
        Suitable = Tests(first, p => p.Suitable, slots);
        Held = [.. arbitrated.Select(p => p.Held).OfType<Condition>().Distinct().Select(c => new HeldTest(c, Where(p => ReferenceEquals(p.Held, c))))];
        var whens = new CandidateTests(Words, slots);
        for (var place = 0; place < Of.Length; place++)
        {
            whens.Add(TreatmentAt(place).When, place, 1);
        }

        When = whens.Build();
        Channels = Enumerable.Range(0, Of.Length).Select(p => TreatmentAt(p).Channel.Id).Distinct(StringComparer.Ordinal).ToFrozenDictionary(c => c, c => Where((p, t) => p.Treatments[t].Channel.Id == c), StringComparer.Ordinal);
        Arms = [.. Enumerable.Range(0, Of.Length).Where(p => TreatmentAt(p).Arm is not null)];
        Questions = [.. Enumerable.Range(0, Of.Length).Select(p => TreatmentAt(p).Question).Distinct().Select(q => (q, Where((p, t) => p.Treatments[t].Question == q)))];
        Capacity = Where(p => p.HasCapacity);
        Departments = [.. arbitrated.Where(p => p.HasCapacity).Select(p => p.Definition.Department!.Value.Id).Distinct(StringComparer.Ordinal).Select(d => (d, Where(p => p.HasCapacity && p.Definition.Department!.Value.Id == d)))];
        Priced = Where(p => p.Value is not null || p.Context.Length > 0);
        Priority = [.. Of.Select(o => Factors.PriorityOf(o.Play.Treatments[o.Treatment].Propensity, 1, o.Play.FixedValue, o.Play.Lever))];
        Worthless = Where((p, t) => p.Value is null && p.Context.Length == 0 && Factors.PriorityOf(p.Treatments[t].Propensity, 1, p.FixedValue, p.Lever) <= p.Cost);
        HoldOuts = [.. holdOuts.Select(h => (h, Where(p => h.Plays.Count == 0 || h.Plays.Contains(p.Id))))];
        Rank = RankOf();
    }

    /// <summary>Bypass arbitration, in the order of the file.</summary>
    public CompiledPlay[] Mandatory { get; }

    /// <summary>The play of each place, and which of its treatments stands there.</summary>
    public (CompiledPlay Play, int Treatment)[] Of { get; }

    /// <summary>Length of a set of places.</summary>
    public int Words { get; }

    public ulong[] All { get; }

    public ulong[] NeedsPerson { get; }

    /// <summary>Sets by the roles that they are for; those for anybody are in none.</summary>
    public (ulong Mask, ulong[] For)[] Roles { get; }

    /// <summary>Those that some signal must trigger.</summary>
    public ulong[] Triggered { get; }

    public FrozenDictionary<string, ulong[]> ByTrigger { get; }

    public ulong[] Transactional { get; }

    /// <summary>Where the treatments of a play stand.</summary>
    public FrozenDictionary<string, (int First, int Count)> Plays { get; }

    public CandidateTest[] Eligible { get; }

    public CandidateTest[] Applicable { get; }

    public CandidateTest[] Suitable { get; }

    public CandidateTest[] Held { get; }

    public CandidateTest[] When { get; }

    public FrozenDictionary<string, ulong[]> Channels { get; }

    /// <summary>Places of treatments that an experiment gives to some only.</summary>
    public int[] Arms { get; }

    public (GateQuestion Question, ulong[] For)[] Questions { get; }

    /// <summary>Those that need room in a department.</summary>
    public ulong[] Capacity { get; }

    public (string Department, ulong[] For)[] Departments { get; }

    /// <summary>Those whose value or context is worked out at each decision.</summary>
    public ulong[] Priced { get; }

    /// <summary>Of each place that is not <see cref="Priced"/>.</summary>
    public double[] Priority { get; }

    /// <summary>Those, not <see cref="Priced"/>, that are worth no more than they cost.</summary>
    public ulong[] Worthless { get; }

    public (CompiledHoldOut HoldOut, ulong[] For)[] HoldOuts { get; }

    /// <summary>By place: how many that are not <see cref="Priced"/> come before it in arbitration.</summary>
    public int[] Rank { get; }

    public CompiledTreatment TreatmentAt(int place) => Of[place].Play.Treatments[Of[place].Treatment];

    private CandidateTest[] Tests((CompiledPlay Play, int First)[] plays, Func<CompiledPlay, Condition?> of, Dictionary<string, int> slots)
    {
        var tests = new CandidateTests(Words, slots);
        foreach (var (play, first) in plays)
        {
            tests.Add(of(play), first, play.Treatments.Length);
        }

        return tests.Build();
    }

    private int[] RankOf()
    {
        var ranks = new int[Of.Length];
        var order = Enumerable.Range(0, Of.Length).OrderByDescending(p => Priority[p]).ThenBy(p => TreatmentAt(p).Id, StringComparer.Ordinal).ToArray();
        for (var i = 0; i < order.Length; i++)
        {
            ranks[order[i]] = i;
        }

        return ranks;
    }

    private ulong[] Where(Func<CompiledPlay, bool> holds) => Where((p, _) => holds(p));

    private ulong[] Where(Func<CompiledPlay, int, bool> holds)
    {
        var set = new ulong[Words];
        for (var place = 0; place < Of.Length; place++)
        {
            if (holds(Of[place].Play, Of[place].Treatment))
            {
                set.Add(place);
            }
        }

        return set;
    }
}
