using System.Numerics;
using System.Runtime.CompilerServices;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Decisions;

/// <remarks>
/// The same choice by <see cref="CandidateIndex"/>: sets of treatments instead of one play after the other. What a set of candidates fell at is not noted one by one; the furthest step that any
/// reached is.
/// </remarks>
public static partial class NextBestAction
{
    private static Choice DecideByIndex(DecisionWorkspace workspace, CandidateIndex index, ReadOnlySpan<Contact> people, string? channel, ulong seed)
    {
        var facts = workspace.Facts;
        var playbook = facts.Playbook;
        var state = new Pass { Reached = NoneReason.NoCandidates, Channel = channel, NoneAllowed = playbook.Arbitration.NoneAllowed };
        var never = playbook.Classes.Length > 0 && playbook.ClassOf(facts) == "never";
        var sieve = workspace.SieveFor(index, Math.Max(1, people.Length));
        var best = default(Finalist);
        var count = 0;
        if (people.Length == 0)
        {
            facts.Contact = null;
            Sift(workspace, index, null, -1, 0, never, sieve.Kept(0), ref state, ref best, ref count);
        }

        for (var p = 0; p < people.Length; p++)
        {
            facts.Contact = people[p];
            Sift(workspace, index, people[p], p, playbook.RoleMask(people[p].Roles), never, sieve.Kept(p), ref state, ref best, ref count);
        }

        var chosen = DrawByIndex(workspace, index, people, seed, best, count, ref state);
        IReadOnlyList<Chosen> mandatory = state.Mandatory is null ? Array.Empty<Chosen>() : state.Mandatory;
        return new Choice(mandatory, chosen, chosen is null && mandatory.Count == 0 ? state.Reached : default, state.DeferUntil, state.DeferSignal);
    }

    /// <summary>What is left for one person, or for the account as a whole.</summary>
    /// <param name="left">Comes back with those that reached arbitration.</param>
    private static void Sift(
        DecisionWorkspace workspace, CandidateIndex index, Contact? person, int at, ulong roles, bool never, Span<ulong> left, ref Pass pass, ref Finalist best, ref int count)
    {
        foreach (var play in index.Mandatory)
        {
            Consider(workspace, play, person, at, roles, never, ref pass);
        }

        if (never)
        {
            left.Clear();
            Reach(index.Of.Length > 0, NoneReason.NeverClass, ref pass);
            return;
        }

        index.All.CopyTo(left);
        var facts = workspace.Facts;
        Reach(Addressed(index, person, roles, left), NoneReason.NoRole, ref pass);
        ReadOnlySpan<ulong> triggered = facts.Signal is { } signal && index.ByTrigger.TryGetValue(signal.Type, out var by) ? by : workspace.Sieve.Nothing;
        Reach(Places.Remove(left, index.Triggered, triggered), NoneReason.NotTriggered, ref pass);
        Reach(Opened(index, facts.Account, person, left), NoneReason.AlreadyOpen, ref pass);
        Reach(Resting(index, person is null ? facts.Account.Rests : person.Rests, facts.Now, left), NoneReason.CoolingDown, ref pass);
        Reach(Fallen(index.Eligible, facts, left), NoneReason.NotEligible, ref pass);
        Reach(Fallen(index.Applicable, facts, left), NoneReason.NotApplicable, ref pass);
        Reach(Fallen(index.Suitable, facts, left), NoneReason.NotSuitable, ref pass);
        Reach(Fallen(index.Held, facts, left), NoneReason.NotSuitable, ref pass);
        var fallen = Fallen(index.When, facts, left);
        if (pass.Channel is { } only)
        {
            fallen |= index.Channels.TryGetValue(only, out var asked) ? Places.Remove(left, index.All, asked) : Places.Remove(left, index.All);
        }

        Reach(fallen | OfOtherArms(index, facts, person, left), NoneReason.NoTreatment, ref pass);
        var over = Gated(workspace, index, left, ref pass);
        if (pass.Channel is not null && person?.Membership is { IsMember: true } && facts.Playbook.Policy.KeepsContactSlots)
        {
            Reach(Places.Remove(left, index.All, index.Transactional), NoneReason.NoCapacity, ref pass);
        }

        Reach(Full(index, facts.Account, left, ref pass), NoneReason.NoCapacity, ref pass);
        Price(workspace, index, left, ref pass);
        Reach(HeldOut(index, facts, person, left), NoneReason.HeldOut, ref pass);
        if (over)
        {
            LeaveOver(workspace, index, at, left, ref pass);
        }

        Rank(workspace, index, at, left, ref best, ref count);
    }

    private static void Reach(bool fell, NoneReason reason, ref Pass pass)
    {
        if (fell && reason > pass.Reached)
        {
            pass.Reached = reason;
        }
    }

    private static bool Addressed(CandidateIndex index, Contact? person, ulong roles, Span<ulong> left)
    {
        var fell = person is null && Places.Remove(left, index.NeedsPerson);
        foreach (var (mask, plays) in index.Roles)
        {
            fell |= (mask & roles) == 0 && Places.Remove(left, plays);
        }

        return fell;
    }

