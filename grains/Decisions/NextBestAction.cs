using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Decisions;

/// <summary>What was decided for an account.</summary>
/// <param name="Mandatory">Actions that bypass arbitration, in the order of the playbook; mostly empty.</param>
/// <param name="Best">The next-best action, or null.</param>
/// <param name="None">Why there is none; set when both others are empty.</param>
/// <param name="DeferUntil">The earliest instant at which something that was only held back by time may go out; null = nothing was.</param>
/// <param name="DeferSignal">Whether it takes the signal at hand to trigger some of that.</param>
public readonly record struct Choice(IReadOnlyList<Chosen> Mandatory, Chosen? Best, NoneReason None, DateTimeOffset? DeferUntil, bool DeferSignal);

/// <param name="Person">Whom it is for; null for the account as a whole.</param>
/// <param name="OutOf">How many candidates reached arbitration.</param>
public sealed record Chosen(CompiledPlay Play, CompiledTreatment Treatment, Contact? Person, Factors Factors, int OutOf);

/// <summary>
/// Chooses what is done next, in the order of DESIGN.md section 7: candidates of the stage and roles, eligible, applicable, suitable, contact policy, arbitration,
/// joint choice over the people at hand, hold-out and arm, exploration, action or none. Pure, and free of allocation for candidates that fall.
/// </summary>
/// <remarks>priority = propensity x context x value x lever; ties go to the lower treatment id. O(people x plays of the stage x treatments).</remarks>
public static partial class NextBestAction
{
    /// <param name="workspace">Its facts must hold playbook, account, signal and now; the contact is set here, person by person.</param>
    /// <param name="people">The people at hand; may be empty.</param>
    /// <param name="channel">Only treatments on this channel; null = all.</param>
    /// <param name="seed">Seed of the exploration draw.</param>
    public static Choice Decide(DecisionWorkspace workspace, ReadOnlySpan<Contact> people, string? channel, ulong seed)
    {
        var choice = DecideAlone(workspace, people, channel, seed);
        workspace.Rival?.Decide(workspace, people, channel, seed, choice);
        return choice;
    }

    /// <summary>The same without a look at what another playbook would decide.</summary>
    internal static Choice DecideAlone(DecisionWorkspace workspace, ReadOnlySpan<Contact> people, string? channel, ulong seed)
    {
        var facts = workspace.Facts;
        var playbook = facts.Playbook;
        workspace.Clear();
        if (!playbook.Stages.TryGetValue(facts.Account.Stage, out var stage))
        {
            return new Choice([], null, NoneReason.NoCandidates, null, false);
        }

        if (workspace is { Trace: null, Walks: false })
        {
            return DecideByIndex(workspace, stage.Candidates, people, channel, seed);
        }

        var state = new Pass { Reached = NoneReason.NoCandidates, Channel = channel, NoneAllowed = playbook.Arbitration.NoneAllowed };
        var never = playbook.Classes.Length > 0 && playbook.ClassOf(facts) == "never";
        var plays = stage.Plays;
        if (people.Length == 0)
        {
            facts.Contact = null;
            foreach (var play in plays)
            {
                Consider(workspace, play, null, -1, 0, never, ref state);
            }
        }

        for (var p = 0; p < people.Length; p++)
        {
            facts.Contact = people[p];
            var roles = playbook.RoleMask(people[p].Roles);
            foreach (var play in plays)
            {
                Consider(workspace, play, people[p], p, roles, never, ref state);
            }
        }

        var best = Draw(workspace, people, seed, ref state);
        TraceOthers(workspace, stage);
        IReadOnlyList<Chosen> mandatory = state.Mandatory is null ? Array.Empty<Chosen>() : state.Mandatory;
        return new Choice(mandatory, best, best is null && mandatory.Count == 0 ? state.Reached : default, state.DeferUntil, state.DeferSignal);
    }

