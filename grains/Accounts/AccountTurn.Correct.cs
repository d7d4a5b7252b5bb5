using System.Collections.Immutable;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Accounts;

/// <remarks>What came late is put right: the account becomes what it would be, and what would not have been decided is taken back where it still can be.</remarks>
public static partial class AccountTurn
{
    private static Verdict Correct(AccountCommand.Correct command, TurnBuilder turn)
    {
        var account = turn.Account;
        if (account.ForwardedTo.Length > 0)
        {
            return new Verdict.Rejected(new Rejection.MovedTo(account.ForwardedTo));
        }

        if (account.Lateness is not { Since: { } since } late || PlaybookOf(turn) is not { } playbook)
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        if (account.SignalCount != command.SignalCount || account.Stage != command.StageWas || account.StageSince != command.StageSinceWas || since != command.Since
            || LatenessTurn.MarkOf(account, command.Found.People.Select(p => turn.Contact(p.Contact))) != command.Mark)
        {
            return new Verdict.Rejected(new Rejection.ChangedMeanwhile(account.Key.Affinity));
        }

        var found = command.Found;
        var also = ImmutableArray.CreateBuilder<string>();
        DateTimeOffset? stageSince = null;
        bool? slaBreached = null;
        ImmutableArray<ChangedDecision> changed = [];
        if (found.Undetermined.Length == 0)
        {
            foreach (var person in found.People)
            {
                CorrectPerson(turn, playbook, person, also);
            }

            // What only time and not the walk takes back is taken back for its own reason first; the move takes what does not belong to the stage.
            changed = [.. found.Changed.Select(c => Compensate(turn, c))];
            if (found.Stage != account.Stage && playbook.Stages.ContainsKey(found.Stage))
            {
                StageWalk.Correct(turn, playbook, found);
            }
            else if (found.Stage == account.Stage && (found.StageSince - account.StageSince).Duration() > (playbook.Definition.Lateness?.Tolerance ?? LatenessDefinition.DefaultTolerance))
            {
                stageSince = found.StageSince;
                also.Add($"in stage `{found.Stage}` since {found.StageSince:yyyy-MM-ddTHH:mm:ssZ}");
            }

            if (found.Stage == account.Stage && found.SlaBreached != account.SlaBreached)
            {
                slaBreached = found.SlaBreached;
                also.Add(found.SlaBreached ? $"in stage `{found.Stage}` for longer than agreed, which is told to nobody now" : $"in stage `{found.Stage}` for no longer than agreed");
            }

            foreach (var score in found.Scores)
            {
                also.Add($"score `{score.Name}`");
            }

            CorrectRooms(turn, playbook, found, late, also);
        }

        var correction = new Correction(turn.Now, since, late.Pending, account.Stage, turn.Account.Stage, changed, found.Unlisted, also.ToImmutable(), found.Undetermined)
        {
            Rooms = [.. found.Rooms.Select(r => new CorrectedRoom(r.Room, r.Changes))],
        };
        turn.Add(new AccountEvent.OfLateness(new LatenessEvent.Corrected(correction, stageSince, found.Undetermined.Length == 0 ? found.Scores : [])
        {
            StageBy = found.Undetermined.Length == 0 && turn.Account.Stage == found.Stage && turn.Account.StageBy != found.StageBy ? found.StageBy : null,
            SlaBreached = slaBreached,
            OpenedAt = found.OpenedAt,
            Heard = found.Heard,
        }));
        if (turn.Account.Stage != account.Stage || changed.Length > 0 || found.Rooms.Count > 0 || found.People.Any(p => p.Standing is not null))
        {
            // What is best now is decided for now, in a turn of its own: nothing that was missed is released late.
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        }

        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    /// <summary>Roles and words on consent as they would be.</summary>
    private static void CorrectPerson(TurnBuilder turn, Playbook playbook, RederivedPerson person, ImmutableArray<string>.Builder also)
    {
        if (person.ReturnedAt is { } back && HasLeft(turn, person.Contact))
        {
            Return(turn, person.Contact, back);
            also.Add($"{person.Contact} is with the company since {back:yyyy-MM-ddTHH:mm:ssZ}");
        }

        if (person.Left is { } left)
        {
            Leave(turn, playbook, person.Contact, left.Reason, left.At);
            if (turn.Account.Standing?.Left.GetValueOrDefault(person.Contact)?.At != left.At)
            {
                // Known to have left, at another time.
                turn.Add(person.Contact, new ContactEvent.OfStanding(new Standings.PersonEvent.Left(left.Reason, left.At)));
                turn.Add(new AccountEvent.OfStanding(new Standings.StandingEvent.PersonLeft(person.Contact, left.Reason, left.At, null)));
            }

            also.Add($"{person.Contact} left the company at {left.At:yyyy-MM-ddTHH:mm:ssZ}");
        }

        if (turn.Account.Contacts.ContainsKey(person.Contact))
        {
            CorrectRoles(turn, playbook, person, also);
        }

        foreach (var consent in person.Consents)
        {
            also.Add($"consent `{consent.Purpose}` of {person.Contact}{(consent.Channel.Length > 0 ? $" on `{consent.Channel}`" : "")}");
        }

        also.AddRange(person.Changes.Select(change => $"{person.Contact}: {change}"));
        if (person.Consents.Count + person.Scores.Count > 0 || person.Standing is not null || person.OpenedAt is not null)
        {
            turn.Add(person.Contact, new ContactEvent.Corrected(person.Consents, person.Scores) { Standing = person.Standing, OpenedAt = person.OpenedAt });
        }

        ConsentWithdrawn(turn, playbook, person.Contact);
    }

    private static void CorrectRoles(TurnBuilder turn, Playbook playbook, RederivedPerson person, ImmutableArray<string>.Builder also)
    {
        foreach (var role in turn.Contact(person.Contact).Roles)
        {
            if (!person.Roles.Contains(role))
            {
                SetRole(turn, playbook, person.Contact, role, assigned: false, turn.Now);
                also.Add($"role `{role}` of {person.Contact} is vacant");
            }
        }

        foreach (var role in person.Roles)
        {
            if (!turn.Contact(person.Contact).HasRole(role))
            {
                SetRole(turn, playbook, person.Contact, role, assigned: true, turn.Now);
                also.Add($"role `{role}` is {person.Contact}'s");
            }
        }
    }

    /// <summary>An action that would not have been made is taken back if it is open; whatever was done meanwhile is said as it is.</summary>
    private static ChangedDecision Compensate(TurnBuilder turn, ChangedDecision changed)
    {
        if (changed.Kind == ChangeKind.Missed)
        {
            return changed;
        }

        if (turn.Account.OpenActions.FirstOrDefault(a => a.Id == changed.Action) is { } open)
        {
            turn.Revoke(open, $"it would not have been decided: {changed.Why}");
            return changed with { Kind = ChangeKind.Revoked };
        }

        return changed.Kind != ChangeKind.Revoked ? changed
            : changed with { Kind = turn.Account.Ended.FirstOrDefault(e => e.Id == changed.Action) is { How: EndedHow.Done } ? ChangeKind.Done : ChangeKind.Ended };
    }

    /// <summary>Each room as it would be, by a fact of its own; then what others must hear of it.</summary>
    private static void CorrectRooms(TurnBuilder turn, Playbook playbook, Rederived found, LatenessState late, ImmutableArray<string>.Builder also)
    {
        var brought = turn.Account.Customer?.Referrer?.By;
        foreach (var room in found.Rooms)
        {
            turn.Add(new AccountEvent.OfLateness(new LatenessEvent.RoomCorrected(room.Room, room.Would, room.Changes, [.. late.Pending.Select(s => s.Id)], turn.Now)));
        }

        if (turn.Account.Customer?.Referrer is { } referrer && referrer.By != brought)
        {
            Advocacy.Attribution.Tell(turn, referrer);
        }

        if (found.Parent is { } parent)
        {
            Hierarchies.FamilyTurn.Name(turn, parent);
            also.Add(parent.Length > 0 ? $"part of account `{parent}`" : "part of no other account");
        }

        foreach (var outcome in found.Outcomes)
        {
            Counts.CountTurn.Achieved(turn, outcome);
            also.Add($"it counts for goal board `{outcome.Board}`");
        }

        CorrectRequests(turn, playbook, found, also);
        also.AddRange(found.Stays);
    }

    /// <summary>
    /// What our own people would not be asked is taken back; what they would be asked still they are asked now, with their whole time: who was never asked is not late. That something
    /// was overdue which nobody knew of is told to nobody now.
    /// </summary>
    private static void CorrectRequests(TurnBuilder turn, Playbook playbook, Rederived found, ImmutableArray<string>.Builder also)
    {
        foreach (var action in turn.Account.OpenActions)
        {
            if (action.Request is { } request && !found.Asks.Any(a => a.IsSame(request)))
            {
                turn.Revoke(action, "it would not have been asked");
                also.Add($"the {request.Kind} of `{request.Subject}` is taken back: it would not have been asked");
            }
        }

        foreach (var ask in found.Asks)
        {
            if (turn.Account.OpenActions.Any(a => a.Request is { } open && ask.IsSame(open)))
            {
                continue;
            }

            if (ask.Unanswered is { } request && ask.Until > turn.Now)
            {
                turn.Context.Workspace.Facts.Set(playbook, turn.Account, null, null, turn.Now);
                RequestTurn.Ask(turn, playbook, request, ask.Department, ask.Owner, ask.Reason);
                also.Add($"the {request.Kind} of `{request.Subject}` is asked now: it would have been open since {ask.Since:yyyy-MM-ddTHH:mm:ssZ}");
            }
            else
            {
                also.Add($"the {ask.Request.Kind} of `{ask.Request.Subject}` would have been open since {ask.Since:yyyy-MM-ddTHH:mm:ssZ}: nobody is asked now");
            }
        }
    }
}
