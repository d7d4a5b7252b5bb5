using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.StoredForms;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.Lateness;

// What would be otherwise than it is.
public sealed partial class InOrder
{
    private Rederived Compare(Account account, IReadOnlyList<Contact> people, DateTimeOffset now)
    {
        if (world.Find(key) is not { Exists: true } found)
        {
            return Rederived.No("its history could not be judged anew");
        }

        var known = SameName.Of(found, account);
        var would = known.Rename(found);
        var changed = Changed();
        var evidence = entered is { } move && move.To == would.Stage ? move : null;
        var engagement = library.PlaybookOf(account)?.BuyingGroup.Engagement;
        return new Rederived
        {
            Stage = would.Stage,
            StageSince = would.StageSince,
            StageBy = would.StageBy,
            SlaBreached = would.SlaBreached,
            OpenedAt = (would.OpenedAt - account.OpenedAt).Duration() > delays.Tolerance ? would.OpenedAt : null,
            Heard = [.. would.Contacts.Where(c => !account.Contacts.TryGetValue(c.Key, out var link) || link.LastSignalAt != c.Value.LastSignalAt).Select(c => new HeardOf(c.Key, c.Value.LastSignalAt))],
            Evidence = evidence?.Evidence ?? [],
            Reason = evidence?.Reason ?? "",
            Scores = [.. Differing(would.Scores, account.Scores, now)],
            People = [.. people.Select(p => PersonOf(p, account, would, known, now)).OfType<RederivedPerson>().OrderBy(p => p.Contact, StringComparer.Ordinal)],
            Changed = [.. changed.Take(LatenessState.MostChanged)],
            Unlisted = Math.Max(0, changed.Count - LatenessState.MostChanged),
            Rooms = Rooms.Differing(account, would, changed.Select(c => c.Play).ToHashSet(StringComparer.Ordinal), toldBroken.Where(t => !wouldTell.Contains(t.Key)).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal), engagement, now),
            Asks = [.. would.OpenActions.Where(a => a.Request is not null).Select(a => new WouldAsk(a.Request!, a.Department, a.Owner, a.Reason, a.DecidedAt, a.ValidUntil))],
            Parent = ParentOf(would) == ParentOf(account) ? null : ParentOf(would),
            Outcomes = [.. Missed(account, would)],
            Stays = [.. Stays(account, would)],
        };
    }

    /// <summary>
    /// What would have counted towards goals and did not. A stage that was entered at another time counted once, and the stage to which a correction moves the account counts by that
    /// move.
    /// </summary>
    private IEnumerable<MissedOutcome> Missed(Account account, Account would)
    {
        var otherwise = counted.Where(c => !achieved.ContainsKey(c)).Select(OutcomeOf).ToList();
        var move = would.Stage == account.Stage ? "" : $"{key.Affinity}/{would.Stage}/{would.StageSince.UtcTicks}";
        return achieved.Where(a => !counted.Contains(a.Key) && !otherwise.Remove(OutcomeOf(a.Key)) && a.Value.Key != move)
            .Select(a => new MissedOutcome(a.Value.Board, a.Value.Key, a.Value.Amount, a.Value.At)).OrderBy(o => o.At).Take(LatenessState.MostChanged);
    }

    /// <summary>Without the instant.</summary>
    private static string OutcomeOf(string outcome) => outcome[..(outcome.LastIndexOf('/') + 1)] is { Length: > 0 } what ? what : outcome;

    private static string ParentOf(Account account) => account.Standing?.Family is { Refused.Length: 0 } family ? family.Parent : "";

    /// <summary>What stays as it came and is no decision.</summary>
    private IEnumerable<string> Stays(Account account, Account would)
    {
        if (would.SignalCount < account.SignalCount)
        {
            yield return $"{account.SignalCount - would.SignalCount} signals would have gone elsewhere, or not been sent: they count here as they did";
        }

        if (counted.Count(c => !achieved.ContainsKey(c)) is > 0 and var extra)
        {
            yield return $"{extra} outcomes would not have counted for goals: what was counted stays";
        }
    }

    private List<ChangedDecision> Changed()
    {
        var left = made.ToList();
        foreach (var exactly in new[] { true, false })
        {
            foreach (var offer in offers)
            {
                var same = offer.IsMatched && !exactly ? -1 : left.FindIndex(m => offer.Is(m) && (!exactly || m.Id == offer.Action.Id));
                if (same >= 0)
                {
                    offer.IsMatched = true;
                    left.RemoveAt(same);
                }
            }
        }

        var changed = new List<ChangedDecision>();
        foreach (var offer in offers)
        {
            if (offer.How is null && offer.IsMatched)
            {
                NoteTakenBack(offer);
            }

            if (!offer.IsMatched || offer.TakenBack.Length > 0)
            {
                changed.Add(Say(KindOf(offer.How), offer.Action, offer.IsMatched ? offer.TakenBack : offer.Why));
            }
        }

        changed.AddRange(left.Where(m => m.DecidedAt >= since).Select(m => Say(ChangeKind.Missed, m with { Id = "" }, m.Reason)));
        return [.. changed.OrderBy(c => c.Kind != ChangeKind.Revoked).ThenBy(c => c.At).ThenBy(c => c.Play, StringComparer.Ordinal)];
    }

    private static ChangeKind KindOf(EndedHow? how) => how switch
    {
        null => ChangeKind.Revoked,
        EndedHow.Done => ChangeKind.Done,
        _ => ChangeKind.Ended,
    };

    private static ChangedDecision Say(ChangeKind kind, OpenAction action, string why) =>
        new(kind, action.Id, action.Play, action.Treatment, action.Channel, action.Contact, action.DecidedAt, why);

    /// <summary>What would be different about a person; null: nothing would.</summary>
    private RederivedPerson? PersonOf(Contact person, Account account, Account would, SameName known, DateTimeOffset now)
    {
        // Who has moved on is somebody else's to say.
        if (person.MovedTo is not null || !world.TryGet(person.Key with { Id = known.WouldBe(person.Key.Id) }, out var state) || state is not Contact { Exists: true, MovedTo: null } like)
        {
            return null;
        }

        var consents = like.Consents.Where(c => !person.Consents.Contains(c)).ToList();
        var scores = Differing(like.Scores, person.Scores, now).ToList();
        var (stands, stood) = (JourneysOf(person.Standing), JourneysOf(like.Standing));
        var moved = !PersonStandingForm.Write(stands)!.Equals(PersonStandingForm.Write(stood));
        var left = would.Standing?.Left.GetValueOrDefault(person.Key.Id);
        var gone = account.Standing?.Left.GetValueOrDefault(person.Key.Id);
        var opened = (like.OpenedAt - person.OpenedAt).Duration() > delays.Tolerance;
        var leaves = left is { To: null } && gone is null or { To: null } && left.At != gone?.At;
        var returns = gone is { To: null } && left is null && would.Contacts.ContainsKey(person.Key.Id);
        return like.Roles.SequenceEqual(person.Roles) && consents.Count + scores.Count == 0 && !moved && !opened && !leaves && !returns ? null
            : new RederivedPerson(person.Key.Id, like.Roles, consents, scores)
            {
                Standing = moved ? stood : null,
                Changes = moved ? [.. RoomWords.Places(stands.Journeys, stood.Journeys).Concat(RoomWords.Entries(stands.Entries, stood.Entries)).Take(Rooms.MostChanges)] : [],
                OpenedAt = opened ? like.OpenedAt : null,
                Left = leaves ? new WouldLeave(left!.Reason, left.At) : null,
                ReturnedAt = returns ? now : null,
            };
    }

    private static PersonStanding JourneysOf(PersonStanding? standing) => PersonStanding.Empty with
    {
        Journeys = standing?.Journeys ?? PersonStanding.Empty.Journeys,
        Entries = standing?.Entries ?? EntryBook.Empty,
    };

    /// <summary>What would have got no points has none.</summary>
    private static IEnumerable<Score> Differing(ImmutableArray<Score> would, ImmutableArray<Score> known, DateTimeOffset now) =>
        would.Concat(known.Where(k => would.All(w => w.Name != k.Name)).Select(k => k with { Sum = 0, Today = 0, Earlier = [] }))
            .Where(s => Differs(s.ValueAt(now), Account.Find(known, s.Name)?.ValueAt(now) ?? 0));

    private static bool Differs(double would, double known) => Math.Abs(would - known) > 1e-6 * Math.Max(1, Math.Abs(known));
}