    private static void Consider(DecisionWorkspace workspace, CompiledPlay play, Contact? person, int index, ulong roles, bool never, ref Pass pass)
    {
        var facts = workspace.Facts;
        if (never && !play.IsMandatory)
        {
            Fall(workspace, play, RemovedAt.Stage, NoneReason.NeverClass, ref pass);
            return;
        }

        if ((play.RoleMask != 0 && (play.RoleMask & roles) == 0) || (person is null && play.NeedsPerson))
        {
            Fall(workspace, play, RemovedAt.Role, NoneReason.NoRole, ref pass);
            return;
        }

        if (play.HasTriggers && !(facts.Signal is { } signal && play.Triggers.Contains(signal.Type)))
        {
            Fall(workspace, play, RemovedAt.Trigger, NoneReason.NotTriggered, ref pass);
            return;
        }

        if (facts.Account.OpenActions.Length > 0 && IsOpen(facts.Account, play, person))
        {
            Fall(workspace, play, RemovedAt.Open, NoneReason.AlreadyOpen, ref pass);
            return;
        }

        var resting = person is null ? facts.Account.Rests : person.Rests;
        if (resting.Length > 0 && RestsUntil(resting, play) is { } rests && rests > facts.Now)
        {
            Fall(workspace, play, RemovedAt.CoolDown, NoneReason.CoolingDown, ref pass, rests);
            return;
        }

        if (play.Eligible is { } eligible && !eligible.Holds(facts))
        {
            Fall(workspace, play, RemovedAt.Eligible, NoneReason.NotEligible, ref pass, condition: eligible);
            return;
        }

        if (play.Applicable is { } applicable && !applicable.Holds(facts))
        {
            Fall(workspace, play, RemovedAt.Applicable, NoneReason.NotApplicable, ref pass, condition: applicable);
            return;
        }

        if (play.Suitable is { } suitable && !suitable.Holds(facts))
        {
            Fall(workspace, play, RemovedAt.Suitable, NoneReason.NotSuitable, ref pass, condition: suitable);
            return;
        }

        if (play.Held is { } held && held.Holds(facts))
        {
            Fall(workspace, play, RemovedAt.BuyerPaced, NoneReason.NotSuitable, ref pass, condition: held);
            return;
        }

        Treatments(workspace, play, person, index, ref pass);
    }

    private static void Treatments(DecisionWorkspace workspace, CompiledPlay play, Contact? person, int index, ref Pass pass)
    {
        var facts = workspace.Facts;
        double value = -1;
        double context = 1;
        string? heldOut = null;
        for (var t = 0; t < play.Treatments.Length; t++)
        {
            var treatment = play.Treatments[t];
            if ((pass.Channel is { } only && treatment.Channel.Id != only) || (treatment.When is { } when && !when.Holds(facts)))
            {
                Fall(workspace, play, treatment, RemovedAt.Treatment, NoneReason.NoTreatment, ref pass, treatment.When is { } w ? "when" : "channel");
                continue;
            }

            if (treatment.Arm is { } arm && !IsInArm(facts, arm, person))
            {
                Fall(workspace, play, treatment, RemovedAt.Experiment, NoneReason.NoTreatment, ref pass, arm.Experiment);
                continue;
            }

            ref readonly var answer = ref (play.IsMandatory && play.Transactional ? ref GateAnswer.Open : ref PolicyGate.Ask(facts, treatment.Question));
            if (answer.RemovedAt is { } removed)
            {
                // Over a cap it competes all the same, unless the next best may go out in its stead: if it is the best, nothing does.
                var competes = removed == RemovedAt.Cap && !play.IsMandatory && facts.Playbook.Policy.Definition.OverCap != OverCap.NextBest;
                var beyond = competes ? PolicyGate.AskBeyondCaps(facts) : answer;
                if (beyond.RemovedAt is { } forbidden)
                {
                    Hold(workspace, play, treatment, forbidden, beyond, ref pass);
                    continue;
                }
            }

            if (pass.Channel is not null && person?.Membership is { IsMember: true } && !play.Transactional && facts.Playbook.Policy.KeepsContactSlots)
            {
                // The home would have to be asked first, and whoever asks waits.
                Fall(workspace, play, treatment, RemovedAt.Capacity, NoneReason.NoCapacity, ref pass, "messages to this person are counted at another account, which cannot be asked on demand");
                continue;
            }

            if (play.HasCapacity && IsFull(facts.Account, play, ref pass) is { } full)
            {
                Fall(workspace, play, treatment, RemovedAt.Capacity, NoneReason.NoCapacity, ref pass, full);
                continue;
            }

            if (play.IsMandatory)
            {
                var certain = new Factors(treatment.Propensity, 1, Math.Max(0, play.FixedValue), play.Lever, 1);
                (pass.Mandatory ??= []).Add(new Chosen(play, treatment, person, certain, 1));
                workspace.Trace?.Kept(play.Id, treatment.Id, treatment.Channel.Id, person?.Key.Id ?? "", certain);
                break;
            }

            if (value < 0)
            {
                value = play.Value is { } formula ? ValueOf(formula, facts) : play.FixedValue;
                context = ContextOf(play, facts);
                heldOut = IsHeldOut(facts, play, person);
            }

            var priority = Factors.PriorityOf(treatment.Propensity, context, value, play.Lever);
            if (pass.NoneAllowed && priority <= play.Cost)
            {
                Fall(workspace, play, treatment, RemovedAt.Arbitration, NoneReason.NotWorthIt, ref pass, "not worth its cost");
                continue;
            }

            if (heldOut is not null)
            {
                Fall(workspace, play, treatment, RemovedAt.HoldOut, NoneReason.HeldOut, ref pass, heldOut);
                continue;
            }

            if (answer.RemovedAt is null)
            {
                workspace.Add() = new Finalist(play, t, index, context, value, priority);
                continue;
            }

            var finalist = new Finalist(play, t, index, context, value, priority);
            Hold(workspace, play, treatment, RemovedAt.Cap, answer, ref pass);
            if (pass.OverCap.RemovedAt is null || Better(finalist, pass.BestOverCap))
            {
                (pass.BestOverCap, pass.OverCap) = (finalist, answer);
            }
        }
    }

