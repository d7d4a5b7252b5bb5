using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary>What stands beside an account's stage, or a person's roles, as part of their page.</summary>
static class StandingPage
{
    public static void Print(Printing print, Account account)
    {
        if (account.Standing is not { } standing)
        {
            return;
        }

        foreach (var group in standing.BuyingGroups)
        {
            PrintGroup(print, group);
        }

        if (standing.Experiences.Count > 0)
        {
            print.Line();
            print.Table(
                ["ROLE", "EXPECTS", "FROM", "MEASURED"],
                standing.Experiences.Select(e => (string[])[e.Role, e.Expects.TryGetValue("en", out var text) ? text : e.Expects.Values.FirstOrDefault(""), e.DeliveredBy, e.Measured]),
                "");
        }

        PrintJourneys(print, standing.Journeys);
        EntriesPage.Print(print, standing.JourneyEntries);
        PrintHierarchy(print, standing.Hierarchy);
        PrintQuality(print, standing.DataQuality);
        PrintProvenance(print, standing.Provenance);
        if (standing.Departures.Count > 0)
        {
            print.Line();
            print.Table(
                ["LEFT", "AT", "REASON", "NOW"],
                standing.Departures.Select(d => (string[])[d.Contact, Printing.Show(d.At), d.Reason, d.To is { } to ? $"{to.Contact} of {to.Account}" : ""]),
                "");
        }

        if (standing.SegmentPolicy is { } policy)
        {
            print.Line();
            print.Facts(
                ("segment policy", policy.Segment),
                ("cadence", policy.Cadence is { } cadence ? Durations.Show(cadence.ToTimeSpan()) : ""),
                ("people per week", policy.PeoplePerWeek > 0 ? policy.PeoplePerWeek.ToString(CultureInfo.InvariantCulture) : ""),
                ("plays", string.Join(", ", policy.Plays)),
                ("caps", string.Join("; ", policy.Caps)),
                ("training", string.Join("; ", policy.Training.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}: {t.Value}"))));
        }
    }

    public static void Print(Printing print, Contact contact)
    {
        if (contact.Standing is { } standing)
        {
            PrintJourneys(print, standing.Journeys);
            EntriesPage.Print(print, standing.JourneyEntries);
            PrintQuality(print, standing.DataQuality);
            PrintProvenance(print, standing.Provenance);
        }
    }

    static void PrintGroup(Printing print, BuyingGroup group)
    {
        print.Line();
        print.Line($"buying group{(group.Offering.Length > 0 ? $" for {group.Offering}{(group.Interested ? "" : " (not interested now)")}" : "")}: {Percent(group.Completeness)} complete{(group.HasEngagement ? $", engagement {Printing.Show(group.Engagement)}" : "")}");
        print.Table(
            ["ROLE", "FILLED", "COMPLETE", "SHARE", "PEOPLE"],
            group.Roles.Select(role => (string[])
            [
                role.Role, $"{role.Assigned} of {role.Required}", Percent(role.Completeness), Percent(role.Share),
                string.Join(", ", role.Members.Select(member => group.HasEngagement ? $"{member.Contact} ({Printing.Show(member.Engagement)})" : member.Contact)),
            ]),
            "");
    }

    static void PrintJourneys(Printing print, IReadOnlyCollection<JourneyPlace> journeys)
    {
        if (journeys.Count > 0)
        {
            print.Line();
            print.Table(["JOURNEY", "STAGE", "SINCE", "CAME BY"], journeys.Select(j => (string[])[j.Journey, j.Stage, Printing.Show(j.Since), j.By]), "");
        }
    }

    static void PrintHierarchy(Printing print, Hierarchy? hierarchy)
    {
        if (hierarchy is null)
        {
            return;
        }

        print.Line();
        print.Facts(
            ("parent", hierarchy.Parent + (hierarchy.Pending ? " (not confirmed yet)" : "")),
            ("parent refused", hierarchy.Refused),
            ("parts", string.Join(", ", hierarchy.Children)),
            ("with all below", $"{hierarchy.Accounts} accounts, {hierarchy.Contacts} contacts, {hierarchy.Signals} signals"),
            ("stages", string.Join(", ", hierarchy.Stages.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Value} at {s.Key}"))),
            ("scores", string.Join(", ", hierarchy.Scores.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key} {Printing.Show(s.Value)}"))));
    }

    static void PrintQuality(Printing print, DataQuality? quality)
    {
        if (quality is not null)
        {
            print.Line();
            print.Facts(
                ("data quality", $"{Printing.Show(quality.Score)} of 100 ({Percent(quality.Complete)} complete, {Percent(quality.Fresh)} fresh, {Percent(quality.Unique)} unique)"),
                ("missing", string.Join(", ", quality.Missing)),
                ("stale", string.Join(", ", quality.Stale)),
                ("perhaps the same", string.Join(", ", quality.SuspectedDuplicates)),
                ("perhaps the same company", string.Join(", ", quality.SuspectedAccounts.Select(a => $"{a.Account} ({Percent(a.Score)}: {string.Join(", ", a.Kinds)})"))));
        }
    }

    static void PrintProvenance(Printing print, IDictionary<string, Provenance> provenance)
    {
        if (provenance.Values.Any(p => p.Asserted || p.Source.Length > 0))
        {
            print.Line();
            print.Table(
                ["ATTRIBUTE", "KNOWN", "BY", "SOURCE", "AT"],
                provenance.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => (string[])[p.Key, p.Value.Asserted ? "asserted" : "observed", p.Value.By, p.Value.Source, Printing.Show(p.Value.At)]),
                "");
        }
    }

    static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";
}
