using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Silo.Partitions;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

/// <summary>A person of an account in the form of the contract, seen through the playbook that decides now.</summary>
public sealed class ContactForm(PlaybookShelf shelf)
{
    /// <param name="account">Theirs, as it is now.</param>
    public V1.Contact Write(Contact contact, Account account, DateTimeOffset now)
    {
        var written = new V1.Contact
        {
            Id = contact.Key.Id,
            Account = contact.Key.Affinity,
            LastSignalAt = InstantForm.WriteOrNone(contact.LastSignalAt),
            SignalCount = contact.SignalCount,
        };
        written.Identifiers.AddRange(contact.Identifiers.Select(n => new V1.Identifier { Kind = n.Kind, Value = n.Value }));
        written.Roles.AddRange(contact.Roles);
        written.Consents.AddRange(contact.Consents.Select(c => new V1.Consent
        {
            Purpose = c.Purpose,
            Channel = c.Channel,
            Given = c.Given,
            At = Timestamp.FromDateTimeOffset(c.At),
            Source = c.Source,
        }));
        foreach (var (name, held) in contact.Attributes)
        {
            written.Attributes.Add(name, held.Value);
        }

        written.Standing = StandingForm.Write(contact, account, shelf.Current.Current(contact.Key.Tenant), now);
        if (shelf.Current.Current(contact.Key.Tenant) is { } playbook)
        {
            WriteScores(playbook, contact, now, written);
            WriteMessages(playbook, contact, now, written);
        }

        return written;
    }

    /// <summary>Only points for what somebody does are a person's own; the other scores are the account's.</summary>
    private static void WriteScores(Playbook playbook, Contact contact, DateTimeOffset now, V1.Contact written)
    {
        foreach (var score in playbook.Definition.Scores.OfType<ScoreDefinition.Engagement>())
        {
            written.Scores[score.Id] = contact.FindScore(score.Id)?.ValueAt(now) ?? 0;
        }
    }

    private static void WriteMessages(Playbook playbook, Contact contact, DateTimeOffset now, V1.Contact written)
    {
        var caps = playbook.Policy.Definition.Caps;
        if (caps.Length == 0)
        {
            return;
        }

        var from = now - caps.Max(c => LengthOf(c.Window));
        foreach (var slots in contact.Slots.Where(s => s.At > from && s.At <= now && !s.Transactional).GroupBy(s => s.Channel))
        {
            written.RecentMessages[slots.Key] = slots.Count();
        }
    }

    /// <summary>Calendar windows count at their longest.</summary>
    private static TimeSpan LengthOf(CapWindow window) => window switch
    {
        CapWindow.Rolling r => r.Length,
        CapWindow.Calendar c => c.Unit switch
        {
            CalendarUnit.Day => TimeSpan.FromDays(1),
            CalendarUnit.Week => TimeSpan.FromDays(7),
            CalendarUnit.Month => TimeSpan.FromDays(31),
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