    /// <summary>Why nobody of the department can take it; null: as far as is known somebody can.</summary>
    private static string? IsFull(Account account, CompiledPlay play, ref Pass pass) =>
        pass.Channel is not null ? $"`{play.Definition.Department?.Id}` gives out what it has room for by itself, not on demand"
        : Owners.CapacityTurn.IsFull(account, play.Definition.Department!.Value.Id) ? $"nobody of `{play.Definition.Department?.Id}` has capacity"
        : null;

    private static double ContextOf(CompiledPlay play, Facts facts)
    {
        double context = 1;
        foreach (var raise in play.Context)
        {
            context += raise.When.Holds(facts) ? raise.By : 0;
        }

        return Math.Max(0, context);
    }

    /// <summary>A formula over what people sent may give anything; what is no amount is worth nothing.</summary>
    private static double ValueOf(Formula formula, Facts facts) => formula.Number(facts) is { } value && double.IsFinite(value) ? Math.Max(0, value) : 0;

    /// <summary>The best finalist, or, with the share that the playbook explores, any of them; with the probability of having been drawn.</summary>
    private static Chosen? Draw(DecisionWorkspace workspace, ReadOnlySpan<Contact> people, ulong seed, ref Pass pass)
    {
        var finalists = workspace.Finalists;
        var best = 0;
        for (var i = 1; i < finalists.Length; i++)
        {
            // Most are worse at first sight.
            if (!(finalists[i].Priority < finalists[best].Priority) && Better(finalists[i], finalists[best]))
            {
                best = i;
            }
        }

        if (pass.OverCap.RemovedAt is not null && (finalists.Length == 0 || Better(pass.BestOverCap, finalists[best])))
        {
            LeaveToCap(workspace, people, ref pass);
            return null;
        }

        if (finalists.Length == 0)
        {
            return null;
        }

        var explore = workspace.Facts.Playbook.Arbitration.Explore;
        var chosen = best;
        if (explore > 0 && finalists.Length > 1 && Unit(StableHash.Of(seed, 1)) < explore)
        {
            chosen = (int)(Unit(StableHash.Of(seed, 2)) * finalists.Length);
        }

        var each = finalists.Length > 1 ? explore / finalists.Length : 0;
        if (workspace.Trace is { } trace)
        {
            for (var i = 0; i < finalists.Length; i++)
            {
                var probability = finalists.Length == 1 ? 1 : i == best ? 1 - explore + each : each;
                trace.Kept(finalists[i].Play.Id, finalists[i].Treatment.Id, finalists[i].Treatment.Channel.Id, PersonOf(finalists[i], people)?.Key.Id ?? "", finalists[i].FactorsAt(probability));
            }
        }

        var won = finalists[chosen];
        var p = finalists.Length == 1 ? 1 : chosen == best ? 1 - explore + each : each;
        return new Chosen(won.Play, won.Treatment, PersonOf(won, people), won.FactorsAt(p), finalists.Length);
    }

