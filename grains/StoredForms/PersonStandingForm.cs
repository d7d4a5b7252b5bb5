using System.Diagnostics;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Standings;
using Orchestrator.V1;
using PersonStanding = Orchestrator.Grains.Standings.PersonStanding;

namespace Orchestrator.Grains.StoredForms;

/// <summary>What stands beside a person's scores and roles, as stored.</summary>
internal static class PersonStandingForm
{
    public static StoredPersonEvent Write(PersonEvent @event) => @event switch
    {
        PersonEvent.Left e => new() { Left = new() { Reason = e.Reason, At = Ticks.Of(e.At) } },
        PersonEvent.Returned e => new() { Returned = new() { At = Ticks.Of(e.At) } },
        PersonEvent.JourneyEntered e => new() { JourneyEntered = SideJourneyForm.Write(e.Step) },
        PersonEvent.OfEntry e => new() { OfEntry = EntryForm.Write("", e.Event) },
        _ => throw new UnreachableException(),
    };

    /// <param name="key">The contact.</param>
    public static PersonEvent Read(StoredPersonEvent stored, GrainKey key) => stored.KindCase switch
    {
        StoredPersonEvent.KindOneofCase.Left => new PersonEvent.Left(stored.Left.Reason, Ticks.Instant(stored.Left.At)),
        StoredPersonEvent.KindOneofCase.Returned => new PersonEvent.Returned(Ticks.Instant(stored.Returned.At)),
        StoredPersonEvent.KindOneofCase.JourneyEntered => new PersonEvent.JourneyEntered(SideJourneyForm.Read(stored.JourneyEntered)),
        StoredPersonEvent.KindOneofCase.OfEntry => new PersonEvent.OfEntry(EntryForm.Read(stored.OfEntry)),
        _ => throw new InvalidDataException($"an event of {key} has a form that this version does not know"),
    };

    public static StoredPersonStanding? Write(PersonStanding? standing)
    {
        if (standing is null)
        {
            return null;
        }

        var stored = new StoredPersonStanding { Journeys = { SideJourneyForm.Write(standing.Journeys) }, Entries = EntryForm.Write(standing.Entries) };
        if (standing.LeftAt is { } left)
        {
            stored.LeftAt = Ticks.Of(left);
        }

        return stored;
    }

    public static PersonStanding? Read(StoredPersonStanding? stored) => stored is null ? null : new()
    {
        LeftAt = stored.HasLeftAt ? Ticks.Instant(stored.LeftAt) : null,
        Journeys = SideJourneyForm.Read(stored.Journeys),
        Entries = EntryForm.Read(stored.Entries),
    };
}
