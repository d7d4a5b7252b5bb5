using System.Diagnostics;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;
using Team = Orchestrator.Grains.Owners.Team;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Stored forms of departments' people and of what they have in hand.</summary>
internal static class OwnerForm
{
    public static StoredOwnerEvent Write(OwnerEvent @event) => @event switch
    {
        OwnerEvent.Taken e => new() { Taken = Write(e.InHand) },
        OwnerEvent.Released e => new() { Released = new() { Action = e.Action, At = Ticks.Of(e.At) } },
        OwnerEvent.Moved e => new() { Moved = new() { Action = e.Action, Owner = e.Owner } },
        OwnerEvent.Queued e => new() { Queued = Write(e.Waiting) },
        OwnerEvent.OfBoard e => new() { OfBoard = BoardForm.Write(e.Event) },
        OwnerEvent.Called e => new() { Called = new() { Account = e.Account, At = Ticks.Of(e.At) } },
        _ => throw new UnreachableException(),
    };

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static OwnerEvent Read(StoredOwnerEvent stored) => stored.KindCase switch
    {
        StoredOwnerEvent.KindOneofCase.Taken => new OwnerEvent.Taken(Read(stored.Taken)),
        StoredOwnerEvent.KindOneofCase.Released => new OwnerEvent.Released(stored.Released.Action, Ticks.Instant(stored.Released.At)),
        StoredOwnerEvent.KindOneofCase.Moved => new OwnerEvent.Moved(stored.Moved.Action, stored.Moved.Owner),
        StoredOwnerEvent.KindOneofCase.Queued => new OwnerEvent.Queued(Read(stored.Queued)),
        StoredOwnerEvent.KindOneofCase.OfBoard => new OwnerEvent.OfBoard(BoardForm.Read(stored.OfBoard)),
        StoredOwnerEvent.KindOneofCase.Called => new OwnerEvent.Called(stored.Called.Account, Ticks.Instant(stored.Called.At)),
        _ => throw new InvalidDataException("a fact about a department's people has a form that this version does not know"),
    };

    public static StoredTeam Write(Team team) => new()
    {
        InHand = { team.InHand.Select(Write) },
        Waiting = { team.Waiting.Select(Write) },
        Given = { team.Given.Select(g => new StoredLastGiven { Owner = g.Owner, Number = g.Number }) },
        Board = BoardForm.Write(team.Board),
    };

    public static Team Read(StoredTeam stored, GrainKey key) => Team.Empty(key) with
    {
        InHand = [.. stored.InHand.Select(Read)],
        Waiting = [.. stored.Waiting.Select(Read)],
        Given = [.. stored.Given.Select(g => new LastGiven(g.Owner, g.Number))],
        Board = BoardForm.Read(stored.Board),
    };

    public static void Write(OwnerCommand command, StoredCommand into)
    {
        switch (command)
        {
            case OwnerCommand.Take c:
                into.Take = new StoredTake { Account = c.Account, Action = c.Action, Owner = c.Owner, Again = c.Again };
                break;
            case OwnerCommand.Release c:
                into.ReleaseOwner = new StoredReleaseOwner { Action = c.Action };
                break;
            case OwnerCommand.Move c:
                into.ReleaseOwner = new StoredReleaseOwner { Action = c.Action, MovedTo = c.Owner };
                break;
            case OwnerCommand.OfBoard c:
                into.OfBoard = BoardForm.Write(c.Wish);
                break;
            case OwnerCommand.Pass:
                into.ReleaseOwner = new StoredReleaseOwner();
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static StoredInHand Write(InHand hand) => new() { Action = hand.Action, Account = hand.Account, Owner = hand.Owner, At = Ticks.Of(hand.At) };

    private static InHand Read(StoredInHand stored) => new(stored.Action, stored.Account, stored.Owner, Ticks.Instant(stored.At));

    private static StoredWaitingAccount Write(WaitingAccount waiting) => new() { Account = waiting.Account, Owner = waiting.Owner, Since = Ticks.Of(waiting.Since) };

    private static WaitingAccount Read(StoredWaitingAccount stored) => new(stored.Account, stored.Owner, Ticks.Instant(stored.Since));
}
