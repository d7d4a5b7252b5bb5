using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>Asks the gate for a message of somebody else's; the slot is taken in the same turn, so a cap is exact under any concurrency.</summary>
    private static Verdict Reserve(AccountCommand.Reserve command, TurnBuilder turn)
    {
        if (PlaybookOf(turn) is not { } playbook)
        {
            return new Verdict.Rejected(new Rejection.NoPlaybook(turn.Account.Key.Tenant));
        }

        if (!playbook.Channels.TryGetValue(command.Channel, out var channel))
        {
            return new Verdict.Rejected(new Rejection.UnknownChannel(command.Channel, Words.Nearest(command.Channel, playbook.Channels.Keys)));
        }

        if (turn.Account.ForwardedTo.Length > 0)
        {
            return new Verdict.Rejected(new Rejection.MovedTo(turn.Account.ForwardedTo));
        }

        if (!turn.Account.Exists)
        {
            return new Verdict.Rejected(new Rejection.NoSuchAccount(turn.Account.Key.Affinity));
        }

        if (!turn.Account.Contacts.ContainsKey(command.Contact))
        {
            return new Verdict.Rejected(new Rejection.NoSuchContact(turn.Account.Key.Affinity, command.Contact));
        }

        if (turn.Account.Reservations.FirstOrDefault(r => r.RequestId == command.RequestId) is { } held)
        {
            return turn.Accept(
                held.State == ReservationState.Released || IsOver(held, turn.Now)
                    ? new Answer.NotReserved($"the request `{command.RequestId}` was released or has expired", null)
                    : new Answer.Reserved(held.Id, held.HeldUntil),
                null,
                turn.Now);
        }

        if (turn.Contact(command.Contact).Membership is { IsMember: true } member && !(command.Transactional && playbook.Policy.ExemptsTransactional))
        {
            return turn.Accept(new Answer.NotReserved(
                member.Home is { } home ? $"messages to this person are counted at their home account `{home.Affinity}`: reserve there, for contact `{home.Id}`" : "the account where this person's messages are counted has not answered yet", null), null, turn.Now);
        }

        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, turn.Contact(command.Contact), null, turn.Now);
        var answer = PolicyGate.Ask(facts, channel, command.Purpose, command.Transactional);
        if (answer.RemovedAt is not null)
        {
            return turn.Accept(new Answer.NotReserved(PolicyGate.Describe(answer, facts, command.Channel, command.Purpose), answer.NotBefore), null, turn.Now);
        }

        var transactional = command.Transactional && playbook.Policy.ExemptsTransactional;
        var reservation = new Reservation(turn.NewId('r'), command.RequestId, command.Contact, command.Channel, transactional, turn.Now, turn.Now + command.Hold, ReservationState.Held);
        turn.Add(new AccountEvent.Reserved(reservation));
        turn.Add(command.Contact, new ContactEvent.SlotTaken(new Slot(reservation.Id, command.Contact, command.Channel, transactional, turn.Now)));
        return turn.Accept(new Answer.Reserved(reservation.Id, reservation.HeldUntil), playbook, turn.Now);
    }

    private static Verdict EndReservation(AccountCommand.EndReservation command, TurnBuilder turn)
    {
        if (turn.Account.Reservations.FirstOrDefault(r => r.Id == command.Reservation) is not { } reservation)
        {
            return new Verdict.Rejected(new Rejection.NoSuchReservation(command.Reservation));
        }

        var wanted = command.Sent ? ReservationState.Confirmed : ReservationState.Released;
        if (IsOver(reservation, turn.Now))
        {
            // The turn that frees the slot is on its way; it is only that nothing may be confirmed any more.
            return command.Sent ? new Verdict.Rejected(new Rejection.ReservationOver(command.Reservation, "released or expired")) : turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        if (reservation.State == ReservationState.Held)
        {
            Free(turn, reservation, command.Sent);
            if (turn.Contact(reservation.Contact).MovedTo is { } moved && moved.Affinity != turn.Account.Key.Affinity)
            {
                // The slot went along with the person: there it counts.
                var account = GrainKey.Account(moved.Tenant, moved.Affinity);
                turn.Add(new Effect.Send(command with { Account = account, Target = account }));
            }

            return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
        }

        return reservation.State == wanted
            ? turn.Accept(Answer.Nothing.Instance, null, turn.Now)
            : new Verdict.Rejected(new Rejection.ReservationOver(command.Reservation, reservation.State == ReservationState.Confirmed ? "confirmed" : "released or expired"));
    }

    private static bool IsOver(Reservation reservation, DateTimeOffset now) => reservation.State == ReservationState.Held && reservation.HeldUntil <= now;

    private static void Free(TurnBuilder turn, Reservation reservation, bool confirmed)
    {
        turn.Add(new AccountEvent.ReservationEnded(reservation.Id, confirmed, turn.Now));
        if (!confirmed)
        {
            turn.Add(reservation.Contact, new ContactEvent.SlotFreed(reservation.Id));
        }
    }
}
