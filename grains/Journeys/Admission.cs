using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Journeys;

/// <summary>Grants or refuses one entry after the other, so that never more than the group's number are under way.</summary>
internal static class Admission
{
    /// <summary>Transition of a journey that has to give way.</summary>
    public const string Displaced = "arbitration";

    /// <summary>Transition of a journey that ends because two who were in journeys turned out to be one.</summary>
    public const string Merged = "merge";

    /// <param name="person">Empty: the account itself.</param>
    /// <returns>Whether it was entered.</returns>
    public static bool Admit(TurnBuilder turn, Playbook playbook, string person, EntryWish wish, DateTimeOffset at)
    {
        var journey = wish.Journey;
        var contact = person.Length > 0 ? turn.Contact(person) : null;
        var book = JourneyGate.BookOf(turn.Account, contact);
        var place = JourneyWalk.PlaceOf(journey, turn.Account, contact);
        var active = journey.IsActive(place.Stage);
        var heard = wish.Way is EntryWay.Signal or EntryWay.Api or EntryWay.Manual;
        if (!wish.Waited)
        {
            if (heard && !turn.Hear(person, journey.Id))
            {
                return false;
            }

            if (EntryRules.Against(journey, book?.EntryOf(journey.Id, wish.Key), active, at) is { } rule)
            {
                // Whoever is in it needs not be told so with each signal; whoever asked for it does.
                if (!active || wish.Way is EntryWay.Api or EntryWay.Manual)
                {
                    Refuse(turn, person, wish, at, rule);
                }

                return false;
            }
        }

        if (!active && journey.Group is { } group && Crowd(turn, group, contact) is { } crowd && crowd.Count >= group.Definition.AtMost)
        {
            if (group.Definition.OnConflict != OnConflict.Displace || Lowest(crowd) is not { } lowest || lowest.Journey.Definition.Priority >= journey.Definition.Priority)
            {
                Hold(turn, person, wish, at, group, $"at most {group.Definition.AtMost} of group `{group.Id}` at a time, and `{string.Join("`, `", crowd.Select(c => c.Journey.Id))}` {(crowd.Count == 1 ? "is" : "are")} under way");
                return false;
            }

            Expel(turn, playbook, person, lowest, at, Displaced, $"`{journey.Id}` has priority {journey.Definition.Priority} over {lowest.Journey.Definition.Priority} in group `{group.Id}`", waits: group.Definition.DisplacedWaits);
        }

        if (active)
        {
            JourneyGate.Add(turn, person, new EntryEvent.Left(journey.Id, at, "it begins anew"));
        }

        turn.Hear(person, journey.Id);
        JourneyWalk.Enter(turn, person, new JourneyStep(journey.Id, place.Stage, wish.To, wish.Entry, at, wish.Evidence, playbook.Version, wish.Reason));
        JourneyGate.Add(turn, person, new EntryEvent.Entered(journey.Id, wish.Entry, wish.Key, at, wish.Way, wish.By, wish.Resumes));
        return true;
    }

    /// <summary>
    /// Sees to it that no more are under way than their groups allow, whatever came together: two people who are one, or a playbook that allows fewer. Those of the highest
    /// priority stay, then those entered first.
    /// </summary>
    /// <param name="person">Empty: the account itself.</param>
    /// <param name="before">The person as they were before the turn; null for the account.</param>
    public static void Settle(TurnBuilder turn, Playbook playbook, string person, Contact? before)
    {
        foreach (var journey in playbook.Journeys)
        {
            var contact = person.Length > 0 ? turn.Contact(person) : null;
            if (journey.IsGated && journey.IsOfAccount == (person.Length == 0) && JourneyGate.BookOf(turn.Account, contact)?.OpenOf(journey.Id) is not null
                && !journey.IsActive(JourneyWalk.PlaceOf(journey, turn.Account, contact).Stage))
            {
                // Of one who turned out to be another, the later place counts; a stage of an earlier version counts as the start.
                JourneyGate.Add(turn, person, new EntryEvent.Left(journey.Id, turn.At, "it is not under way any more") { ByMerge = before is not null });
            }
        }

        foreach (var group in playbook.JourneyGroups)
        {
            if (group.Journeys[0].IsOfAccount != (person.Length == 0))
            {
                continue;
            }

            var merged = person.Length > 0 && before is not null && Crowd(turn, group, before).Count <= group.Definition.AtMost;
            for (var crowd = Crowd(turn, group, person.Length > 0 ? turn.Contact(person) : null); crowd.Count > group.Definition.AtMost; crowd = Crowd(turn, group, person.Length > 0 ? turn.Contact(person) : null))
            {
                var why = merged ? "two people who were under way turned out to be one" : "the playbook has changed";
                Expel(turn, playbook, person, Lowest(crowd)!, turn.At, merged ? Merged : Displaced, $"at most {group.Definition.AtMost} of group `{group.Id}` at a time: {why}", group.Definition.DisplacedWaits && !merged);
            }
        }
    }

