using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Owners;

/// <summary>How a team answers.</summary>
internal static class TeamTurn
{
    public static Verdict Decide(OwnerCommand command, in TurnContext context)
    {
        context.Grains.TryGet(command.Target, out var state);
        var team = (Team?)state ?? Team.Empty(command.Target);
        var department = context.Playbooks.Current(team.Key.Tenant)?.Definition.Departments.FirstOrDefault(d => d.Id == team.Department);
        return command switch
        {
            OwnerCommand.Take c => Take(team, c, department, context.Now),
            OwnerCommand.Release c => Release(team, c, department, context.Now),
            OwnerCommand.Move c => Move(team, c, department, context.Now),
            OwnerCommand.OfBoard c => Counts.BoardTurn.Decide(team, c, context),
            OwnerCommand.Pass => Accept(team, [], Call(team, department, context.Now)),
            _ => throw new UnreachableException(),
        };
    }

    private static Verdict Take(Team team, OwnerCommand.Take take, DepartmentDefinition? department, DateTimeOffset now)
    {
        var account = GrainKey.Account(team.Key.Tenant, take.Account);
        if (take.Again)
        {
            return Accept(team, team.InHand.Any(h => h.Action == take.Action) ? [] : [new OwnerEvent.Taken(new InHand(take.Action, take.Account, take.Owner, now))], []);
        }

        if (team.InHand.FirstOrDefault(h => h.Action == take.Action) is { } known)
        {
            return Accept(team, [], [(null, new AccountCommand.Grant(account, take.Action, known.Owner))]);
        }

        if (Capacity.OwnerFor(team, department, take.Owner) is { } owner)
        {
            return Accept(team, [new OwnerEvent.Taken(new InHand(take.Action, take.Account, owner, now))], [(null, new AccountCommand.Grant(account, take.Action, owner))]);
        }

        // Whoever is called when there is room again must be known; when too many wait, the account asks again by itself.
        var waits = team.Waiting.FirstOrDefault(w => w.Account == take.Account);
        var queued = waits is null ? team.Waiting.Length < Team.MostWaiting : waits.Owner != take.Owner;
        return Accept(
            team,
            queued ? [new OwnerEvent.Queued(new WaitingAccount(take.Account, take.Owner, now))] : [],
            [(null, new AccountCommand.Refuse(account, take.Action, team.Department, waits is not null || queued))]);
    }

    private static Verdict Release(Team team, OwnerCommand.Release release, DepartmentDefinition? department, DateTimeOffset now)
    {
        if (team.InHand.All(h => h.Action != release.Action))
        {
            return Accept(team, [], []);
        }

        var released = new OwnerEvent.Released(release.Action, now);
        return Accept(team, [released], Call(Team.Evolve(team, released), department, now));
    }

    private static Verdict.Accepted Move(Team team, OwnerCommand.Move move, DepartmentDefinition? department, DateTimeOffset now)
    {
        if (team.InHand.All(h => h.Action != move.Action || h.Owner == move.Owner))
        {
            return Accept(team, [], []);
        }

        var moved = new OwnerEvent.Moved(move.Action, move.Owner);
        return Accept(team, [moved], Call(Team.Evolve(team, moved), department, now));
    }

    /// <summary>Tells the account that waits longest of those for whose owner there is room.</summary>
    private static List<(OwnerEvent? Event, GrainCommand Message)> Call(Team team, DepartmentDefinition? department, DateTimeOffset now) =>
        team.Waiting.FirstOrDefault(w => Capacity.OwnerFor(team, department, w.Owner) is not null) is { } next
            ? [(new OwnerEvent.Called(next.Account, now), new AccountCommand.TellRoom(GrainKey.Account(team.Key.Tenant, next.Account), team.Department))]
            : [];

    private static Verdict.Accepted Accept(Team team, IReadOnlyList<OwnerEvent> events, IReadOnlyList<(OwnerEvent? Event, GrainCommand Message)> messages) => new(
        [.. events.Concat(messages.Select(m => m.Event).OfType<OwnerEvent>()).Select(e => new Fact(team.Key, e))],
        [],
        [.. messages.Select(m => new Effect.Send(m.Message))],
        Answer.Nothing.Instance);
}

/// <summary>How much a department and its people can have in hand.</summary>
public static class Capacity
{
    /// <summary>
    /// Who takes one more: the one wanted if they have room; if nobody in particular is wanted, of the department's people the one with most room, of those the one who
    /// waits longest. Empty: nobody in particular, where the playbook names no people. Null: nobody has room.
    /// </summary>
    public static string? OwnerFor(Team team, DepartmentDefinition? department, string wanted)
    {
        if (department?.Capacity is not { } capacity)
        {
            return wanted;
        }

        if (!capacity.PerOwner && team.InHand.Length >= capacity.OpenActions)
        {
            return null;
        }

        if (wanted.Length > 0 || department.Owners.IsEmpty)
        {
            return Room(team, department, wanted) > 0 ? wanted : null;
        }

        string? best = null;
        foreach (var owner in department.Owners)
        {
            if (Room(team, department, owner.Id) > 0 && (best is null || Goes(team, department, owner.Id, best)))
            {
                best = owner.Id;
            }
        }

        return best;
    }

    /// <summary>How many actions the owner may have in hand; null: as many as come.</summary>
    public static int? LimitOf(DepartmentDefinition department, string owner) =>
        department.Owners.FirstOrDefault(o => o.Id == owner)?.OpenActions ?? (department.Capacity is { PerOwner: true } capacity && owner.Length > 0 ? capacity.OpenActions : null);

    private static int Room(Team team, DepartmentDefinition department, string owner) => LimitOf(department, owner) is { } limit ? limit - team.LoadOf(owner) : int.MaxValue;

    private static bool Goes(Team team, DepartmentDefinition department, string one, string other)
    {
        var (room, otherRoom) = (Room(team, department, one), Room(team, department, other));
        return room != otherRoom ? room > otherRoom : Last(team, one) != Last(team, other) ? Last(team, one) < Last(team, other) : string.CompareOrdinal(one, other) < 0;
    }

    private static long Last(Team team, string owner) => team.Given.FirstOrDefault(g => g.Owner == owner)?.Number ?? 0;
}
