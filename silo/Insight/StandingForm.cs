using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Playbooks;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using BuyingGroup = Orchestrator.Grains.BuyingGroups.BuyingGroup;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

/// <summary>What stands beside an account's stage, and beside a person's roles, in the form of the contract.</summary>
internal static class StandingForm
{
    public static AccountStanding Write(Playbook playbook, Facts facts)
    {
        var account = facts.Account;
        var written = new AccountStanding
        {
            Classification = playbook.ClassOf(facts),
            Hierarchy = HierarchyOf(account, facts.Now),
            DataQuality = playbook.AccountQuality is { } quality ? Write(quality.ReportOf(account.Attributes, AccountTwins.Unique(account), facts.Now), account.Contacts.Keys.Where(c => Likeness.HasTwin(account, c)), AccountTwins.Of(account)) : null,
            SegmentPolicy = SegmentForm.Write(playbook, playbook.SegmentOf(facts)),
        };
        if (playbook.BuyingGroup.Roles.Length > 0)
        {
            written.BuyingGroups.Add(GroupForm.Write(account, playbook.BuyingGroup, facts.Now));
        }

        foreach (var offering in playbook.Offerings)
        {
            var group = GroupForm.Write(account, offering.Group, facts.Now);
            group.Offering = offering.Id;
            group.Priority = offering.Definition.Priority;
            group.Interested = offering.Interest is not { } interest || interest.Holds(facts);
            written.BuyingGroups.Add(group);
        }

        written.Departures.AddRange(account.Standing?.Left.Select(l => Write(l.Key, l.Value)) ?? []);
        written.Journeys.AddRange(playbook.Journeys.Where(j => j.IsOfAccount).Select(j => Write(j, JourneyWalk.PlaceOf(j, account, null))));
        written.Experiences.AddRange(playbook.Experiences.Where(e => e.Definition.Stage.Id == account.Stage).Select(e => Write(e, facts)));
        written.JourneyEntries = EntryView.Write(account.Standing?.Entries);
        WriteProvenance(account.Attributes, written.Provenance);
        return written;
    }

    private static Experience Write(CompiledExperience experience, Facts facts)
    {
        var definition = experience.Definition;
        var written = new Experience { Role = definition.Role.Id, DeliveredBy = definition.DeliveredBy.Id, Measured = experience.Measure?.Show(facts) ?? "" };
        foreach (var (language, text) in definition.Expects.ByLanguage)
        {
            written.Expects.Add(language, text);
        }

        return written;
    }

    /// <param name="account">Theirs.</param>
    /// <param name="playbook">Null: none is published.</param>
    public static PersonStanding Write(Contact contact, Account account, Playbook? playbook, DateTimeOffset now)
    {
        var twin = Likeness.HasTwin(account, contact.Key.Id);
        var written = new PersonStanding
        {
            LeftAt = contact.Standing?.LeftAt is { } left ? Timestamp.FromDateTimeOffset(left) : null,
            DataQuality = playbook?.ContactQuality is { } quality ? Write(quality.ReportOf(contact.Attributes, twin ? 0 : 1, now), Likeness.TwinsOf(account, contact.Key.Id), []) : null,
        };
        written.Journeys.AddRange(playbook?.Journeys.Where(j => !j.IsOfAccount).Select(j => Write(j, JourneyWalk.PlaceOf(j, account, contact))) ?? []);
        written.JourneyEntries = EntryView.Write(contact.Standing?.Entries);
        WriteProvenance(contact.Attributes, written.Provenance);
        return written;
    }

    private static Hierarchy? HierarchyOf(Account account, DateTimeOffset now)
    {
        if (account.Standing?.Family is not { } family)
        {
            return null;
        }

        var branch = Branch.Of(account);
        var written = new Hierarchy
        {
            Parent = family.Parent,
            Pending = family is { Parent.Length: > 0, Confirmed: false },
            Refused = family.Refused,
            Accounts = branch.Accounts,
            Contacts = branch.Contacts,
            Signals = branch.Signals,
        };
        written.Children.AddRange(family.Children.Keys);
        foreach (var (stage, count) in branch.Stages)
        {
            written.Stages.Add(stage, count);
        }

        foreach (var score in branch.Scores)
        {
            written.Scores.Add(score.Name, score.ToScore().ValueAt(now));
        }

        return written;
    }

    private static DataQuality Write(QualityReport report, IEnumerable<string> duplicates, IReadOnlyList<Grains.DataQuality.SuspectedAccount> accounts) => new()
    {
        Score = report.Score,
        Complete = report.Complete,
        Fresh = report.Fresh,
        Unique = report.Unique,
        Missing = { report.Missing },
        Stale = { report.Stale },
        SuspectedDuplicates = { duplicates.Take(AccountForm.MostContacts) },
        SuspectedAccounts = { accounts.Select(a => new V1.SuspectedAccount { Account = a.Account, Score = a.Score, Kinds = { a.Kinds.Order(StringComparer.Ordinal) } }) },
    };

    private static Departure Write(string contact, Grains.Standings.Departure departure) => new()
    {
        Contact = contact,
        At = Timestamp.FromDateTimeOffset(departure.At),
        Reason = departure.Reason,
        To = departure.To is { } to ? new ContactRef { Account = to.Affinity, Contact = to.Id } : null,
    };

    private static V1.JourneyPlace Write(CompiledJourney journey, Grains.Journeys.JourneyPlace place) =>
        new() { Journey = journey.Id, Stage = place.Stage, Since = Timestamp.FromDateTimeOffset(place.Since), By = place.By };

    private static void WriteProvenance(AttributeSet attributes, IDictionary<string, Provenance> into)
    {
        foreach (var (name, held) in attributes)
        {
            into.Add(name, new Provenance
            {
                Asserted = held.Origin?.Asserted ?? false,
                By = held.Origin?.By ?? "",
                Source = held.Origin?.Source ?? "",
                At = InstantForm.WriteOrNone(held.At),
            });
        }
    }
}
