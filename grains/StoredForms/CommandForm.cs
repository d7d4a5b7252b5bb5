using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Commands that travel between partitions, as stored. The others are kept in words, for dead letters only.</summary>
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
                stored.Arrived = new StoredArrived { Contact = KeyForm.WriteContact(c.Contact) };
                break;
            case AccountCommand.MoveOut c:
                stored.MoveOut = new StoredMoveOut { Contact = c.Contact, To = KeyForm.WriteContact(c.To) };
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
                };
                break;
            case AccountCommand.Wake c:
                stored.Wake = new StoredWake { Due = Ticks.Of(c.Due) };
                break;
            default:
                stored.Described = command.ToString();
                break;
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
            StoredCommand.KindOneofCase.Arrived => new IdentityCommand.Arrived(target, KeyForm.ReadContact(stored.Arrived.Contact, target.Tenant)),
            StoredCommand.KindOneofCase.MoveOut => new AccountCommand.MoveOut(target, stored.MoveOut.Contact, KeyForm.ReadContact(stored.MoveOut.To, target.Tenant)),
            StoredCommand.KindOneofCase.MoveIn => ReadMoveIn(stored.MoveIn, target),
            StoredCommand.KindOneofCase.Wake => new AccountCommand.Wake(target, Ticks.Instant(stored.Wake.Due)),
            _ => throw new InvalidDataException($"a command to {target} has a form that this version does not know"),
        };
    }

    private static AccountCommand.MoveIn ReadMoveIn(StoredMoveIn stored, GrainKey target)
    {
        var from = KeyForm.ReadContact(stored.From, target.Tenant);
        return new(target, stored.Contact, from, StateForm.Read(stored.State, from), [.. stored.Scores.Select(PartForm.Read)], [.. stored.Tallies.Select(PartForm.Read)])
        {
            Seen = PartForm.Read(stored.Seen),
        };
    }
}