    /// <summary>The best is over a cap, and the policy wants nothing else in its stead: it waits for the cap, or is skipped.</summary>
    private static void LeaveToCap(DecisionWorkspace workspace, ReadOnlySpan<Contact> people, ref Pass pass)
    {
        pass.Reached = NoneReason.OverCap;
        if (workspace.Facts.Playbook.Policy.Definition.OverCap == OverCap.Wait && pass.OverCap.NotBefore is { } notBefore)
        {
            PutOff(pass.BestOverCap.Play, notBefore, ref pass);
        }

        if (workspace.Trace is { } trace)
        {
            foreach (var finalist in workspace.Finalists)
            {
                trace.Kept(finalist.Play.Id, finalist.Treatment.Id, finalist.Treatment.Channel.Id, PersonOf(finalist, people)?.Key.Id ?? "", finalist.FactorsAt(0));
            }
        }
    }

    private static void PutOff(CompiledPlay play, DateTimeOffset until, ref Pass pass)
    {
        pass.DeferUntil = pass.DeferUntil is null || until < pass.DeferUntil ? until : pass.DeferUntil;
        pass.DeferSignal |= play.HasTriggers;
    }

    private static Contact? PersonOf(in Finalist finalist, ReadOnlySpan<Contact> people) => finalist.Person < 0 ? null : people[finalist.Person];

    private static bool Better(in Finalist one, in Finalist other)
    {
        if (one.Priority < other.Priority)
        {
            return false;
        }

        // Numbers that are none have an order too: a decision is the same on every machine, whatever the amounts.
        var difference = one.Priority.CompareTo(other.Priority);
        if (difference == 0)
        {
            difference = string.CompareOrdinal(other.Treatment.Id, one.Treatment.Id);
        }

        // The same treatment for two people: the one considered first, who was active last.
        return difference > 0;
    }

