using NodaTime;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Decisions;

/// <summary>
/// What conditions are evaluated against: an account, perhaps one of its people and the signal at hand, at one instant.
/// Belongs to a <see cref="DecisionWorkspace"/> and is filled anew for each evaluation; never kept.
/// </summary>
public sealed class Facts
{
    /// <summary>The instant at which everything is evaluated.</summary>
    public DateTimeOffset Now { get; set; }

    public Playbook Playbook { get; set; } = null!;

    public Account Account { get; set; } = null!;

    /// <summary>The person concerned; null when it is about the account as a whole.</summary>
    public Contact? Contact { get; set; }

    /// <summary>The signal at hand; null when only time passed.</summary>
    public Signal? Signal { get; set; }

    private (QuietHours Hours, DateTimeZone Zone, DateTimeOffset Now, DateTimeOffset? Ends) quiet;

    /// <summary>When the quiet hours that it is now in the person's zone end; null = it is not quiet. Worked out once for all candidates.</summary>
    internal DateTimeOffset? QuietUntil()
    {
        if (Playbook.Policy.Quiet is not { } hours)
        {
            return null;
        }

        var zone = PolicyGate.ZoneOf(this);
        if (quiet.Now != Now || !ReferenceEquals(quiet.Hours, hours) || !ReferenceEquals(quiet.Zone, zone))
        {
            quiet = (hours, zone, Now, hours.EndsAt(Now, zone));
        }

        return quiet.Ends;
    }

    private readonly (DateTimeZone? Zone, DateTimeOffset Now, CalendarWindow Window)[] windows = new (DateTimeZone?, DateTimeOffset, CalendarWindow)[3];

    /// <summary>The calendar window that it is now in a zone. Worked out once for all candidates.</summary>
    internal CalendarWindow WindowOf(CalendarUnit unit, DateTimeZone zone)
    {
        ref var known = ref windows[(int)unit];
        if (known.Now != Now || !ReferenceEquals(known.Zone, zone))
        {
            known = (zone, Now, CalendarWindow.Of(unit, Now, zone));
        }

        return known.Window;
    }

    public void Set(Playbook playbook, Account account, Contact? contact, Signal? signal, DateTimeOffset now)
    {
        Playbook = playbook;
        Account = account;
        Contact = contact;
        Signal = signal;
        Now = now;
    }
}
