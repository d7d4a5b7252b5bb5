using System.Runtime.CompilerServices;
using NodaTime;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Decisions;

/// <summary>
/// What conditions are evaluated against: an account, perhaps one of its people and the signal at hand, at one instant.
/// Belongs to a <see cref="DecisionWorkspace"/> and is filled anew for each evaluation; never kept.
/// </summary>
/// <remarks>
/// Remembers answers for as long as nothing that they came from is replaced. What was answered without a look at <see cref="Contact"/> holds for all
/// people of the account; the look is noticed as it happens, so no declaration can be wrong about it.
/// </remarks>
public sealed class Facts
{
    private DateTimeOffset now;
    private Playbook playbook = null!;
    private Account account = null!;
    private Contact? contact;
    private Signal? signal;
    private Deal? deal;

    // Stamps are never given twice, so an answer of earlier facts cannot pass for one of these, and an answer tells by its stamp which of the two it is.
    private long lastStamp = 2;
    private long accountStamp = 1;
    private long personStamp = 2;
    private bool personAsked;

    private (QuietHours Hours, DateTimeZone Zone, DateTimeOffset Now, DateTimeOffset? Ends) quiet;

    /// <summary>The instant at which everything is evaluated.</summary>
    public DateTimeOffset Now
    {
        get => now;
        set => Replace(ref now, value, now == value);
    }

    public Playbook Playbook
    {
        get => playbook;
        set => Replace(ref playbook, value, ReferenceEquals(playbook, value));
    }

    public Account Account
    {
        get => account;
        set => Replace(ref account, value, ReferenceEquals(account, value));
    }

    /// <summary>The person concerned; null when it is about the account as a whole.</summary>
    public Contact? Contact
    {
        get
        {
            personAsked = true;
            return contact;
        }

        set
        {
            if (!ReferenceEquals(contact, value))
            {
                contact = value;
                personStamp = ++lastStamp;
            }
        }
    }

    /// <summary>The signal at hand; null when only time passed.</summary>
    public Signal? Signal
    {
        get => signal;
        set => Replace(ref signal, value, ReferenceEquals(signal, value));
    }

    /// <summary>The deal that is judged; null when it is about the account as a whole.</summary>
    internal Deal? Deal
    {
        get => deal;
        set => Replace(ref deal, value, ReferenceEquals(deal, value));
    }

    /// <summary>An account or person that these facts may hold has changed though it is the same object: what was found for it holds no longer.</summary>
    internal void Forget(GrainState changed)
    {
        if (ReferenceEquals(changed, account))
        {
            accountStamp = ++lastStamp;
            personStamp = ++lastStamp;
        }
        else if (ReferenceEquals(changed, contact))
        {
            personStamp = ++lastStamp;
        }
    }

    internal Remembered<bool> Truths { get; } = new();

    /// <summary>Of clauses of conditions.</summary>
    internal Remembered<bool> Clauses { get; } = new();

    private readonly Remembered<bool> flags = new();
    private readonly Remembered<double> numbers = new();
    private readonly Remembered<long> wholes = new();
    private readonly Remembered<string> texts = new();

    /// <summary>Values of names and functions: bool, double, long or string. The comparisons of types are done when this is compiled for one of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Remembered<T> Values<T>() =>
        typeof(T) == typeof(double) ? (Remembered<T>)(object)numbers
        : typeof(T) == typeof(long) ? (Remembered<T>)(object)wholes
        : typeof(T) == typeof(bool) ? (Remembered<T>)(object)flags
        : (Remembered<T>)(object)texts;

    internal Remembered<GateAnswer> Gates { get; } = new();

    public void Set(Playbook playbook, Account account, Contact? contact, Signal? signal, DateTimeOffset now)
    {
        Playbook = playbook;
        Account = account;
        Contact = contact;
        Signal = signal;
        Deal = null;
        Now = now;
    }

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

    /// <summary>Whether an answer was found for these facts. If so, whoever builds an answer on it depends on the person where it does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Holds<T>(in Remembered<T>.Entry entry)
    {
        if (entry.Stamp == accountStamp)
        {
            return true;
        }

        if (entry.Stamp != personStamp)
        {
            return false;
        }

        personAsked = true;
        return true;
    }

    /// <summary>Begins to find an answer.</summary>
    /// <returns>To be handed to <see cref="Keep"/> or <see cref="Leave"/>.</returns>
    internal bool Begin()
    {
        var outer = personAsked;
        personAsked = false;
        return outer;
    }

    /// <summary>Remembers the answer found since <see cref="Begin"/>, for the account or, if the person was looked at, for the person.</summary>
    internal void Keep<T>(ref Remembered<T>.Entry entry, T value, bool outer)
    {
        entry.Value = value;
        entry.Stamp = personAsked ? personStamp : accountStamp;
        personAsked |= outer;
    }

    /// <summary>Ends without an answer to remember.</summary>
    internal void Leave(bool outer) => personAsked |= outer;

    private void Replace<T>(ref T held, T value, bool same)
    {
        if (!same)
        {
            held = value;
            accountStamp = ++lastStamp;
            personStamp = ++lastStamp;
        }
    }
}
