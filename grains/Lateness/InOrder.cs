using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.WhatIf;
using Orchestrator.V1;
using Kind = Orchestrator.V1.StoredAccountEvent.KindOneofCase;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Grains.Lateness;

/// <summary>
/// Judges an account's recent history anew, each signal at the instant at which it happened, by the turns that judge live ones and by the versions that held then. Up to the
/// beginning the account is what the journal says.
/// </summary>
public sealed partial class InOrder
{
    /// <summary>Beyond so many turns since the earliest late signal nothing is put right.</summary>
    public const int MostTurns = 50_000;

    private const int MostWakes = 100_000;

    private readonly GrainKey key;
    private readonly PlaybookLibrary library;
    private readonly DateTimeOffset since;
    private readonly ReplayWorld world;
    private readonly List<(DateTimeOffset At, int Version)> versions = [];
    private readonly Dictionary<DateTimeOffset, RecordedTurn> wakes = [];
    private readonly List<PastOffer> offers = [];
    private readonly List<OpenAction> made = [];
    private readonly List<(OpenAction Action, AccountEvent.ActionEnded How)> ended = [];
    private readonly TurnOutcome outcome = new();
    private AccountEvent.StageEntered? entered;

    private InOrder(GrainKey key, PlaybookLibrary library, Playbook first, DateTimeOffset since)
    {
        (this.key, this.library, this.since) = (key, library, since);
        world = new ReplayWorld(key.Tenant, library.AsOf(key.Tenant, first.Version));
    }

    /// <param name="account">As it is now.</param>
    /// <param name="people">Those of it who are known now, as they are.</param>
    /// <param name="past">All of its history, oldest first.</param>
    /// <param name="library">All versions.</param>
    /// <param name="since">The earliest instant at which something happened that came late.</param>
    /// <param name="now">Up to when it is judged.</param>
    public static Rederived Of(Account account, IReadOnlyList<Contact> people, IReadOnlyList<PastFrame> past, PlaybookLibrary library, DateTimeOffset since, DateTimeOffset now)
    {
        if (account.ForwardedTo.Length > 0)
        {
            return Rederived.No($"the account is part of `{account.ForwardedTo}` now");
        }

        since = ReachOf(past, since, library.PlaybookOf(account)?.Definition.Lateness?.Tolerance ?? LatenessDefinition.DefaultTolerance);
        var turns = past.Where(f => f.At >= since).Sum(f => f.Turns.Count);
        if (turns > MostTurns)
        {
            return Rederived.No($"{turns} turns have happened since; at most {MostTurns} are judged anew");
        }

        foreach (var turn in past.Where(f => f.At >= since).SelectMany(f => f.Turns))
        {
            if (turn.OfAccount.Exists(RecordedCause.BringsHistory))
            {
                return Rederived.No($"others became part of the account, or parted from it, at {turn.At:yyyy-MM-ddTHH:mm:ssZ}, after the late signal had happened: what they brought along has no order any more");
            }
        }

        var version = past.SelectMany(f => f.Turns).Select(VersionOf).FirstOrDefault(v => v > 0);
        if ((library.Find(account.Key.Tenant, version) ?? library.Current(account.Key.Tenant)) is not { } first)
        {
            return Rederived.No("no playbook is published");
        }

        var run = new InOrder(account.Key, library, first, since);
        run.Begin(past);
        run.Live(past, now);
        return run.Compare(account, people, now);
    }

    /// <summary>
    /// What came since may itself have come late: then what happened before it was judged without it, too, and an earlier correction that put that right is among what is judged anew.
    /// So everything begins with the earliest of them.
    /// </summary>
    private static DateTimeOffset ReachOf(IReadOnlyList<PastFrame> past, DateTimeOffset since, TimeSpan tolerance)
    {
        for (var i = past.Count - 1; i >= 0 && past[i].At >= since; i--)
        {
            foreach (var turn in past[i].Turns)
            {
                foreach (var stored in turn.OfAccount)
                {
                    if (stored.SignalRecorded is { Signal.BackFill: false } recorded && SignalTime.Of(recorded.Signal, turn.At) is var time && turn.At - time > tolerance && time < since)
                    {
                        since = time;
                    }
                }
            }
        }

        return since;
    }

