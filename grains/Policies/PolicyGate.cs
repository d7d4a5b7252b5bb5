using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using NodaTime;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Policies;

/// <summary>What the gate says to one message.</summary>
/// <param name="RemovedAt">Null = it may go out.</param>
/// <param name="Rule">Index of the cap that forbids it; -1 where there is no numbered rule.</param>
/// <param name="NotBefore">When time alone may let it through.</param>
public readonly record struct GateAnswer(RemovedAt? RemovedAt, int Rule, DateTimeOffset? NotBefore)
{
    public static readonly GateAnswer Open = new(null, -1, null);
}

/// <summary>All that the gate has to know of a message: those alike in it get one answer.</summary>
/// <param name="Purpose">The consent it needs; empty = none.</param>
/// <param name="Transactional">Counted apart, never held back.</param>
/// <param name="Slot">Where facts remember the answer: its own within its playbook.</param>
public sealed record GateQuestion(ChannelDefinition Channel, string Purpose, bool Transactional, int Slot);

/// <summary>The one gate for every message: our own plays and what other systems ask for. Hard rules; arbitration never overrides them.</summary>
public static class PolicyGate
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>May this message go out now? Worked out once for the same facts. Allocates nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref readonly GateAnswer Ask(Facts facts, GateQuestion question)
    {
        ref var known = ref facts.Gates[question.Slot];
        return ref facts.Holds(known) ? ref known.Value : ref Find(facts, question);
    }

    private static ref readonly GateAnswer Find(Facts facts, GateQuestion question)
    {
        ref var known = ref facts.Gates[question.Slot];
        var outer = facts.Begin();
        facts.Keep(ref known, Ask(facts, question.Channel, question.Purpose, question.Transactional), outer);
        return ref known.Value;
    }

    /// <summary>May this message go out now? Allocates nothing.</summary>
    /// <param name="facts">The account, the person (or null for the account as a whole) and now.</param>
    /// <param name="channel">On which channel.</param>
    /// <param name="purpose">The consent it needs; empty = none.</param>
    /// <param name="transactional">Counted apart, never held back.</param>
    public static GateAnswer Ask(Facts facts, ChannelDefinition channel, string purpose, bool transactional)
    {
        var policy = facts.Playbook.Policy;
        if (transactional && policy.ExemptsTransactional)
        {
            return GateAnswer.Open;
        }

        if (purpose.Length > 0 && channel.Kind == ChannelKind.Push && !(facts.Contact is { } person && ConsentGiven.Allows(person.Consents, purpose, channel.Id, policy.MustBeConfirmed(channel.Id))))
        {
            return new GateAnswer(RemovedAt.Consent, -1, null);
        }

        if (IsExcluded(facts))
        {
            return new GateAnswer(RemovedAt.Exclusion, -1, null);
        }

        foreach (var suppress in policy.Suppress)
        {
            if (suppress.Holds(facts))
            {
                return new GateAnswer(RemovedAt.Suppression, -1, suppress.IsTemporal ? suppress.NextChange(facts) : null);
            }
        }

        if (channel.QuietHours && facts.QuietUntil() is { } ends)
        {
            return new GateAnswer(RemovedAt.QuietHours, -1, ends);
        }

        var caps = policy.Definition.Caps;
        for (var i = 0; i < caps.Length; i++)
        {
            if (OverCap(facts, caps[i], channel.Id) is { } notBefore)
            {
                return new GateAnswer(RemovedAt.Cap, i, notBefore);
            }
        }

        if (facts.Contact?.Membership is { IsMember: true } member && !transactional && policy.KeepsContactSlots && (member.Seeks || member.HeldUntil(channel.Id) > facts.Now))
        {
            return new GateAnswer(RemovedAt.Rest, -1, member.Seeks ? null : member.HeldUntil(channel.Id));
        }

        return AskBeyondCaps(facts);
    }

    /// <summary>May a message of another account of the person at hand go out now? Only what concerns the person counts, nothing of this account.</summary>
    internal static GateAnswer AskForPerson(Facts facts, string channel)
    {
        var caps = facts.Playbook.Policy.Definition.Caps;
        for (var i = 0; i < caps.Length; i++)
        {
            if (caps[i].Per == CapScope.Contact && OverCap(facts, caps[i], channel) is { } notBefore)
            {
                return new GateAnswer(RemovedAt.Cap, i, notBefore);
            }
        }

        return facts.Contact is { } contact && contact.RestUntil > facts.Now ? new GateAnswer(RemovedAt.Rest, -1, contact.RestUntil) : GateAnswer.Open;
    }

    /// <summary>The rules that come after the caps.</summary>
    internal static GateAnswer AskBeyondCaps(Facts facts)
    {
        if (facts.Contact is { } contact && contact.RestUntil > facts.Now)
        {
            return new GateAnswer(RemovedAt.Rest, -1, contact.RestUntil);
        }

        return facts.Contact is { } one && facts.Playbook.PeoplePerWeekOf(facts) is { } people && TooManyPeople(facts, one.Key.Id, people) is { } free
            ? new GateAnswer(RemovedAt.PeoplePerWeek, -1, free)
            : GateAnswer.Open;
    }

    /// <summary>The rule in plain words.</summary>
    public static string Describe(in GateAnswer answer, Facts facts, string channel, string purpose) => answer.RemovedAt switch
    {
        RemovedAt.Consent => $"no consent to `{purpose}` on `{channel}`",
        RemovedAt.Exclusion => "the account is on an exclusion list",
        RemovedAt.Suppression => "contact policy `suppress-when` holds",
        RemovedAt.QuietHours => $"quiet hours until {Utc(answer.NotBefore)}",
        RemovedAt.Cap => $"{Describe(facts.Playbook.Policy.Definition.Caps[answer.Rule])} is used up until {Utc(answer.NotBefore)}",
        RemovedAt.Rest when facts.Contact?.Membership is { Seeks: true } => "the person belongs to other accounts too, and the one where their messages are counted has not answered yet",
        RemovedAt.Rest when facts.Contact?.Membership is { IsMember: true } && facts.Contact.RestUntil <= facts.Now => $"messages to the person are used up until {Utc(answer.NotBefore)}, over all accounts that they belong to",
        RemovedAt.Rest => $"resting after earlier outcomes until {Utc(answer.NotBefore)}",
        RemovedAt.PeoplePerWeek => $"at most {facts.Playbook.PeoplePerWeekOf(facts)?.ToString(CultureInfo.InvariantCulture)} different people of the account a week",
        _ => "permitted",
    };

    /// <summary>The zone of the person, else of the account, else of the playbook.</summary>
    public static DateTimeZone ZoneOf(Facts facts) =>
        (facts.Contact is { } contact ? Zone(contact.Attributes) : null) ?? ZoneOfAccount(facts);

    private static DateTimeZone ZoneOfAccount(Facts facts) => Zone(facts.Account.Attributes) ?? facts.Playbook.Policy.Zone;

    private static DateTimeZone? Zone(AttributeSet attributes) =>
        attributes.TryGetValue("time-zone", out var held) && held.Value.KindCase == Value.KindOneofCase.Text ? DateTimeZoneProviders.Tzdb.GetZoneOrNull(held.Value.Text) : null;

    private static bool IsExcluded(Facts facts)
    {
        var lists = facts.Playbook.Policy.Definition.Exclusions;
        if (lists.Length == 0 || !facts.Account.Attributes.TryGetValue("exclusion", out var held) || held.Value.KindCase != Value.KindOneofCase.Text)
        {
            return false;
        }

        foreach (var list in lists)
        {
            if (list.Id == held.Value.Text)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Null if the cap has room; otherwise when it has room again.</summary>
    private static DateTimeOffset? OverCap(Facts facts, CapDefinition cap, string channel)
    {
        if (cap.Channel is { } only && only.Id != channel)
        {
            return null;
        }

        if (cap.Segments.Length > 0 && !InSegment(facts, cap.Segments))
        {
            return null;
        }

        ImmutableArray<Slot> slots;
        if (cap.Per == CapScope.Account)
        {
            slots = facts.Account.Slots;
        }
        else if (facts.Contact is { } contact)
        {
            slots = contact.Slots;
        }
        else
        {
            return null;
        }

        var (from, next) = WindowOf(cap, facts);
        var used = 0;
        DateTimeOffset? oldest = null;
        for (var i = slots.Length - 1; i >= 0; i--)
        {
            var slot = slots[i];
            if (slot.At > from && !slot.Transactional && (cap.Channel is null || slot.Channel == cap.Channel.Value.Id))
            {
                used++;
                oldest = used <= Math.Max(1, cap.AtMost) ? slot.At : oldest;
            }
        }

        if (used < cap.AtMost)
        {
            return null;
        }

        return cap.Window is CapWindow.Rolling rolling ? (oldest ?? facts.Now) + rolling.Length : next;
    }

    private static bool InSegment(Facts facts, ImmutableArray<Reference> segments)
    {
        var segment = facts.Playbook.SegmentOf(facts);
        foreach (var reference in segments)
        {
            if (reference.Id == segment)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The instant after which messages count, and, for calendar windows, when the next window begins.</summary>
    private static (DateTimeOffset From, DateTimeOffset? Next) WindowOf(CapDefinition cap, Facts facts)
    {
        if (cap.Window is CapWindow.Rolling rolling)
        {
            return (facts.Now - rolling.Length, null);
        }

        // An account has one day, whatever zones its people live in.
        var zone = cap.Per == CapScope.Account ? ZoneOfAccount(facts) : ZoneOf(facts);
        var (from, next) = facts.WindowOf(((CapWindow.Calendar)cap.Window).Unit, zone);
        return (from, next);
    }

    /// <summary>Null if this person may be addressed; otherwise when somebody else's week is over.</summary>
    private static DateTimeOffset? TooManyPeople(Facts facts, string contact, int most)
    {
        var from = facts.Now - Week;
        var slots = facts.Account.Slots;
        var people = 0;
        DateTimeOffset? free = null;
        for (var i = 0; i < slots.Length; i++)
        {
            var slot = slots[i];
            if (slot.At <= from || slot.Transactional || slot.Contact.Length == 0)
            {
                continue;
            }

            if (slot.Contact == contact)
            {
                return null;
            }

            var again = false;
            for (var j = i + 1; j < slots.Length && !again; j++)
            {
                again = slots[j].Contact == slot.Contact && !slots[j].Transactional;
            }

            // Each person counts at their latest message; the earliest of these is the first to leave the week.
            if (!again)
            {
                people++;
                free ??= slot.At + Week;
            }
        }

        return people >= most ? free : null;
    }

    /// <summary>The cap in plain words.</summary>
    public static string Describe(CapDefinition cap)
    {
        var scope = cap.Per == CapScope.Account ? "account" : "contact";
        var window = cap.Window is CapWindow.Rolling rolling
            ? $"{rolling.Length.TotalDays.ToString("0.##", CultureInfo.InvariantCulture)} days"
            : ((CapWindow.Calendar)cap.Window).Unit switch { CalendarUnit.Day => "calendar day", CalendarUnit.Week => "calendar week", CalendarUnit.Month => "calendar month" };
        return $"the cap of {cap.AtMost.ToString(CultureInfo.InvariantCulture)} per {scope}{(cap.Channel is { } c ? $" on `{c.Id}`" : "")} in {window}";
    }

    private static string Utc(DateTimeOffset? at) => at?.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "further notice";
}
