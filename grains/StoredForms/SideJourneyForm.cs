using System.Collections.Immutable;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Standings;
using Orchestrator.V1;
using AccountStanding = Orchestrator.Grains.Standings.AccountStanding;
using Clause = Orchestrator.Grains.Stages.Clause;
using JourneyPlace = Orchestrator.Grains.Journeys.JourneyPlace;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Journeys beside the main one, as stored.</summary>
internal static class SideJourneyForm
{
    public static StoredJourneyStep Write(JourneyStep step) => new()
    {
        Journey = step.Journey,
        From = step.From,
        To = step.To,
        Transition = step.Transition,
        At = Ticks.Of(step.At),
        Evidence = { step.Evidence.Select(c => new StoredStepClause { Text = c.Text, Held = c.Held, Values = c.Values, AssertedOnly = c.AssertedOnly }) },
        PlaybookVersion = step.PlaybookVersion,
        Reason = step.Reason,
    };

    public static JourneyStep Read(StoredJourneyStep stored) => new(
        stored.Journey,
        stored.From,
        stored.To,
        stored.Transition,
        Ticks.Instant(stored.At),
        [.. stored.Evidence.Select(c => new Clause(c.Text, c.Held, c.Values) { AssertedOnly = c.AssertedOnly })],
        stored.PlaybookVersion,
        stored.Reason);

    public static IEnumerable<StoredJourneyPlace> Write(ImmutableSortedDictionary<string, JourneyPlace> places) =>
        places.Select(p => new StoredJourneyPlace { Journey = p.Key, Stage = p.Value.Stage, Since = Ticks.Of(p.Value.Since), By = p.Value.By });

    public static ImmutableSortedDictionary<string, JourneyPlace> Read(IEnumerable<StoredJourneyPlace> stored) =>
        AccountStanding.Of<JourneyPlace>().AddRange(stored.Select(p => KeyValuePair.Create(p.Journey, new JourneyPlace(p.Stage, Ticks.Instant(p.Since), p.By))));
}