    private static bool Opened(CandidateIndex index, Account account, Contact? person, Span<ulong> left)
    {
        var fell = false;
        foreach (var open in account.OpenActions)
        {
            if (open.Contact == (person?.Key.Id ?? "") && index.Plays.TryGetValue(open.Play, out var places))
            {
                fell |= Places.Remove(left, places);
            }
        }

        return fell;
    }

    private static bool Resting(CandidateIndex index, System.Collections.Immutable.ImmutableArray<PlayRest> rests, DateTimeOffset now, Span<ulong> left)
    {
        var fell = false;
        foreach (var rest in rests)
        {
            if (rest.Until > now && index.Plays.TryGetValue(rest.Play, out var places))
            {
                fell |= Places.Remove(left, places);
            }
        }

        return fell;
    }

    // Not part of each of its callers: five copies of all tests made a frame of 1.7 kB, to be cleared at each decision.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Fallen(CandidateTest[] tests, Facts facts, Span<ulong> left)
    {
        var fell = false;
        foreach (var test in tests)
        {
            // A question that concerns nobody who is left is not asked.
            if (Places.Overlaps(left, test.Concerned) && test.Fallen(facts) is { } fallen)
            {
                fell |= Places.Remove(left, fallen);
            }
        }

        return fell;
    }

    private static bool OfOtherArms(CandidateIndex index, Facts facts, Contact? person, Span<ulong> left)
    {
        var fell = false;
        foreach (var place in index.Arms)
        {
            fell |= Places.Has(left, place) && !IsInArm(facts, index.TreatmentAt(place).Arm!, person) && Places.Remove(left, (place, 1));
        }

        return fell;
    }

    /// <summary>What the contact policy lets through, and what only a cap holds back and competes all the same.</summary>
    /// <returns>Whether there is any of the latter.</returns>
    private static bool Gated(DecisionWorkspace workspace, CandidateIndex index, Span<ulong> left, ref Pass pass)
    {
        var facts = workspace.Facts;
        var over = false;
        foreach (var (question, asking) in index.Questions)
        {
            if (!Places.Overlaps(left, asking))
            {
                continue;
            }

            ref readonly var answer = ref PolicyGate.Ask(facts, question);
            if (answer.RemovedAt is not { } removed)
            {
                continue;
            }

            var competes = removed == RemovedAt.Cap && facts.Playbook.Policy.Definition.OverCap != OverCap.NextBest;
            var beyond = competes ? PolicyGate.AskBeyondCaps(facts) : answer;
            if (beyond.RemovedAt is not { } forbidden)
            {
                workspace.Sieve.Over(asking, first: !over);
                over = true;
                continue;
            }

            Reach(true, HeldBy(forbidden), ref pass);
            if (forbidden == RemovedAt.QuietHours && beyond.NotBefore is { } notBefore)
            {
                pass.DeferUntil = pass.DeferUntil is null || notBefore < pass.DeferUntil ? notBefore : pass.DeferUntil;
                pass.DeferSignal |= Places.Overlaps(left, asking, index.Triggered);
            }

            Places.Remove(left, asking);
        }

        return over;
    }

    private static bool Full(CandidateIndex index, Account account, Span<ulong> left, ref Pass pass)
    {
        if (index.Departments.Length == 0)
        {
            return false;
        }

        if (pass.Channel is not null)
        {
            return Places.Remove(left, index.Capacity);
        }

        var fell = false;
        foreach (var (department, plays) in index.Departments)
        {
            fell |= Owners.CapacityTurn.IsFull(account, department) && Places.Remove(left, plays);
        }

        return fell;
    }

    /// <summary>Works out what is not known beforehand; what is worth no more than its cost falls.</summary>
    private static void Price(DecisionWorkspace workspace, CandidateIndex index, Span<ulong> left, ref Pass pass)
    {
        var fell = pass.NoneAllowed && Places.Remove(left, index.Worthless);
        CompiledPlay? known = null;
        double context = 1;
        double value = 0;
        for (var i = 0; i < left.Length; i++)
        {
            for (var word = left[i] & index.Priced[i]; word != 0; word &= word - 1)
            {
                var place = (i << 6) + BitOperations.TrailingZeroCount(word);
                var (play, treatment) = index.Of[place];
                if (!ReferenceEquals(play, known))
                {
                    known = play;
                    value = play.Value is { } formula ? ValueOf(formula, workspace.Facts) : play.FixedValue;
                    context = ContextOf(play, workspace.Facts);
                }

                var priority = Factors.PriorityOf(play.Treatments[treatment].Propensity, context, value, play.Lever);
                workspace.Sieve.Prices[place] = (context, value, priority);
                if (pass.NoneAllowed && priority <= play.Cost)
                {
                    fell |= Places.Remove(left, (place, 1));
                }
            }
        }

        Reach(fell, NoneReason.NotWorthIt, ref pass);
    }

    private static bool HeldOut(CandidateIndex index, Facts facts, Contact? person, Span<ulong> left)
    {
        var fell = false;
        foreach (var (holdOut, plays) in index.HoldOuts)
        {
            fell |= Places.Overlaps(left, plays) && IsHeldOut(facts, holdOut, person) && Places.Remove(left, plays);
        }

        return fell;
    }

