using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Survivorship;

/// <summary>What an account keeps of a person beside the person's own state: it moves with them.</summary>
public sealed record PersonBrought
{
    public static readonly PersonBrought None = new();

    /// <summary>Roles for single offerings.</summary>
    public ImmutableArray<(string Role, string Offering)> Roles { get; init; } = [];

    /// <summary>Offerings whose condition lets them in.</summary>
    public ImmutableArray<string> MemberOf { get; init; } = [];

    /// <summary>Equal for people who are suspected to be one; 0 = like nobody.</summary>
    public ulong Likeness { get; init; }

    /// <summary>Why they left the company, if they did; may be empty.</summary>
    public string LeftReason { get; init; } = "";

    /// <summary>Slots that other systems hold for a message to them.</summary>
    public ImmutableArray<Reservation> Reservations { get; init; } = [];

    /// <summary>Decisions about them that time held back.</summary>
    public ImmutableArray<Deferral> Deferrals { get; init; } = [];

    /// <summary>Counts over all accounts at which the account left counts, if it is about to be part of this one: nothing counts twice on the way.</summary>
    public ImmutableArray<string> Boards { get; init; } = [];

    public bool IsNothing => Boards.IsEmpty && Roles.IsEmpty && MemberOf.IsEmpty && Likeness == 0 && LeftReason.Length == 0 && Reservations.IsEmpty && Deferrals.IsEmpty;

    public static PersonBrought Of(Account account, string contact)
    {
        ImmutableArray<Reservation> held = [.. account.Reservations.Where(r => r.Contact == contact && r.State == ReservationState.Held)];
        ImmutableArray<Deferral> deferrals = [.. account.Deferrals.Where(d => d.Contact == contact)];
        ImmutableArray<string> boards = account is { Boards.On: { IsEmpty: false } on, History.Merging.Length: > 0 } ? [.. on] : [];
        return account.Standing is not { } standing
            ? held.IsEmpty && deferrals.IsEmpty && boards.IsEmpty ? None : new() { Reservations = held, Deferrals = deferrals, Boards = boards }
            : new()
            {
                Roles = [.. standing.OfferingRoles.Where(r => r.Contact == contact).Select(r => (r.Role, r.Offering))],
                MemberOf = [.. standing.OfferingMembers.Where(m => m.Contact == contact).Select(m => m.Offering)],
                Likeness = standing.Likeness.GetValueOrDefault(contact),
                LeftReason = standing.Left.TryGetValue(contact, out var left) ? left.Reason : "",
                Reservations = held,
                Deferrals = deferrals,
                Boards = boards,
            };
    }
}
