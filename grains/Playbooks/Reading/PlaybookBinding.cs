using System.Collections.Immutable;
using NodaTime;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Journeys;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>The whole playbook.</summary>
internal static class PlaybookBinding
{
    public static PlaybookDefinition Playbook(Field root, Findings findings, Names names)
    {
        var section = root.Section(SectionKind.Playbook);
        var id = section.Required("playbook");
        var stages = section.Required("stages", JourneyBinding.Stages, []);
        var playbook = new PlaybookDefinition(
            id?.Id() ?? "",
            id?.At ?? default,
            section.Optional("title", title => title.Localized(), LocalizedText.Empty),
            section.Required("currency", Currency, ""),
            section.Required("time-zone", zone => TimeZone(zone, findings), ""),
            section.Optional("lifecycle-owner", owner => owner.Text()),
            section.Many("departments", CompanyBinding.Departments),
            section.Many("segments", CompanyBinding.Segments),
            CompanyBinding.BuyingGroup(section),
            CompanyBinding.Channels(section.Optional("channels"), names),
            section.Optional("attributes", SignalBinding.Attributes, new AttributeSchemas([], [])),
            SignalBinding.Signals(section.Optional("signals"), names),
            section.Many("scores", ScoreBinding.Scores),
            section.Many("classification", ScoreBinding.Classification),
            stages,
            JourneyBinding.Start(section, stages),
            section.Many("transitions", JourneyBinding.Transitions),
            section.Many("plays", PlayBinding.Plays),
            section.Optional("arbitration", ArbitrationBinding.Arbitration, ArbitrationBinding.Default),
            section.Optional("contact-policy", ContactPolicyBinding.ContactPolicy, ContactPolicyBinding.Default),
            section.Many("experiments", ArbitrationBinding.Experiments),
            section.Many("experience", CompanyBinding.Experience))
        {
            Recycle = section.Optional("recycle", RecycleBinding.Recycle),
            Customer = CustomerBinding.Customer(section),
            InFlight = section.Optional("in-flight", InFlightBinding.InFlight, InFlightDefinition.None),
            Lateness = section.Optional("lateness", LatenessBinding.Lateness),
            Paused = section.Optional("paused", InFlightBinding.Paused, Pause.None),
            Offerings = section.Many("buying-groups", ModelBinding.Offerings),
            Journeys = section.Many("journeys", ModelBinding.Journeys),
            Counts = section.Many("counts", Counts.CountBinding.Counts),
            Goals = section.Many("goals", Counts.CountBinding.Goals),
            JourneyGroups = section.Many("journey-groups", EntryBinding.Groups),
        };
        playbook = DealingsBinding.Read(section, playbook);
        var (account, contact) = section.Optional("data-quality") is { } quality ? QualityBinding.Quality(quality, playbook.Attributes) : default;
        playbook = playbook with { AccountQuality = account, ContactQuality = contact, ContactPolicy = CompanyBinding.WithCadences(playbook.ContactPolicy, playbook.Segments) };
        playbook = playbook with { Matching = section.Optional("matching", matching => MatchingBinding.Matching(matching, playbook.Attributes), playbook.Matching) };
        section.Close();
        return playbook;
    }

    static string Currency(Field field)
    {
        const string Expected = "a currency code such as JPY";
        if (field.Words(Expected) is not { } code)
        {
            return "";
        }

        if (code.Length != 3 || !code.All(char.IsAsciiLetterUpper))
        {
            field.Refuse($"expected {Expected}, found {field.Found()}");
        }

        return code;
    }

    static string TimeZone(Field field, Findings findings)
    {
        const string Expected = "a zone of the tz database such as Asia/Tokyo";
        if (field.Words(Expected) is not { } zone)
        {
            return "";
        }

        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) is null)
        {
            field.Refuse($"expected {Expected}, found {field.Found()}{findings.Suggest(zone, DateTimeZoneProviders.Tzdb.Ids.ToList())}");
        }

        return zone;
    }
}
