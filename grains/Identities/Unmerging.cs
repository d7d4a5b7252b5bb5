using System.Collections.Immutable;
using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.StoredForms;

namespace Orchestrator.Grains.Identities;

/// <summary>A fact where the journal has it.</summary>
public readonly record struct PastFact(long Sequence, uint Turn, GrainEvent Event);

/// <summary>That a contact took another in.</summary>
/// <param name="Contact">Who took in.</param>
/// <param name="Other">Who was taken in, of the same account or another.</param>
/// <param name="Ordinal">Which of the turn, from 0.</param>
/// <param name="State">The other as they were.</param>
/// <param name="UndoneAt">Sequence of the frame in which it was undone; null = it stands.</param>
public sealed record Merge(string Contact, GrainKey Other, long Sequence, uint Turn, int Ordinal, Contact State, long? UndoneAt);

/// <summary>Two who had become one, apart again.</summary>
/// <param name="Own">Null: both are of one account.</param>
/// <param name="Since">Null: both are of one account.</param>
public sealed record Parting(Merge Merge, Contact Kept, Contact Restored, AccountSums? Own, SignalPosts? Since);

/// <summary>
/// Undoes a merge: folds each side's own facts of the journal again. A signal since the merge is the side's by whose name it came; where it bears names of both, it
/// stays with who took the other in. What a merge must never widen is not divided: a withdrawal of consent since then holds for both, and so does every message that
/// counts against a cap, every rest and every outcome.
/// </summary>
/// <remarks>Pure. Asks for the whole history of the account and the contact, so it goes back as far as the journal does.</remarks>
public static class Unmerging
{
    /// <summary>Tells whether a contact is still the one that was read.</summary>
    public static ulong MarkOf(Contact contact) => StableHash.Of(StateForm.Write(contact).ToByteArray());

    /// <summary>All merges into a contact, oldest first.</summary>
    /// <param name="account">The account's facts, oldest first.</param>
    /// <param name="person">The contact's, oldest first.</param>
    public static ImmutableArray<Merge> MergesOf(GrainKey contact, IEnumerable<PastFact> account, IEnumerable<PastFact> person)
    {
        var absorbed = person.Where(f => f.Event is ContactEvent.Absorbed).ToLookup(f => (f.Sequence, f.Turn), f => ((ContactEvent.Absorbed)f.Event).Other);
        var merges = new List<Merge>();
        foreach (var fact in account)
        {
            GrainKey? other = fact.Event switch
            {
                AccountEvent.ContactLeft e when e.To == contact => GrainKey.Contact(contact.Tenant, contact.Affinity, e.Contact),
                AccountEvent.Absorbed e when e.Contact == contact.Id => e.From,
                _ => null,
            };
            if (other is { } key)
            {
                // Both grains tell of a turn's merges in the same order.
                var ordinal = merges.Count(m => (m.Sequence, m.Turn) == (fact.Sequence, fact.Turn));
                merges.Add(new Merge(contact.Id, key, fact.Sequence, fact.Turn, ordinal, absorbed[(fact.Sequence, fact.Turn)].ElementAt(ordinal), null));
            }
            else if (fact.Event is AccountEvent.OfHistory(HistoryEvent.AccountParted parted))
            {
                // All people of an account went back with it.
                for (var i = 0; i < merges.Count; i++)
                {
                    merges[i] = merges[i].Other.Affinity == parted.From && merges[i].UndoneAt is null ? merges[i] with { UndoneAt = fact.Sequence } : merges[i];
                }
            }
            else if (fact.Event is AccountEvent.OfHistory(HistoryEvent.Unmerged undone) && undone.Contact == contact.Id)
            {
                var at = merges.FindIndex(m => m.Other == undone.Other && m.Sequence == undone.MergedAt);
                merges[at] = merges[at] with { UndoneAt = fact.Sequence };
            }
        }

        return [.. merges];
    }

