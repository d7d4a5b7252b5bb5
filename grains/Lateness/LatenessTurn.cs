using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Lateness;

/// <summary>What an account's turns note of signals that come late, where the playbook has a section `lateness`.</summary>
public static class LatenessTurn
{
    /// <summary>How often the journal is asked for in vain before the account says that nothing could be put right.</summary>
    public const int MostAttempts = 8;

    /// <summary>Tells whether the account and the people concerned are still those for which something was worked out; never 0.</summary>
    /// <remarks>What waits to be put right is left out: to ask once more changes nothing.</remarks>
    public static ulong MarkOf(Account account, IEnumerable<Contact> people)
    {
        var mark = StableHash.Of(StateForm.Write(account with { Lateness = null }).ToByteArray());
        foreach (var person in people)
        {
            mark = StableHash.Of(mark, StableHash.Of(StateForm.Write(person).ToByteArray()));
        }

        return mark == 0 ? 1 : mark;
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether the signal came so long after it had happened that something was judged without it: stages, scores and wakes are exact at any instant, so an account counts as judged
    /// up to now. What is beyond reach is history, and no longer late.
    /// </summary>
    /// <param name="time">When the signal happened.</param>
    internal static bool IsLate(TurnBuilder turn, LatenessDefinition lateness, DateTimeOffset time) =>
        turn.Account.History?.SettlesAt is null && turn.Now - time is var delay && delay > lateness.Tolerance && delay <= lateness.Reach;

    /// <summary>Keeps both times, and sees to it that everything since is judged anew.</summary>
    internal static void Note(TurnBuilder turn, LatenessDefinition lateness, Signal signal, string contact, DateTimeOffset time) =>
        turn.Add(new AccountEvent.OfLateness(new LatenessEvent.Came(new LateSignal(signal.Id, signal.Type, contact, time, turn.Now), turn.Now.Forth(lateness.CorrectAfter))));

    /// <summary>At a wake: asks whoever reads the journal to judge anew what came late, again and again until something comes of it.</summary>
    internal static void Seek(TurnBuilder turn, DateTimeOffset due)
    {
        if (turn.Account.Lateness is not { Due: { } wanted, Since: { } since } late || wanted > due)
        {
            return;
        }

        if (late.Attempts >= MostAttempts)
        {
            var account = turn.Account;
            var given = new Correction(turn.Now, since, late.Pending, account.Stage, account.Stage, [], 0, [], $"the history could not be read, though it was tried {MostAttempts} times");
            turn.Add(new AccountEvent.OfLateness(new LatenessEvent.Corrected(given, null, [])));
            return;
        }

        turn.Add(new AccountEvent.OfLateness(new LatenessEvent.Sought(turn.Now, turn.Now.Forth(Patience * (1 << late.Attempts)))));
        turn.Add(new Effect.Correct(turn.Account.Key));
    }
}
