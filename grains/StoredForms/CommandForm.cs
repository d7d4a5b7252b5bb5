using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.V1;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Commands as they travel between partitions and silos, and as dead letters keep them.</summary>
public static class CommandForm
{
    public static StoredCommand Write(GrainCommand command)
    {
        var stored = new StoredCommand { Target = KeyForm.Write(command.Target) };
        switch (command)
        {
            case AccountCommand.Record c:
                stored.Record = new StoredRecord { Signal = c.Signal, Contact = c.BoundContact, ReceivedAt = Ticks.Of(c.ReceivedAt) };
                break;
            case IdentityCommand.Route c:
                stored.Route = new StoredRecord { Signal = c.Signal, ReceivedAt = Ticks.Of(c.ReceivedAt) };
                break;
            case IdentityCommand.Bind c:
                stored.Bind = new StoredBind { Contact = KeyForm.WriteContact(c.Contact), Provisional = c.Provisional };
                break;
            case IdentityCommand.Arrived c:
                stored.Arrived = new StoredArrived { Contact = KeyForm.WriteContact(c.Contact), Marker = c.Marker };
                break;
            case AccountCommand.MoveOut c:
                stored.MoveOut = new StoredMoveOut { Contact = c.Contact, To = KeyForm.WriteContact(c.To), Known = c.Known };
                break;
            case AccountCommand.Follow c:
                // Within a form that the first version reads: it takes it for a move of somebody who has left, which is nothing.
                stored.MoveOut = new StoredMoveOut { Contact = c.Contact, To = KeyForm.WriteContact(GrainKey.Contact(c.Target.Tenant, c.Target.Affinity, c.Contact)), Follow = new() { Identity = KeyForm.Write(c.Identity), Marker = c.Marker } };
                break;
            case AccountCommand.MoveIn c:
                stored.MoveIn = new StoredMoveIn
                {
                    Contact = c.Contact,
                    From = KeyForm.WriteContact(c.From),
                    State = StateForm.Write(c.State),
                    Scores = { c.Scores.Select(PartForm.Write) },
                    Tallies = { c.Tallies.Select(PartForm.Write) },
                    Seen = PartForm.Write(c.Seen),
                    ChangesEmployer = c.ChangesEmployer,
                    Activity = c.Activity.Days.IsEmpty ? null : StandingForm.Write(c.Contact, c.Activity),
                    Latest = { c.Latest },
                    BackFill = c.BackFill,
                    Customer = CustomerForm.Write(c.Customer),
                    Known = c.Known,
                    Overrides = { c.Overrides.Select(MatchForm.Write) },
                    Brought = MergeForm.Write(c.Brought),
                };
                break;
            case OwnerCommand c:
                OwnerForm.Write(c, stored);
                break;
            case AccountCommand.Grant c:
                stored.Grant = new StoredGrant { Action = c.Action, Owner = c.Owner };
                break;
            case AccountCommand.Refuse c:
                stored.Refuse = new StoredRefuse { Action = c.Action, Department = c.Department, Waits = c.Waits };
                break;
            case AccountCommand.TellBoard c:
                stored.ToldBoard = BoardForm.Write(c);
                break;
            case AccountCommand.TellRoom c:
                stored.Room = new StoredRoom { Department = c.Department };
                break;
            case AccountCommand.OfFamily c:
                stored.Family = FamilyForm.Write(c.Message);
                break;
            case AccountCommand.CreditReferral c:
                stored.CreditReferral = new StoredCreditReferral { Contact = c.Contact, Referred = c.Referred, At = Ticks.Of(c.At) };
                break;
            case IdentityCommand.PassReferral c:
                stored.PassReferral = new StoredCreditReferral { Referred = c.Referred, At = Ticks.Of(c.At) };
                break;
            case AccountCommand.Wake c:
                stored.Wake = new StoredWake { Due = Ticks.Of(c.Due) };
                break;
            case AccountCommand.Settle c:
                stored.Settle = Write(c.ActionId, c.Settlement);
                break;
            case AccountCommand.Ask c:
                stored.Ask = new StoredAsk { Contact = c.Contact, Channel = c.Channel };
                break;
            case AccountCommand.Reserve c:
                stored.Reserve = new StoredReserve
                {
                    Contact = c.Contact,
                    Request = c.RequestId,
                    Channel = c.Channel,
                    Purpose = c.Purpose,
                    Transactional = c.Transactional,
                    Hold = c.Hold.Ticks,
                };
                break;
            case AccountCommand.EndReservation c:
                stored.EndReservation = new StoredEndReservation { Reservation = c.Reservation, Sent = c.Sent };
                break;
            case CatalogCommand.Publish c:
                stored.Publish = new StoredPublish
                {
                    Name = c.Name,
                    Text = c.Text,
                    File = c.File,
                    Digest = c.Digest,
                    SignedOffBy = { c.SignedOffBy },
                    ExpectedVersion = c.ExpectedVersion,
                    Draft = c.Draft,
                    DraftRevision = c.DraftRevision,
                };
                break;
            case CatalogCommand.SaveDraft c:
                stored.Draft = DraftForm.Write(c);
                break;
            case CatalogCommand.DeleteDraft c:
                stored.Draft = DraftForm.Write(c);
                break;
            case AccountCommand.MergeInto c:
                stored.MergeInto = new StoredMergeInto { Into = c.Into };
                break;
            case AccountCommand.TakeIn or AccountCommand.Alike or AccountCommand.DismissTwin or AccountCommand.Part or AccountCommand.TakeBack or AccountCommand.Sought or AccountCommand.Override or IdentityCommand.Claim or IdentityCommand.Seek:
                stored.Identity = MatchForm.Write(command);
                break;
            case AccountCommand.Unmerge c:
                stored.Unmerge = IdentityForm.Write(c);
                break;
            case AccountCommand.Reinstate c:
                stored.Reinstate = IdentityForm.Write(c);
                break;
            case IdentityCommand.Rebind c:
                stored.Rebind = IdentityForm.Write(c);
                break;
            case AccountCommand.Adopt:
                stored.Adopt = new StoredAdopt();
                break;
            case AccountCommand.Correct c:
                stored.Correct = LatenessForm.Write(c);
                break;
            case AccountCommand.OfMembership c:
                stored.Membership = MembershipForm.Write(c.Contact, c.Message);
                break;
            case IdentityCommand.Introduce c:
                stored.Introduce = MembershipForm.Write(c.Contact.Id, c.Joins);
                break;
            case PartitionCommand.Release:
                stored.Release = new StoredRelease();
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        return stored;
    }

    /// <exception cref="InvalidDataException">The form is not one that travels.</exception>
    public static GrainCommand Read(StoredCommand stored)
    {
        var target = KeyForm.Read(stored.Target);
        return stored.KindCase switch
        {
            StoredCommand.KindOneofCase.Record => new AccountCommand.Record(target, stored.Record.Signal, stored.Record.Contact, Ticks.Instant(stored.Record.ReceivedAt)),
            StoredCommand.KindOneofCase.Route => new IdentityCommand.Route(target, stored.Route.Signal, Ticks.Instant(stored.Route.ReceivedAt)),
            StoredCommand.KindOneofCase.Bind => new IdentityCommand.Bind(target, KeyForm.ReadContact(stored.Bind.Contact, target.Tenant), stored.Bind.Provisional),
            StoredCommand.KindOneofCase.Family => new AccountCommand.OfFamily(target, FamilyForm.Read(stored.Family, target)),
            StoredCommand.KindOneofCase.Arrived => new IdentityCommand.Arrived(target, KeyForm.ReadContact(stored.Arrived.Contact, target.Tenant)) { Marker = stored.Arrived.Marker },
            StoredCommand.KindOneofCase.MoveOut when stored.MoveOut.Follow is { } f => new AccountCommand.Follow(target, stored.MoveOut.Contact, KeyForm.Read(f.Identity), f.Marker),
            StoredCommand.KindOneofCase.MoveOut => new AccountCommand.MoveOut(target, stored.MoveOut.Contact, KeyForm.ReadContact(stored.MoveOut.To, target.Tenant)) { Known = stored.MoveOut.Known },
            StoredCommand.KindOneofCase.MoveIn => ReadMoveIn(stored.MoveIn, target),
            StoredCommand.KindOneofCase.Take => new OwnerCommand.Take(target, stored.Take.Account, stored.Take.Action, stored.Take.Owner) { Again = stored.Take.Again },
            StoredCommand.KindOneofCase.ReleaseOwner when stored.ReleaseOwner.HasMovedTo => new OwnerCommand.Move(target, stored.ReleaseOwner.Action, stored.ReleaseOwner.MovedTo),
            StoredCommand.KindOneofCase.ReleaseOwner => stored.ReleaseOwner.Action.Length > 0 ? new OwnerCommand.Release(target, stored.ReleaseOwner.Action) : new OwnerCommand.Pass(target),
            StoredCommand.KindOneofCase.Grant => new AccountCommand.Grant(target, stored.Grant.Action, stored.Grant.Owner),
            StoredCommand.KindOneofCase.Refuse => new AccountCommand.Refuse(target, stored.Refuse.Action, stored.Refuse.Department, stored.Refuse.Waits),
            StoredCommand.KindOneofCase.ToldBoard => BoardForm.Read(stored.ToldBoard, target),
            StoredCommand.KindOneofCase.OfBoard => new Owners.OwnerCommand.OfBoard(target, BoardForm.Read(stored.OfBoard)),
            StoredCommand.KindOneofCase.Room => new AccountCommand.TellRoom(target, stored.Room.Department),
            StoredCommand.KindOneofCase.CreditReferral when stored.CreditReferral is { } r => new AccountCommand.CreditReferral(target, r.Contact, r.Referred, Ticks.Instant(r.At)),
            StoredCommand.KindOneofCase.PassReferral => new IdentityCommand.PassReferral(target, stored.PassReferral.Referred, Ticks.Instant(stored.PassReferral.At)),
            StoredCommand.KindOneofCase.Wake => new AccountCommand.Wake(target, Ticks.Instant(stored.Wake.Due)),
            StoredCommand.KindOneofCase.Settle => new AccountCommand.Settle(target, stored.Settle.Action, Read(stored.Settle, target)),
            StoredCommand.KindOneofCase.Ask => new AccountCommand.Ask(target, stored.Ask.Contact, stored.Ask.Channel),
            StoredCommand.KindOneofCase.Reserve when stored.Reserve is { } r => new AccountCommand.Reserve(
                target, r.Contact, r.Request, r.Channel, r.Purpose, r.Transactional, TimeSpan.FromTicks(r.Hold)),
            StoredCommand.KindOneofCase.EndReservation => new AccountCommand.EndReservation(target, stored.EndReservation.Reservation, stored.EndReservation.Sent),
            StoredCommand.KindOneofCase.Publish when stored.Publish is { } p => new CatalogCommand.Publish(
                target, p.Name, p.Text, p.File, p.Digest, [.. p.SignedOffBy], p.ExpectedVersion) { Draft = p.Draft, DraftRevision = p.DraftRevision },
            StoredCommand.KindOneofCase.Draft => DraftForm.Read(stored.Draft, target),
            StoredCommand.KindOneofCase.MergeInto => new AccountCommand.MergeInto(target, stored.MergeInto.Into),
            StoredCommand.KindOneofCase.Identity => MatchForm.Read(stored.Identity, target),
            StoredCommand.KindOneofCase.Unmerge => IdentityForm.Read(stored.Unmerge, target),
            StoredCommand.KindOneofCase.Reinstate => IdentityForm.Read(stored.Reinstate, target),
            StoredCommand.KindOneofCase.Rebind => IdentityForm.Read(stored.Rebind, target),
            StoredCommand.KindOneofCase.Adopt => new AccountCommand.Adopt(target),
            StoredCommand.KindOneofCase.Correct => LatenessForm.Read(stored.Correct, target),
            StoredCommand.KindOneofCase.Membership => new AccountCommand.OfMembership(target, stored.Membership.Contact, MembershipForm.Read(stored.Membership, target.Tenant)),
            StoredCommand.KindOneofCase.Introduce when MembershipForm.Read(stored.Introduce, target.Tenant) is Memberships.MembershipMessage.Joins joins => new IdentityCommand.Introduce(target, joins.From, joins),
            StoredCommand.KindOneofCase.Release => new PartitionCommand.Release(target),
            _ => throw new InvalidDataException($"a command to {target} has a form that this version does not know"),
        };
    }

    private static AccountCommand.MoveIn ReadMoveIn(StoredMoveIn stored, GrainKey target)
    {
        var from = KeyForm.ReadContact(stored.From, target.Tenant);
        return new(target, stored.Contact, from, StateForm.Read(stored.State, from), [.. stored.Scores.Select(PartForm.Read)], [.. stored.Tallies.Select(PartForm.Read)])
        {
            Seen = PartForm.Read(stored.Seen),
            ChangesEmployer = stored.ChangesEmployer,
            Activity = stored.Activity is { } activity ? StandingForm.Read(activity) : BuyingGroups.MemberActivity.None,
            Latest = [.. stored.Latest],
            BackFill = stored.BackFill,
            Customer = CustomerForm.Read(stored.Customer),
            Known = stored.Known,
            Overrides = [.. stored.Overrides.Select(MatchForm.Read)],
            Brought = MergeForm.Read(stored.Brought),
        };
    }

    private static StoredSettle Write(string action, Settlement settlement) => settlement switch
    {
        Settlement.Done c => new() { Action = action, By = c.By, Done = new() { Outcome = c.Outcome, Note = c.Note } },
        Settlement.Retry c => new() { Action = action, By = c.By, Retry = new() { Delay = c.Delay.Ticks, Attempt = c.Attempt, Reason = c.Reason } },
        Settlement.Reject c => new() { Action = action, By = c.By, Reject = new() { Reason = c.Reason } },
        Settlement.Declined { Snooze: { } snooze } c => new() { Action = action, By = c.By, Declined = new() { Reason = c.Reason, Snooze = snooze.Ticks } },
        Settlement.Declined c => new() { Action = action, By = c.By, Declined = new() { Reason = c.Reason } },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Settlement Read(StoredSettle stored, GrainKey target) => ReadVerdict(stored, target) with { By = stored.By };

    private static Settlement ReadVerdict(StoredSettle stored, GrainKey target) => stored.SettlementCase switch
    {
        StoredSettle.SettlementOneofCase.Done => new Settlement.Done(stored.Done.Outcome, stored.Done.Note),
        StoredSettle.SettlementOneofCase.Retry => new Settlement.Retry(TimeSpan.FromTicks(stored.Retry.Delay), stored.Retry.Attempt, stored.Retry.Reason),
        StoredSettle.SettlementOneofCase.Reject => new Settlement.Reject(stored.Reject.Reason),
        StoredSettle.SettlementOneofCase.Declined =>
            new Settlement.Declined(stored.Declined.Reason, stored.Declined.HasSnooze ? TimeSpan.FromTicks(stored.Declined.Snooze) : null),
        _ => throw new InvalidDataException($"a settlement for {target} has a form that this version does not know"),
    };
}
