using Orchestrator.Grains.Accounts;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.Lateness;

// What would be otherwise than it is.
public sealed partial class InOrder
{
    private Rederived Compare(Account account, IReadOnlyList<Contact> people, DateTimeOffset now)
    {
        if (world.Find(key) is not { Exists: true } would)
        {
            return Rederived.No("its history could not be judged anew");
        }

        var changed = Changed();
        var evidence = entered is { } move && move.To == would.Stage ? move : null;
        return new Rederived
        {
            Stage = would.Stage,
            StageSince = would.StageSince,
            StageBy = would.StageBy,
            SlaBreached = would.SlaBreached,
            Evidence = evidence?.Evidence ?? [],
            Reason = evidence?.Reason ?? "",
            Scores = [.. would.Scores.Where(s => Differs(s.ValueAt(now), account.FindScore(s.Name)?.ValueAt(now) ?? 0))],
            People = [.. people.Select(p => PersonOf(p, now)).OfType<RederivedPerson>().OrderBy(p => p.Contact, StringComparer.Ordinal)],
            Changed = [.. changed.Take(LatenessState.MostChanged)],
            Unlisted = Math.Max(0, changed.Count - LatenessState.MostChanged),
        };
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
    private RederivedPerson? PersonOf(Contact person, DateTimeOffset now)
    {
        if (!world.TryGet(person.Key, out var state) || state is not Contact { Exists: true } would)
        {
            return null;
        }

        var consents = would.Consents.Where(c => !person.Consents.Contains(c)).ToList();
        var scores = would.Scores.Where(s => Differs(s.ValueAt(now), person.FindScore(s.Name)?.ValueAt(now) ?? 0)).ToList();
        return would.Roles.SequenceEqual(person.Roles) && consents.Count + scores.Count == 0 ? null : new RederivedPerson(person.Key.Id, would.Roles, consents, scores);
    }

    private static bool Differs(double would, double known) => Math.Abs(would - known) > 1e-6 * Math.Max(1, Math.Abs(known));
}