    /// <param name="merge">Which one is undone; it stands.</param>
    /// <param name="merges">All into the contact.</param>
    /// <param name="account">The account's facts, oldest first, from the first one on.</param>
    /// <param name="person">The contact's, oldest first, from the first one on.</param>
    /// <param name="kept">The contact now.</param>
    /// <param name="other">The other, as their grain has them since the merge.</param>
    public static Parting Split(Merge merge, ImmutableArray<Merge> merges, IReadOnlyList<PastFact> account, IReadOnlyList<PastFact> person, Contact kept, Contact other)
    {
        List<Merge> parted = [.. merges.Where(m => m.UndoneAt is not null || m == merge)];
        var names = parted.ToDictionary(m => m, m => m.State.Identifiers.Select(i => i.ToString()).ToHashSet(StringComparer.Ordinal));
        var sides = SidesOf(merge.Contact, parted, names, account);
        var own = Contact.Unknown(kept.Key);
        var theirs = other with { MovedTo = null };
        var gone = names.Values.SelectMany(n => n).ToHashSet(StringComparer.Ordinal);
        var absorbed = new Dictionary<(long, uint), int>();
        var both = Contact.Unknown(kept.Key);
        foreach (var fact in person)
        {
            var place = (fact.Sequence, fact.Turn);
            var side = sides.GetValueOrDefault(place);
            var before = both;
            both = Contact.Evolve(both, (ContactEvent)fact.Event);
            switch (fact.Event)
            {
                case ContactEvent.Absorbed e:
                    var ordinal = absorbed[place] = absorbed.GetValueOrDefault(place, -1) + 1;
                    own = parted.Any(m => (m.Sequence, m.Turn) == place && m.Ordinal == ordinal) ? own : Contact.Evolve(own, e);
                    break;
                case ContactEvent.Restored:
                    // Of an earlier undoing, which is done here once more.
                    break;
                case ContactEvent.OfStanding { Event: PersonEvent.JourneyEntered { Step.Transition: Journeys.Admission.Merged } } or ContactEvent.OfStanding { Event: PersonEvent.OfEntry { Event: Journeys.EntryEvent.Left { ByMerge: true } } }:
                    // Without the merge nobody had to give way.
                    break;
                case ContactEvent.Opened e:
                    own = Contact.Evolve(own, e with { Identifiers = [.. e.Identifiers.Where(i => !gone.Contains(i.ToString()))] });
                    break;
                case ContactEvent.IdentifierAdded e when gone.Contains(e.Name.ToString()):
                    theirs = side == merge ? Contact.Evolve(theirs, e) : theirs;
                    break;
                case ContactEvent.Corrected e when side is null && fact.Sequence > parted.Min(m => m.Sequence):
                    own = Contact.Evolve(own, e with { Scores = Shifted(own.Scores, before.Scores, e.Scores) });
                    break;
                case ContactEvent.Corrected e when fact.Sequence > parted.Min(m => m.Sequence):
                    theirs = side == merge ? Contact.Evolve(theirs, e with { Scores = Shifted(theirs.Scores, before.Scores, e.Scores) }) : theirs;
                    break;
                case ContactEvent e:
                    var refusal = e is ContactEvent.ConsentSet { Consent.Given: false };
                    own = side is null || refusal ? Contact.Evolve(own, e) : own;
                    theirs = side == merge || (refusal && fact.Sequence > merge.Sequence) ? Contact.Evolve(theirs, e) : theirs;
                    break;
            }
        }

        var local = merge.Other.Affinity == kept.Key.Affinity;
        return new Parting(
            merge,
            own with { Slots = kept.Slots, Rests = kept.Rests, Outcomes = kept.Outcomes, RestUntil = kept.RestUntil },
            theirs with { Slots = [.. kept.Slots.Select(s => s with { Contact = other.Key.Id })], Rests = kept.Rests, Outcomes = kept.Outcomes, RestUntil = kept.RestUntil },
            local ? null : OwnSums(kept.Key, parted, sides, account),
            local ? null : PostsOf(merge, sides, account));
    }

    /// <summary>Scores of one side after those of both as one were put right: by as many points more or less.</summary>
    private static IReadOnlyList<Score> Shifted(ImmutableArray<Score> side, ImmutableArray<Score> before, IReadOnlyList<Score> after) =>
        [.. after.Select(a => (Known: Account.Find(side, a.Name), Shift: a.Sum - (Account.Find(before, a.Name)?.ValueAt(a.At) ?? 0), After: a))
            .Select(s => s.Known is { } known ? known with { Sum = known.ValueAt(s.After.At) + s.Shift, At = s.After.At } : s.After with { Sum = s.Shift })];

