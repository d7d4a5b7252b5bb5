using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Contacts;

public sealed partial record Contact
{
    /// <summary>The same as for an account; see <see cref="Accounts.Account.Rewrite"/>.</summary>
    internal static Contact Rewrite(Contact held, Contact next, bool renewed)
    {
        next.scores = Rewriting.Rewrite(held.scores, next.scores);
        next.rests = Rewriting.Rewrite(held.rests, next.rests);
        if (renewed)
        {
            return next;
        }

        // All that is not read-only.
        (held.scores, held.slots, held.rests) = (next.scores, next.slots, next.rests);
        (held.lastSignalAt, held.signalCount) = (next.lastSignalAt, next.signalCount);
        held.TakeWake(next);
        return held;
    }

    /// <summary>Gives a contact that a turn made, and that nobody else has, parts of its own.</summary>
    internal static Contact Apart(Contact made)
    {
        made.scores = Rewriting.Apart(made.scores);
        made.rests = Rewriting.Apart(made.rests);
        return made;
    }
}