    /// <summary>Those that only a cap forbids compete among themselves; the best of them is noted.</summary>
    private static void LeaveOver(DecisionWorkspace workspace, CandidateIndex index, int person, Span<ulong> left, ref Pass pass)
    {
        var over = workspace.Sieve.OverCap;
        for (var i = 0; i < left.Length; i++)
        {
            for (var word = left[i] & over[i]; word != 0; word &= word - 1)
            {
                var place = (i << 6) + BitOperations.TrailingZeroCount(word);
                var finalist = FinalistAt(workspace, index, place, person);
                Reach(true, NoneReason.OverCap, ref pass);
                if (pass.OverCap.RemovedAt is null || Better(finalist, pass.BestOverCap))
                {
                    (pass.BestOverCap, pass.OverCap) = (finalist, PolicyGate.Ask(workspace.Facts, finalist.Treatment.Question));
                }
            }
        }

        Places.Remove(left, over);
    }

    private static void Rank(DecisionWorkspace workspace, CandidateIndex index, int person, ReadOnlySpan<ulong> left, ref Finalist best, ref int count)
    {
        var (first, rank) = (-1, int.MaxValue);
        var ranks = index.Rank;
        for (var i = 0; i < left.Length; i++)
        {
            count += BitOperations.PopCount(left[i]);
            for (var word = left[i] & ~index.Priced[i]; word != 0; word &= word - 1)
            {
                var place = (i << 6) + BitOperations.TrailingZeroCount(word);
                if (ranks[place] < rank)
                {
                    (first, rank) = (place, ranks[place]);
                }
            }

            for (var word = left[i] & index.Priced[i]; word != 0; word &= word - 1)
            {
                var place = (i << 6) + BitOperations.TrailingZeroCount(word);
                if (best.Play is null || !(workspace.Sieve.Prices[place].Priority < best.Priority))
                {
                    Take(FinalistAt(workspace, index, place, person), ref best);
                }
            }
        }

        if (first >= 0)
        {
            Take(FinalistAt(workspace, index, first, person), ref best);
        }
    }

    private static void Take(in Finalist finalist, ref Finalist best)
    {
        if (best.Play is null || Better(finalist, best))
        {
            best = finalist;
        }
    }

    private static Finalist FinalistAt(DecisionWorkspace workspace, CandidateIndex index, int place, int person)
    {
        var (play, treatment) = index.Of[place];
        if (!Places.Has(index.Priced, place))
        {
            return new Finalist(play, treatment, person, 1, play.FixedValue, index.Priority[place]);
        }

        var (context, value, priority) = workspace.Sieve.Prices[place];
        return new Finalist(play, treatment, person, context, value, priority);
    }

    private static Chosen? DrawByIndex(DecisionWorkspace workspace, CandidateIndex index, ReadOnlySpan<Contact> people, ulong seed, in Finalist best, int count, ref Pass pass)
    {
        if (pass.OverCap.RemovedAt is not null && (count == 0 || Better(pass.BestOverCap, best)))
        {
            LeaveToCap(workspace, people, ref pass);
            return null;
        }

        if (count == 0)
        {
            return null;
        }

        var explore = workspace.Facts.Playbook.Arbitration.Explore;
        var won = best;
        if (explore > 0 && count > 1 && Unit(StableHash.Of(seed, 1)) < explore)
        {
            won = Drawn(workspace, index, people, (int)(Unit(StableHash.Of(seed, 2)) * count));
        }

        var isBest = won.Person == best.Person && ReferenceEquals(won.Play, best.Play) && won.At == best.At;
        var each = count > 1 ? explore / count : 0;
        var probability = count == 1 ? 1 : isBest ? 1 - explore + each : each;
        return new Chosen(won.Play, won.Treatment, PersonOf(won, people), won.FactorsAt(probability), count);
    }

    /// <summary>The n-th of those that reached arbitration, in the order of walking.</summary>
    private static Finalist Drawn(DecisionWorkspace workspace, CandidateIndex index, ReadOnlySpan<Contact> people, int n)
    {
        for (var p = 0; p < Math.Max(1, people.Length); p++)
        {
            ReadOnlySpan<ulong> kept = workspace.Sieve.Kept(p);
            var here = Places.Count(kept);
            if (n >= here)
            {
                n -= here;
                continue;
            }

            var place = Places.At(kept, n);
            var (play, treatment) = index.Of[place];
            if (people.Length == 0 || !Places.Has(index.Priced, place))
            {
                return FinalistAt(workspace, index, place, people.Length == 0 ? -1 : p);
            }

            // Prices are those of the last person: worked out again for this one.
            var facts = workspace.Facts;
            var last = facts.Contact;
            facts.Contact = people[p];
            var (context, value) = (ContextOf(play, facts), play.Value is { } formula ? ValueOf(formula, facts) : play.FixedValue);
            facts.Contact = last;
            return new Finalist(play, treatment, p, context, value, Factors.PriorityOf(play.Treatments[treatment].Propensity, context, value, play.Lever));
        }

        throw new System.Diagnostics.UnreachableException();
    }
}