    /// <summary>The account as it was when the earliest late signal happened.</summary>
    private void Begin(IReadOnlyList<PastFrame> past)
    {
        DateTimeOffset? wake = null;
        foreach (var frame in past)
        {
            foreach (var turn in frame.Turns)
            {
                if (VersionOf(turn) is var version && version > (versions.Count > 0 ? versions[^1].Version : 0))
                {
                    versions.Add((turn.At, version));
                }

                if (frame.At < since)
                {
                    Fold(turn);
                }
                else
                {
                    Note(turn);
                }
            }

            wake = frame.At < since ? frame.Wake : wake;
        }

        if (world.Find(key) is { } account)
        {
            world.Set(account with { Wake = wake });
            offers.InsertRange(0, account.OpenActions.Where(a => a.Play.Length > 0).Select(a => new PastOffer(a) { IsMatched = true }));
            made.AddRange(account.OpenActions);
        }

        foreach (var turn in past.Where(f => f.At >= since).SelectMany(f => f.Turns))
        {
            foreach (var stored in turn.OfAccount)
            {
                if (stored.ActionEnded is { } over && offers.Find(o => o.Action.Id == over.Id) is { } offer)
                {
                    offer.How = (EndedHow)over.How;
                }
            }
        }
    }

    private void Fold(RecordedTurn turn)
    {
        foreach (var stored in turn.OfAccount)
        {
            Fold(key, EventForm.Read(new StoredEvent { Account = stored }, key));
        }

        foreach (var (contact, stored) in turn.OfContacts)
        {
            var person = GrainKey.Contact(key.Tenant, key.Affinity, contact);
            Fold(person, EventForm.Read(new StoredEvent { Contact = stored }, person));
        }
    }

    private void Fold(GrainKey grain, GrainEvent @event)
    {
        world.TryGet(grain, out var state);
        world.Set(GrainTurn.Evolve(grain, state, @event));
    }

    /// <summary>What was decided in fact.</summary>
    private void Note(RecordedTurn turn)
    {
        foreach (var stored in turn.OfAccount)
        {
            if (stored.ActionOffered is { Action.Play.Length: > 0 } offered)
            {
                offers.Add(new PastOffer(PartForm.Read(offered.Action)));
            }
            else if (stored.Woken is { } woken)
            {
                wakes[Ticks.Instant(woken.Due)] = turn;
            }
        }
    }

    /// <summary>Everything since, in the order in which it happened.</summary>
    private void Live(IReadOnlyList<PastFrame> past, DateTimeOffset now)
    {
        // Stable: what happened at one instant stays in the order in which it came.
        foreach (var (at, turn, cause) in past.Where(f => f.At >= since).SelectMany(f => f.Turns).Select(HappenedAt).OrderBy(h => h.At))
        {
            if (cause is AccountCommand.Wake)
            {
                continue;
            }

            RunWakes(at);
            world.Go(LibraryAt(at), key.Tenant);
            world.IsTraced = Offers(turn);
            switch (cause)
            {
                case null when turn.OfAccount.Exists(e => e.Lateness is not null):
                    // An earlier correction: it is worked out anew.
                    break;
                case null when turn.OfAccount.Exists(e => e.Flight is not null):
                    Run(new AccountCommand.Adopt(key), turn.Position, at);
                    break;
                case null:
                    Stand(turn);
                    break;
                case AccountCommand.Settle settle:
                    Settle(settle, turn, at);
                    break;
                case AccountCommand.Record record:
                    Run(record with { ReceivedAt = at }, turn.Position, at);
                    Explain(turn, record.Signal, at);
                    break;
                default:
                    Run(cause, turn.Position, at);
                    Explain(turn, null, at);
                    break;
            }
        }

        RunWakes(now);
    }

    private static (DateTimeOffset At, RecordedTurn Turn, AccountCommand? Cause) HappenedAt(RecordedTurn turn)
    {
        var cause = RecordedCause.Of(turn);
        if (cause is not AccountCommand.Record record)
        {
            return (turn.At, turn, cause);
        }

        var time = SignalTime.Of(record.Signal, turn.At);
        return (time < turn.At ? time : turn.At, turn, cause);
    }

    /// <summary>What people answered, and what other grains said, stands; only a move from where the account would not have been does not.</summary>
    private void Stand(RecordedTurn turn)
    {
        var stands = new RecordedTurn(turn.Account, turn.Position, turn.At);
        foreach (var stored in turn.OfAccount)
        {
            if (stored.StageEntered is not { } moved || world.Find(key)?.Stage == moved.From)
            {
                stands.OfAccount.Add(stored);
            }
        }

        stands.OfContacts.AddRange(turn.OfContacts);
        world.Fold(stands);
    }

    /// <summary>Time alone, at its own instants; where time had its turn in fact, with what was drawn then.</summary>
    private void RunWakes(DateTimeOffset until)
    {
        for (var i = 0; i < MostWakes && world.Find(key)?.Wake is { } due && due <= until; i++)
        {
            world.Go(LibraryAt(due), key.Tenant);
            var position = wakes.TryGetValue(due, out var recorded) ? recorded.Position : new TurnPosition(0, due.UtcTicks, (int)(StableHash.Of(key.Affinity) % int.MaxValue));
            world.IsTraced = recorded is not null && Offers(recorded);
            Run(new AccountCommand.Wake(key, due), position, due);
            if (recorded is not null)
            {
                Explain(recorded, null, due);
            }

            if (world.Find(key) is { Wake: { } next } && next <= due)
            {
                world.LetSleep(key);
            }
        }
    }

