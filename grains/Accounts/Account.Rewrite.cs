using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Scores;

namespace Orchestrator.Grains.Accounts;

public sealed partial record Account
{
    /// <summary>What a holder of <paramref name="held"/> goes on with after a turn made <paramref name="next"/> of it; see <see cref="Rewriting"/>.</summary>
    /// <param name="next">Nobody else's, and not to be used any more.</param>
    /// <param name="renewed">Whether they differ in more than may be written to: then it is <paramref name="next"/>, with the parts of <paramref name="held"/>.</param>
    internal static Account Rewrite(Account held, Account next, bool renewed)
    {
        next.contacts = held.contacts.Rewrite(next.contacts);
        next.scores = Rewriting.Rewrite(held.scores, next.scores);
        next.tallies = Tally.Rewrite(held.tallies, next.tallies);
        next.seen = held.seen.Rewrite(next.seen);
        next.rests = Rewriting.Rewrite(held.rests, next.rests);
        if (renewed)
        {
            return next;
        }

        // All that is not read-only.
        (held.contacts, held.scores, held.tallies) = (next.contacts, next.scores, next.tallies);
        (held.lastSignalAt, held.signalCount) = (next.lastSignalAt, next.signalCount);
        (held.openActions, held.slots, held.ended) = (next.openActions, next.slots, next.ended);
        (held.seen, held.rests, held.history, held.identifiers) = (next.seen, next.rests, next.history, next.identifiers);
        held.TakeWake(next);
        return held;
    }

    /// <summary>Gives an account that a turn made, and that nobody else has, parts of its own.</summary>
    internal static Account Apart(Account made)
    {
        made.contacts = made.contacts.Apart();
        made.scores = Rewriting.Apart(made.scores);
        made.tallies = Tally.Apart(made.tallies);
        made.seen = made.seen.Apart();
        made.rests = Rewriting.Apart(made.rests);
        return made;
    }
}