    /// <summary>Of which side a turn is; turns of who stays are left out. Names that come up on a side are its own from then on.</summary>
    private static Dictionary<(long, uint), Merge?> SidesOf(string contact, List<Merge> parted, Dictionary<Merge, HashSet<string>> names, IReadOnlyList<PastFact> account)
    {
        var sides = new Dictionary<(long, uint), Merge?>();
        var own = new HashSet<string>(StringComparer.Ordinal);
        var begun = new HashSet<Merge>();
        var signals = new Dictionary<string, (long, uint)>(StringComparer.Ordinal);
        foreach (var turn in account.GroupBy(f => (f.Sequence, f.Turn)))
        {
            if (turn.Select(f => f.Event).OfType<AccountEvent.OfLateness>().Select(e => e.Event).OfType<LatenessEvent.Corrected>().FirstOrDefault() is { } corrected)
            {
                // What was put right is of the side for which it came late; where that is said of both, or of nobody, it is who stays.
                List<Merge?> of = [.. corrected.Correction.Signals.Where(s => signals.ContainsKey(s.Id)).Select(s => sides.GetValueOrDefault(signals[s.Id])).Distinct()];
                if (of is [{ } late])
                {
                    sides[turn.Key] = late;
                }

                continue;
            }

            var signal = turn.Select(f => f.Event).OfType<AccountEvent.SignalRecorded>().FirstOrDefault(e => e.Contact == contact)?.Signal;
            if (signal is not null)
            {
                signals[signal.Id] = turn.Key;
            }

            List<string> said = [.. (signal?.Identifiers ?? []).Select(i => PersonName.Normalise(i.Kind, i.Value).ToString())];
            var side = said.Any(own.Contains) ? null : parted.LastOrDefault(m => begun.Contains(m) && (m.UndoneAt is null || turn.Key.Sequence < m.UndoneAt) && said.Any(names[m].Contains));
            if (side is not null)
            {
                sides[turn.Key] = side;
                names[side].UnionWith(said);
                continue;
            }

            // The turn that finds out that they are one is still who stays: it bears names of both.
            List<string> joined = [.. turn.Select(f => f.Event).OfType<AccountEvent.ContactJoined>().Where(e => e.Contact == contact).SelectMany(e => e.Identifiers).Select(i => i.ToString())];
            begun.UnionWith(parted.Where(m => turn.Key.Sequence <= m.Sequence && parted.All(o => o.Other != m.Other || o.Sequence >= m.Sequence || o.UndoneAt <= turn.Key.Sequence) && joined.Any(names[m].Contains)));
            begun.UnionWith(parted.Where(m => (m.Sequence, m.Turn) == turn.Key));
            own.UnionWith(said.Concat(joined).Where(n => !names.Values.Any(theirs => theirs.Contains(n))));
        }

        return sides;
    }

    private static AccountSums OwnSums(GrainKey contact, List<Merge> parted, Dictionary<(long, uint), Merge?> sides, IReadOnlyList<PastFact> facts)
    {
        var account = Account.Unknown(GrainKey.Account(contact.Tenant, contact.Affinity));
        var both = account;
        foreach (var fact in facts)
        {
            var known = both.Scores;
            both = Account.Evolve(both, (AccountEvent)fact.Event);
            var place = (fact.Sequence, fact.Turn);
            var isTheirs = fact.Event switch
            {
                AccountEvent.SignalRecorded e => e.Contact == contact.Id && sides.GetValueOrDefault(place) is { } side && side.Other.Affinity != contact.Affinity,
                AccountEvent.Absorbed e => parted.Any(m => (m.Sequence, m.Turn) == place && m.Other == e.From),
                AccountEvent.OfHistory { Event: HistoryEvent.Unmerged } => true,
                _ => false,
            };
            account = isTheirs ? account
                : fact.Event is AccountEvent.OfLateness { Event: LatenessEvent.Corrected c }
                    ? sides.ContainsKey(place) ? account : Account.Evolve(account, new AccountEvent.OfLateness(c with { Scores = Shifted(account.Scores, known, c.Scores) }))
                : Account.Evolve(account, (AccountEvent)fact.Event);
        }

        return new AccountSums(account.Scores, account.Tallies, account.SignalCount, account.LastSignalAt);
    }

    private static SignalPosts PostsOf(Merge merge, Dictionary<(long, uint), Merge?> sides, IReadOnlyList<PastFact> facts)
    {
        List<AccountEvent.SignalRecorded> theirs = [.. facts.Where(f => sides.GetValueOrDefault((f.Sequence, f.Turn)) == merge).Select(f => f.Event).OfType<AccountEvent.SignalRecorded>()];
        List<ScorePost> scores = [.. theirs.SelectMany(e => e.Scores)];
        List<TallyPost> tallies = [.. theirs.SelectMany(e => e.Tallies)];
        return new SignalPosts(scores, tallies, theirs.Count, theirs.Select(e => SignalTime.Of(e.Signal, e.At)).DefaultIfEmpty(DateTimeOffset.MinValue).Max());
    }
}