    /// <summary>A number in [0, 1) with 53 bits.</summary>
    internal static double Unit(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));

    private static bool IsOpen(Account account, CompiledPlay play, Contact? person)
    {
        foreach (var open in account.OpenActions)
        {
            if (open.Play == play.Id && open.Contact == (person?.Key.Id ?? ""))
            {
                return true;
            }
        }

        return false;
    }

    private static DateTimeOffset? RestsUntil(ImmutableArray<PlayRest> resting, CompiledPlay play)
    {
        // They are sorted by play.
        var (low, high) = (0, resting.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(resting[middle].Play, play.Id);
            if (order == 0)
            {
                return resting[middle].Until;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }

        return null;
    }

    private static bool IsInArm(Facts facts, ExperimentArm arm, Contact? person)
    {
        var unit = arm.By == ExperimentUnit.Contact && person is not null ? person.Key.Id : facts.Account.Key.Affinity;
        var draw = Unit(StableHash.Of(arm.Experiment, unit));
        return draw >= arm.From && draw < arm.To;
    }

    private static string? IsHeldOut(Facts facts, CompiledPlay play, Contact? person)
    {
        foreach (var holdOut in facts.Playbook.Arbitration.HoldOuts)
        {
            if ((holdOut.Plays.Count == 0 || holdOut.Plays.Contains(play.Id)) && IsHeldOut(facts, holdOut, person))
            {
                return holdOut.Experiment;
            }
        }

        return null;
    }

    private static bool IsHeldOut(Facts facts, CompiledHoldOut holdOut, Contact? person)
    {
        var unit = holdOut.By == ExperimentUnit.Contact && person is not null ? person.Key.Id : facts.Account.Key.Affinity;
        return Unit(StableHash.Of(holdOut.Experiment, unit)) < holdOut.Share;
    }

    private static NoneReason HeldBy(RemovedAt at) => at switch
    {
        RemovedAt.Consent => NoneReason.NoConsent,
        RemovedAt.Exclusion => NoneReason.Excluded,
        RemovedAt.Suppression => NoneReason.Suppressed,
        RemovedAt.QuietHours => NoneReason.QuietHours,
        RemovedAt.Cap => NoneReason.OverCap,
        RemovedAt.Rest => NoneReason.Resting,
        _ => NoneReason.PeoplePerWeek,
    };

    private static void Hold(DecisionWorkspace workspace, CompiledPlay play, CompiledTreatment treatment, RemovedAt at, in GateAnswer answer, ref Pass pass)
    {
        var reason = HeldBy(at);
        if (reason > pass.Reached)
        {
            pass.Reached = reason;
        }

        // Quiet hours only shift a message. A cap does so where the policy says `wait`, and then only for the best.
        if (at == RemovedAt.QuietHours && answer.NotBefore is { } notBefore)
        {
            PutOff(play, notBefore, ref pass);
        }

        if (workspace.Trace is { } trace)
        {
            trace.Removed(play.Id, treatment.Id, treatment.Channel.Id, workspace.Facts.Contact?.Key.Id ?? "", at, PolicyGate.Describe(answer, workspace.Facts, treatment.Channel.Id, play.NeedsConsent), answer.NotBefore);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fall(DecisionWorkspace workspace, CompiledPlay play, RemovedAt at, NoneReason reason, ref Pass pass, DateTimeOffset? notBefore = null, Condition? condition = null)
    {
        if (reason > pass.Reached)
        {
            pass.Reached = reason;
        }

        if (workspace.Trace is { } trace)
        {
            TraceFall(trace, workspace.Facts, play, at, notBefore, condition);
        }
    }

    private static void TraceFall(DecisionTrace trace, Facts facts, CompiledPlay play, RemovedAt at, DateTimeOffset? notBefore, Condition? condition)
    {
        var by = condition is not null ? DecisionTrace.Describe(condition.Evidence(facts)) : Describe(at, play, facts, notBefore);
        var again = notBefore ?? (condition is { IsTemporal: true } ? condition.NextChange(facts) : null);
        foreach (var treatment in play.Treatments)
        {
            trace.Removed(play.Id, treatment.Id, treatment.Channel.Id, facts.Contact?.Key.Id ?? "", at, by, again);
        }
    }

    private static void Fall(DecisionWorkspace workspace, CompiledPlay play, CompiledTreatment treatment, RemovedAt at, NoneReason reason, ref Pass pass, string by)
    {
        if (reason > pass.Reached)
        {
            pass.Reached = reason;
        }

        if (workspace.Trace is { } trace)
        {
            var facts = workspace.Facts;
            var why = by switch
            {
                "when" when treatment.When is { } when && !when.Holds(facts) => DecisionTrace.Describe(when.Evidence(facts)),
                "when" or "channel" => $"`{treatment.Channel.Id}` was not asked for",
                _ when at == RemovedAt.Experiment => $"another arm of `{by}`",
                _ when at == RemovedAt.HoldOut => $"held out by `{by}`",
                _ => by,
            };
            trace.Removed(play.Id, treatment.Id, treatment.Channel.Id, facts.Contact?.Key.Id ?? "", at, why);
        }
    }

    private static string Describe(RemovedAt at, CompiledPlay play, Facts facts, DateTimeOffset? notBefore) => at switch
    {
        RemovedAt.Stage => "the account is classified `never`: no effort goes to it",
        RemovedAt.Role when facts.Contact is null => "needs a person, and nobody is known",
        RemovedAt.Role => $"needs one of the roles {string.Join(", ", play.Definition.Roles.Select(r => $"`{r.Id}`"))}",
        RemovedAt.Trigger => $"waits for {string.Join(", ", play.Definition.On.Select(o => $"`{o.Id}`"))}",
        RemovedAt.Open => "is open for this person already",
        RemovedAt.CoolDown => $"cools down until {notBefore?.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}",
        _ => at.ToString(),
    };

    /// <summary>For the record of an explanation: the plays that the stage does not offer.</summary>
    private static void TraceOthers(DecisionWorkspace workspace, CompiledStage stage)
    {
        if (workspace.Trace is not { } trace)
        {
            return;
        }

        foreach (var play in workspace.Facts.Playbook.Plays)
        {
            if (!stage.Plays.Contains(play))
            {
                foreach (var treatment in play.Treatments)
                {
                    trace.Removed(play.Id, treatment.Id, treatment.Channel.Id, "", RemovedAt.Stage, $"not offered at stage `{stage.Definition.Id}`, only at {string.Join(", ", play.Definition.Stages.Select(s => $"`{s.Id}`"))}");
                }
            }
        }
    }

    private struct Pass
    {
        /// <summary>The furthest step that any candidate reached.</summary>
        public NoneReason Reached;

        public string? Channel;

        /// <summary>Whether what is worth no more than its cost is left.</summary>
        public bool NoneAllowed;

        public DateTimeOffset? DeferUntil;

        public bool DeferSignal;

        /// <summary>The best of those that only a cap forbids, where the policy wants nothing in its stead.</summary>
        public Finalist BestOverCap;

        /// <summary>What forbids it; open = there is none.</summary>
        public GateAnswer OverCap;

        public List<Chosen>? Mandatory;
    }
}
