using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Journeys;

/// <summary>What conditions may ask about journeys beside the main one: <c>journey('buyer')</c> is the stage, <c>journey_days('buyer')</c> how long it lasts.</summary>
internal sealed class SideJourneyNames(PlaybookDefinition definition)
{
    public void Declare(CelEnvironment<Facts>.Builder builder) => builder
        .Function("journey", [CelType.String], BindStage)
        .Function("journey_days", [CelType.String], BindDays);

    private CelBinding<Facts> BindStage(CelCall<Facts> call) => Refuse(call, out var journey) ?? call.Bind(
        CelTerms.String((Facts f, ref CelFault fault) => PlaceOf(f, journey, ref fault)?.Stage ?? ""),
        Tags(journey));

    private CelBinding<Facts> BindDays(CelCall<Facts> call) => Refuse(call, out var journey) ?? call.Bind(
        CelTerms.Double(
            (Facts f, ref CelFault fault) => PlaceOf(f, journey, ref fault) is { } place ? (f.Now - place.Since).TotalDays : 0,
            FactsEnvironment.Days(f =>
            {
                var fault = default(CelFault);
                return PlaceOf(f, journey, ref fault)?.Since ?? DateTimeOffset.MinValue;
            })),
        [.. Tags(journey), "time"]);

    private static string[] Tags(SideJourneyDefinition journey) => journey.Of == JourneyOf.Contact ? [$"journey:{journey.Id}", Condition.Person] : [$"journey:{journey.Id}"];

    /// <summary>Not known of a person's journey without a person.</summary>
    private static JourneyPlace? PlaceOf(Facts facts, SideJourneyDefinition definition, ref CelFault fault)
    {
        var journey = facts.Playbook.Journeys.First(j => j.Id == definition.Id);
        var person = journey.IsOfAccount ? null : facts.Contact;
        if (person is not null || journey.IsOfAccount)
        {
            return JourneyWalk.PlaceOf(journey, facts.Account, person);
        }

        fault.Unset($"journey('{definition.Id}')");
        return null;
    }

    private CelBinding<Facts>? Refuse(CelCall<Facts> call, out SideJourneyDefinition journey)
    {
        journey = null!;
        if (!call.Arguments[0].TryText(out var name))
        {
            return call.Refuse(0, "the journey must be written out as a text");
        }

        journey = definition.Journeys.FirstOrDefault(j => j.Id == name)!;
        return journey is null ? call.Refuse(0, $"`{name}` is not a declared journey", name, definition.Journeys.Select(j => j.Id)) : null;
    }
}
