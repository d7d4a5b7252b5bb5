using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Counts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.WhatIf;
using Orchestrator.V1;
using Kind = Orchestrator.V1.StoredAccountEvent.KindOneofCase;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Grains.Lateness;

// Everything since, in the order in which it happened.
public sealed partial class InOrder
{
    private readonly List<GrainKey> members = [];
    private readonly Dictionary<(GrainKey Account, DateTimeOffset Due), RecordedTurn> wakes = [];
    private readonly List<PastOffer> offers = [];
    private readonly List<OpenAction> made = [];
    private readonly List<(OpenAction Action, AccountEvent.ActionEnded How)> ended = [];
    private readonly Dictionary<string, AccountBoardEvent.Achieved> achieved = new(StringComparer.Ordinal);
    private readonly HashSet<string> counted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> toldBroken = new(StringComparer.Ordinal);
    private readonly HashSet<string> wouldTell = new(StringComparer.Ordinal);
    private AccountEvent.StageEntered? entered;
    private int wakesLeft = MostWakes;

    /// <summary>The accounts as they were when the earliest late signal happened.</summary>
    private void Begin(List<PastFrame> past, IReadOnlyDictionary<GrainKey, IReadOnlyList<PastFrame>?>? others)
    {
        members.Add(key);
        members.AddRange(others?.Where(o => o.Value is not null).Select(o => o.Key) ?? []);
        var asleep = new Dictionary<GrainKey, DateTimeOffset?>();
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
                    asleep[turn.Account] = frame.Wake;
                }
                else
                {
                    Note(turn);
                }
            }
        }

        foreach (var member in members)
        {
            if (world.Find(member) is { } account)
            {
                world.Set(account with { Wake = asleep.GetValueOrDefault(member) });
                offers.InsertRange(0, account.OpenActions.Where(a => a.Play.Length > 0).Select(a => new PastOffer(a) { IsMatched = true }));
                made.AddRange(account.OpenActions.Where(a => a.Play.Length > 0));
                foreach (var asked in account.OpenActions.Where(a => a.Request is not null))
                {
                    asks[asked.Id] = asked.Request!;
                }
            }
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
            Fold(turn.Account, EventForm.Read(new StoredEvent { Account = stored }, turn.Account));
        }

        foreach (var (contact, stored) in turn.OfContacts)
        {
            var person = GrainKey.Contact(turn.Account.Tenant, turn.Account.Affinity, contact);
            Fold(person, EventForm.Read(new StoredEvent { Contact = stored }, person));
        }
    }

    private void Fold(GrainKey grain, GrainEvent @event)
    {
        world.TryGet(grain, out var state);
        world.Set(GrainTurn.Evolve(grain, state, @event));
    }

    /// <summary>What was decided in fact, and what accounts sent themselves and each other.</summary>
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
                wakes[(turn.Account, Ticks.Instant(woken.Due))] = turn;
            }
            else if (stored.OfBoard?.Achieved is not null && EventForm.Read(new StoredEvent { Account = stored }, turn.Account) is AccountEvent.OfBoard { Event: AccountBoardEvent.Achieved outcome })
            {
                counted.Add($"{outcome.Board}\n{outcome.Key}");
            }
            else if (stored.Dealings?.PromiseSettled is { Kept: false } broken)
            {
                toldBroken[broken.Promise] = Ticks.Instant(broken.At);
            }
            else if (SourceOf(stored) is not null)
            {
                arrivals.Add(ArrivalOf(stored));
            }
        }

        NoteOwn(turn);
    }

    private void Live(List<PastFrame> past, DateTimeOffset now)
    {
        // Stable: what happened at one instant stays in the order in which it came.
        var queue = new PriorityQueue<(RecordedTurn Turn, AccountCommand? Cause, bool Again), (DateTimeOffset At, int Order)>();
        foreach (var turn in past.Where(f => f.At >= since).SelectMany(f => f.Turns))
        {
            var cause = RecordedCause.Of(turn);
            if (cause is not AccountCommand.Wake)
            {
                queue.Enqueue((turn, cause, Again: false), (HappenedAt(turn, cause), queue.Count));
            }
        }

        var order = queue.Count;
        while (wakesLeft > 0 && queue.TryDequeue(out var next, out var place))
        {
            RunWakes(place.At);
            world.Go(LibraryAt(place.At), key.Tenant);
            world.IsTraced = Offers(next.Turn);
            if (!Take(next.Turn, next.Cause, place.At, next.Again))
            {
                // Of something that nobody had told of yet, such as a deal: it is taken when it came.
                queue.Enqueue((next.Turn, next.Cause, Again: true), (next.Turn.At, order++));
            }
        }

        RunWakes(now);
    }

    private DateTimeOffset HappenedAt(RecordedTurn turn, AccountCommand? cause)
    {
        var happened = turn.At;
        _ = cause is AccountCommand.Record record && delays.IsLate(record.Signal, turn.At, out happened);
        return happened;
    }

    /// <returns>False: it is to be taken when it came.</returns>
    private bool Take(RecordedTurn turn, AccountCommand? cause, DateTimeOffset at, bool again)
    {
        switch (cause)
        {
            case null when turn.OfAccount.Exists(e => e.Lateness is not null):
                // An earlier correction: it is worked out anew.
                break;
            case null when turn.OfAccount.Exists(e => e.Flight is not null):
                Run(new AccountCommand.Adopt(turn.Account), turn.Position, at);
                break;
            case null when turn.OfAccount.Exists(e => SourceOf(e) is not null):
                Arrive(turn);
                break;
            case null when MoveOf(turn) is { } move:
                Move(move, turn);
                break;
            case null:
                Stand(turn);
                break;
            case AccountCommand.Settle settle:
                Settle(settle, turn, at);
                break;
            case AccountCommand.Record record:
                return Record(record, turn, at, again);
            default:
                Run(cause, turn.Position, at);
                Explain(turn, null, at);
                break;
        }

        return true;
    }

    private bool Record(AccountCommand.Record record, RecordedTurn turn, DateTimeOffset at, bool again)
    {
        if (IsOwn(record.Signal))
        {
            if (!sent.Contains(record.Signal.Id))
            {
                // The account would not have told itself.
                return true;
            }
        }

        var target = OwnerAt(record);
        // Whom the account would know by then under one of the names is who is meant, not whom it came to know.
        var bound = target == turn.Account && !record.Names.Any(n => world.Find(target)?.Identifiers.ContainsKey(n) == true) ? record.BoundContact : "";
        Run(new AccountCommand.Record(target, record.Signal, bound, at), turn.Position, at);
        if (outcome.Refused is not null)
        {
            if (!again && turn.At > at)
            {
                return false;
            }

            // It was taken in fact, so it counts.
            Stand(turn);
        }

        Explain(turn, record.Signal, at);
        return true;
    }

    /// <summary>What people answered, and what other grains said, stands; only a move from where the account would not have been does not.</summary>
    private void Stand(RecordedTurn turn)
    {
        var stands = new RecordedTurn(turn.Account, turn.Position, turn.At);
        foreach (var stored in turn.OfAccount)
        {
            if (stored.StageEntered is not { } moved || world.Find(turn.Account)?.Stage == moved.From)
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
        while (wakesLeft-- > 0 && NextWake(until) is var (member, due))
        {
            world.Go(LibraryAt(due), key.Tenant);
            var position = wakes.TryGetValue((member, due), out var recorded) ? recorded.Position : new TurnPosition(0, due.UtcTicks, (int)(StableHash.Of(key.Affinity) % int.MaxValue));
            world.IsTraced = recorded is not null && Offers(recorded);
            Run(new AccountCommand.Wake(member, due), position, due);
            if (recorded is not null)
            {
                Explain(recorded, null, due);
            }

            if (world.Find(member) is { Wake: { } next } && next <= due)
            {
                world.LetSleep(member);
            }
        }

        // The look that found nothing due was no turn.
        wakesLeft++;
    }

    private (GrainKey Member, DateTimeOffset Due)? NextWake(DateTimeOffset until)
    {
        (GrainKey, DateTimeOffset Due)? next = null;
        foreach (var member in members)
        {
            if (world.Find(member) is { Wake: { } due } && due <= until && (next is null || due < next.Value.Due))
            {
                next = (member, due);
            }
        }

        return next;
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
                case AccountEvent.StageEntered e when fact.Grain == key:
                    entered = e;
                    break;
                case AccountEvent.OfBoard { Event: AccountBoardEvent.Achieved e } when fact.Grain == key:
                    achieved[$"{e.Board}\n{e.Key}"] = e;
                    break;
                case AccountEvent.OfDealings { Event: DealingsEvent.PromiseSettled { Kept: false } e } when fact.Grain == key:
                    wouldTell.Add(e.Promise);
                    break;
                default:
                    break;
            }
        }

        var refused = outcome.Refused;
        Deliver(world.Effects, at);
        outcome.Refused = refused;
    }

    private void Settle(AccountCommand.Settle settle, RecordedTurn turn, DateTimeOffset at)
    {
        if (offers.Find(o => o.Action.Id == settle.ActionId) is { } offer && world.Find(turn.Account) is not null)
        {
            if (world.FindOpen(turn.Account, settle.ActionId, offer.Is) is { } open)
            {
                Run(settle with { ActionId = open.Id }, turn.Position, at);
            }
            else if (settle.Settlement is Settlement.Done)
            {
                NoteTakenBack(offer);
            }

            return;
        }

        // A question to our own people may have been asked another time: the answer is to the one that is open. The same one was answered as the facts say.
        var asked = world.Find(turn.Account)?.OpenActions ?? [];
        if (asks.TryGetValue(settle.ActionId, out var request) && asked.All(a => a.Id != settle.ActionId) && asked.FirstOrDefault(a => a.Request is { } other && Same(request, other)) is { } same)
        {
            Run(settle with { ActionId = same.Id }, turn.Position, at);
        }
        else
        {
            Stand(turn);
        }
    }

    private static bool Same(Request one, Request other) => new WouldAsk(one, "", "", "", default, default).IsSame(other);

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

            var account = world.Find(turn.Account);
            if (account is null)
            {
                continue;
            }

            var known = Find(world.Trace?.Candidates ?? [], offer.Action);
            if (known is null)
            {
                world.TryGet(GrainKey.Contact(turn.Account.Tenant, turn.Account.Affinity, offer.Action.Contact), out var person);
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

    /// <summary>The versions that were known at an instant, as far as the accounts' own turns tell.</summary>
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