    private static void Refuse(TurnBuilder turn, string person, EntryWish wish, DateTimeOffset at, string reason)
    {
        var known = JourneyGate.BookOf(turn.Account, person.Length > 0 ? turn.Contact(person) : null)?.Refused.FirstOrDefault(r => r.Journey == wish.Journey.Id);
        var same = known is not null && known.Entry == wish.Entry && known.Reason == reason;
        if (!same || wish.Way is EntryWay.Api or EntryWay.Manual)
        {
            JourneyGate.Add(turn, person, new EntryEvent.Refused(wish.Journey.Id, wish.Entry, at, reason));
        }
    }

    private static void Hold(TurnBuilder turn, string person, EntryWish wish, DateTimeOffset at, CompiledGroup group, string reason)
    {
        if (wish.Waited)
        {
            return;
        }

        if (group.Definition.OnConflict != OnConflict.Queue)
        {
            Refuse(turn, person, wish, at, reason);
        }
        else if (JourneyGate.BookOf(turn.Account, person.Length > 0 ? turn.Contact(person) : null)?.WaitingFor(wish.Journey.Id) is null)
        {
            JourneyGate.Add(turn, person, new EntryEvent.Waits(new WaitingEntry(wish.Journey.Id, wish.Entry, wish.To, wish.Key, at, wish.Way, wish.By, Resumes: false), reason));
        }
    }

    private static void Expel(TurnBuilder turn, Playbook playbook, string person, Active one, DateTimeOffset at, string transition, string reason, bool waits)
    {
        var open = JourneyGate.BookOf(turn.Account, person.Length > 0 ? turn.Contact(person) : null)?.OpenOf(one.Journey.Id);
        JourneyWalk.Enter(turn, person, new JourneyStep(one.Journey.Id, one.Place.Stage, one.Journey.Definition.Start, transition, at, [], playbook.Version, reason));
        JourneyGate.Add(turn, person, new EntryEvent.Left(one.Journey.Id, at, reason) { ByMerge = transition == Merged });
        if (waits)
        {
            JourneyGate.Add(turn, person, new EntryEvent.Waits(new WaitingEntry(one.Journey.Id, one.Place.By, one.Place.Stage, open?.Key ?? "", at, EntryWay.Transition, "", Resumes: true), reason));
        }
    }

    /// <summary>What is under way in a group, in the group's order.</summary>
    private static List<Active> Crowd(TurnBuilder turn, CompiledGroup group, Contact? person)
    {
        var book = JourneyGate.BookOf(turn.Account, person);
        List<Active> crowd = [];
        foreach (var journey in group.Journeys)
        {
            var place = JourneyWalk.PlaceOf(journey, turn.Account, person);
            if (journey.IsActive(place.Stage))
            {
                crowd.Add(new Active(journey, place, book?.OpenOf(journey.Id)?.EnteredAt ?? place.Since));
            }
        }

        return crowd;
    }

    /// <summary>The one that gives way first: of the lowest priority the one entered last, of these the last of the file.</summary>
    private static Active? Lowest(List<Active> crowd) => crowd.Aggregate((Active?)null, (lowest, one) =>
        lowest is null || one.Journey.Definition.Priority < lowest.Journey.Definition.Priority
        || (one.Journey.Definition.Priority == lowest.Journey.Definition.Priority && one.Since >= lowest.Since) ? one : lowest);

    private sealed record Active(CompiledJourney Journey, JourneyPlace Place, DateTimeOffset Since);
}