    private void Run(AccountCommand command, TurnPosition position, DateTimeOffset at)
    {
        outcome.Clear();
        foreach (var fact in world.Run(command, position, at, outcome))
        {
            switch (fact.Event)
            {
                case AccountEvent.ActionOffered { Action: { Play.Length: > 0 } action }:
                    made.Add(action);
                    break;
                case AccountEvent.ActionEnded e when made.Find(a => a.Id == e.Id) is { } action:
                    ended.Add((action, e));
                    break;
                case AccountEvent.StageEntered e:
                    entered = e;
                    break;
                default:
                    break;
            }
        }
    }

    private void Settle(AccountCommand.Settle settle, RecordedTurn turn, DateTimeOffset at)
    {
        if (offers.Find(o => o.Action.Id == settle.ActionId) is not { } offer || world.Find(key) is null)
        {
            Stand(turn);
            return;
        }

        if (world.FindOpen(key, settle.ActionId, offer.Is) is { } open)
        {
            Run(settle with { ActionId = open.Id }, turn.Position, at);
        }
        else if (settle.Settlement is Settlement.Done)
        {
            NoteTakenBack(offer);
        }
    }

    private void NoteTakenBack(PastOffer offer)
    {
        var (action, how) = ended.Find(e => e.Action.Id == offer.Action.Id && offer.Is(e.Action)) is { Action: not null } same ? same : ended.Find(e => offer.Is(e.Action));
        if (action is not null && how.How == EndedHow.Revoked)
        {
            offer.TakenBack = $"it would have been taken back at {how.At:yyyy-MM-ddTHH:mm:ssZ}: {how.Outcome}";
        }
    }

    /// <summary>Why what was offered in this turn would not have been, for those that may turn out so.</summary>
    private void Explain(RecordedTurn turn, Signal? signal, DateTimeOffset at)
    {
        foreach (var offer in Offers(turn) ? offers : [])
        {
            if (offer.Why.Length > 0 || offer.Action.DecidedAt != turn.At || !turn.OfAccount.Exists(e => e.ActionOffered?.Action.Id == offer.Action.Id))
            {
                continue;
            }

            var account = world.Find(key);
            if (account is null)
            {
                continue;
            }

            var known = Find(world.Trace?.Candidates ?? [], offer.Action);
            if (known is null)
            {
                world.TryGet(GrainKey.Contact(key.Tenant, key.Affinity, offer.Action.Contact), out var person);
                known = Find(world.Judge(account, (Contact?)person, signal, at).Candidates, offer.Action);
            }

            offer.Why = known is { RemovedAt: not null } ? known.RemovedBy
                : account.Stage != offer.Action.Stage ? $"at stage `{account.Stage}` then, not at `{offer.Action.Stage}`"
                : made.Count > 0 && made[^1].DecidedAt == at ? $"`{made[^1].Play}` would have been better then"
                : "it would not have come to a decision then";
        }
    }

    private static bool Offers(RecordedTurn turn) => turn.OfAccount.Exists(e => e.KindCase == Kind.ActionOffered);

    private static TracedCandidate? Find(IReadOnlyList<TracedCandidate> candidates, OpenAction action)
    {
        TracedCandidate? found = null;
        foreach (var candidate in candidates)
        {
            if (candidate.Play == action.Play && candidate.Treatment == action.Treatment && (candidate.Contact == action.Contact || candidate.RemovedAt == RemovedAt.Stage))
            {
                found = candidate;
            }
        }

        return found;
    }

    /// <summary>The versions that were known at an instant, as far as the account's own turns tell.</summary>
    private PlaybookLibrary LibraryAt(DateTimeOffset at)
    {
        var version = versions.Count > 0 ? versions[0].Version : int.MaxValue;
        foreach (var known in versions)
        {
            version = known.At <= at ? known.Version : version;
        }

        return library.AsOf(key.Tenant, version);
    }

    private static int VersionOf(RecordedTurn turn)
    {
        var version = 0;
        foreach (var stored in turn.OfAccount)
        {
            version = Math.Max(version, stored.KindCase switch
            {
                Kind.SignalRecorded => stored.SignalRecorded.PlaybookVersion,
                Kind.Woken => stored.Woken.PlaybookVersion,
                Kind.Asked => stored.Asked.PlaybookVersion,
                Kind.Flight => ((AccountEvent)EventForm.Read(new StoredEvent { Account = stored }, turn.Account)) switch
                {
                    AccountEvent.OfFlight { Event: InFlight.FlightEvent.Adopted e } => e.Version,
                    AccountEvent.OfFlight { Event: InFlight.FlightEvent.Pinned e } => e.Version,
                    _ => 0,
                },
                _ => 0,
            });
        }

        return version;
    }
}
