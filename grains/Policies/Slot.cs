namespace Orchestrator.Grains.Policies;

/// <summary>A message that counts against caps: offered, reserved or sent.</summary>
/// <param name="Id">The action's or the reservation's id.</param>
/// <param name="Contact">Whom it went to.</param>
/// <param name="Channel">On which channel.</param>
/// <param name="Transactional">Counted apart, never held back.</param>
/// <param name="At">When the slot was taken.</param>
public sealed record Slot(string Id, string Contact, string Channel, bool Transactional, DateTimeOffset At);

/// <summary>A slot that another system holds for a while.</summary>
public sealed record Reservation(string Id, string RequestId, string Contact, string Channel, bool Transactional, DateTimeOffset At, DateTimeOffset HeldUntil, ReservationState State);

/// <summary>Stored: never renumber.</summary>
public enum ReservationState
{
    Held = 0,
    Confirmed = 1,
    Released = 2,
}
