using System.Globalization;
using Orchestrator.Cli.Identities;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary>An account or a contact as a page of text.</summary>
static class AccountPage
{
    // More would push what matters off the screen; JSON has them all.
    const int ContactsShown = 20;

    public static void Print(Printing print, GetAccountResponse response)
    {
        var account = response.Account;
        print.Facts(
            ("account", account.Id + (account.Provisional ? " (provisional: nobody has tied these people to a company)" : "")),
            ("quarantine", response.Quarantine is { } q ? $"since {Printing.Show(q.Since)}: {q.Crashes} silos died, the last while deciding {q.Command}; `orc account release {account.Id}` lets it out" : ""),
            ("forwarded to", account.ForwardedTo),
            ("stage", account.Stage.Length == 0 ? "" : account.Stage + (account.StageSince is null ? "" : $" since {Printing.Show(account.StageSince)}")),
            ("came by", account.StageBy),
            ("playbook", account.Flight is { Pinned: > 0 } flight ? $"keeps version {flight.Pinned} until it leaves the journey" : ""),
            ("accountable", DealingsPage.Accountable(account)),
            ("end to end", account.Ownership?.EndToEnd ?? ""),
            ("segment", account.Segment),
            ("signals", account.SignalCount.ToString(CultureInfo.InvariantCulture)),
            ("last signal", Printing.Show(account.LastSignalAt)),
            ("next wake", Printing.Show(account.NextWakeAt)),
            ("contacts", Contacts(account)),
            ("as of", Printing.Show(response.AsOf)));
        PrintScores(print, account.Scores, account.Grades);
        PrintAttributes(print, account.Attributes);
        MatchCommands.Print(print, account.Identity);
        DealingsPage.Print(print, account);
        StandingPage.Print(print, account);
        JourneyPage.Print(print, account.Journey);
        CustomerPage.Print(print, account.Customer);
        LatenessPage.Print(print, account.Lateness);
        if (account.Counts.Count > 0)
        {
            print.Line();
            print.Table(
                ["COUNT OR GOAL", "ONE OF THEM", "REACHED", "AT", "UNTIL"],
                account.Counts.Select(c => (string[])[c.Name, c.Counted && !c.Goal ? "yes" : "", c.Reached == 0 ? "" : c.Goal ? "yes" : c.Reached.ToString(CultureInfo.InvariantCulture), Printing.Show(c.ReachedAt), Printing.Show(c.Until)]),
                "");
        }

        if (account.OpenActions.Count > 0)
        {
            print.Line();
            print.Table(
                ["OPEN ACTION", "PLAY", "CHANNEL", "FOR", "VALID UNTIL", "WHY"],
                account.OpenActions.Select(action => (string[])
                [
                    action.Id, action.Play.Length > 0 ? action.Play : $"{action.Kind} of {action.Subject}", action.Channel, action.Contact.Length > 0 ? action.Contact : action.Department,
                    Printing.Show(action.ValidUntil), action.Reason,
                ]),
                "");
        }
    }

    public static void Print(Printing print, GetContactResponse response)
    {
        var contact = response.Contact;
        print.Facts(
            ("contact", contact.Id),
            ("account", contact.Account),
            ("identifiers", string.Join(", ", contact.Identifiers.Select(Printing.Show))),
            ("roles", string.Join(", ", contact.Roles)),
            ("left", Printing.Show(contact.Standing?.LeftAt)),
            ("signals", contact.SignalCount.ToString(CultureInfo.InvariantCulture)),
            ("last signal", Printing.Show(contact.LastSignalAt)),
            ("recent messages", string.Join(", ", contact.RecentMessages.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Value} by {pair.Key}"))),
            ("as of", Printing.Show(response.AsOf)));
        PrintScores(print, contact.Scores, new Dictionary<string, string>());
        PrintAttributes(print, contact.Attributes);
        StandingPage.Print(print, contact);
        if (contact.Memberships.Count > 0)
        {
            print.Line();
            print.Table(
                ["ACCOUNT", "CONTACT", "ROLES", ""],
                contact.Memberships.Select(m => (string[])[m.Account, m.Contact, string.Join(", ", m.Roles), m.LeftAt is not null ? $"left {Printing.Show(m.LeftAt)}" : m.Home ? "home: messages are counted here" : ""]),
                "");
        }

        if (contact.Consents.Count > 0)
        {
            print.Line();
            print.Table(
                ["CONSENT", "CHANNEL", "GIVEN", "AT", "SOURCE"],
                contact.Consents.Select(consent => (string[])
                    [consent.Purpose, consent.Channel, consent.Given ? "yes" : "no", Printing.Show(consent.At), consent.Source]),
                "");
        }
    }

    static string Contacts(Account account)
    {
        var shown = string.Join(", ", account.Contacts.Take(ContactsShown));
        var more = Math.Max(account.ContactCount, account.Contacts.Count) - Math.Min(ContactsShown, account.Contacts.Count);
        return more > 0 ? $"{shown} and {more} more" : shown;
    }

    static void PrintScores(Printing print, IDictionary<string, double> scores, IDictionary<string, string> grades)
    {
        var names = scores.Keys.Union(grades.Keys).Order(StringComparer.Ordinal).ToList();
        if (names.Count > 0)
        {
            print.Line();
            print.Table(
                ["SCORE", "VALUE", "GRADE"],
                names.Select(name => (string[])
                    [name, scores.TryGetValue(name, out var score) ? Printing.Show(score) : "", grades.TryGetValue(name, out var grade) ? grade : ""]),
                "");
        }
    }

    static void PrintAttributes(Printing print, IDictionary<string, Value> attributes)
    {
        if (attributes.Count > 0)
        {
            print.Line();
            print.Table(
                ["ATTRIBUTE", "VALUE"],
                attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (string[])[pair.Key, Printing.Show(pair.Value)]),
                "");
        }
    }
}
