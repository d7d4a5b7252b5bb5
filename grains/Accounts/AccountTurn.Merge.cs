using Orchestrator.Grains.Counts;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Survivorship;

namespace Orchestrator.Grains.Accounts;

/// <remarks>Merges that people ask for: one account into another, one known contact into another.</remarks>
public static partial class AccountTurn
{
    /// <summary>So many people leave in one turn; the account sends itself the rest, so that a large one holds nobody up.</summary>
    private const int MostLeavingAtOnce = 64;

    /// <summary>All people leave for the other account, then what the account itself knew; a forwarding address stays.</summary>
    private static Verdict MergeInto(AccountCommand.MergeInto command, TurnBuilder turn)
    {
        if (turn.Account.ForwardedTo.Length > 0)
        {
            return turn.Account.ForwardedTo == command.Into
                ? turn.Accept(Answer.Nothing.Instance, null, turn.Now)
                : new Verdict.Rejected(new Rejection.MovedTo(turn.Account.ForwardedTo));
        }

        if (!turn.Account.Exists)
        {
            return new Verdict.Rejected(new Rejection.NoSuchAccount(turn.Account.Key.Affinity));
        }

        if (turn.Account.History?.Merging != command.Into)
        {
            turn.Add(new AccountEvent.OfHistory(new HistoryEvent.MergeBegan(command.Into, turn.Now)));
        }

        foreach (var contact in Leaving(turn.Account))
        {
            Leave(turn, contact, GrainKey.Contact(turn.Account.Key.Tenant, command.Into, contact), last: false, known: true);
        }

        if (Leaving(turn.Account).Count > 0)
        {
            turn.Add(new Effect.Send(command));
            return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
        }

        foreach (var action in turn.Account.OpenActions)
        {
            turn.Revoke(action, $"the account was merged into {command.Into}");
        }

        FamilyTurn.Merge(turn, command.Into);
        TwinTurn.Leave(turn, PlaybookOf(turn));
        var account = turn.Account;
        turn.Add(new AccountEvent.Forwarded(command.Into, turn.Now));
        turn.Add(new Effect.Send(new AccountCommand.TakeIn(
            GrainKey.Account(account.Key.Tenant, command.Into), account.Key.Affinity, account.Scores, account.Tallies, account.Attributes, account.Slots) { Seen = account.Seen, Dealings = account.Dealings, Brought = account }));
        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }

    /// <summary>Also those who left the company and are nowhere else: who carries on must know that they are not to be addressed.</summary>
    private static IReadOnlyList<string> Leaving(Account account) =>
        [.. account.Contacts.Keys.Concat(account.Standing?.Left.Where(l => l.Value.To is null).Select(l => l.Key) ?? []).Take(MostLeavingAtOnce)];

    /// <summary>What another account knew joins this one, behind its people.</summary>
    private static Verdict TakeIn(AccountCommand.TakeIn command, TurnBuilder turn)
    {
        if (turn.Account.ForwardedTo.Length > 0)
        {
            if (!CarriesOn(turn.Account, command.From))
            {
                var account = GrainKey.Account(turn.Account.Key.Tenant, turn.Account.ForwardedTo);
                turn.Add(new Effect.Send(command with { Account = account, Target = account }));
                return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
            }

            turn.Add(new AccountEvent.Forwarded("", turn.Now));
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        }

        if (command.From == turn.Account.Key.Affinity)
        {
            // Its own, come round: nobody took it in, and all of it is here still.
            return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
        }

        var playbook = PlaybookOf(turn);
        var before = turn.Account;
        var survivors = Survivors.Of(playbook?.Definition.Attributes.Survive.Account ?? [], turn.Account.Attributes, command.Attributes);
        if (command.Brought is { } brought)
        {
            CountTurn.Leave(turn, command.From, brought.Boards?.On ?? []);
            turn.Add(new AccountEvent.OfHistory(new HistoryEvent.TookIn(command.From, [], [], AttributeSet.None, survivors, [], turn.Now) { Brought = AsKnownNow(turn, brought) }));
            TakeStage(turn, playbook, brought);
        }
        else
        {
            turn.Add(new AccountEvent.OfHistory(new HistoryEvent.TookIn(command.From, command.Scores, command.Tallies, command.Attributes, survivors, command.Slots, turn.Now) { Seen = command.Seen }));
            if (command.Dealings is { } dealings)
            {
                turn.Add(new DealingsEvent.Joined(command.From, dealings, turn.Now));
            }
        }

        TwinTurn.Note(turn, playbook, before);
        if (playbook is not null)
        {
            turn.Context.Workspace.Facts.Set(playbook, turn.Account, null, null, turn.Now);
            StageWalk.Go(turn, playbook, turn.Now);
        }

        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    /// <summary>
    /// Whether an account that was merged into another is the one that carries on after all. Two people may merge two accounts into each other at one moment: then each would lead to the other,
    /// and what is sent to either would go round for ever. The one with the lower name stays; in a longer circle whoever gets back what it sent.
    /// </summary>
    private static bool CarriesOn(Account account, string from) =>
        from == account.Key.Affinity || (from == account.ForwardedTo && string.CompareOrdinal(account.Key.Affinity, from) < 0);

    /// <summary>Its people came before it, and may have turned out to be others of this account meanwhile.</summary>
    private static Account AsKnownNow(TurnBuilder turn, Account brought)
    {
        foreach (var person in AccountMerge.PeopleOf(brought))
        {
            var now = person;
            if (Whereabouts(turn, ref now) is null && now != person)
            {
                brought = AccountMerge.Renamed(brought, person, now);
            }
        }

        return brought;
    }

    /// <summary>Where two stand at different places, who carries on stands; an account that has never moved comes to stand where the other stood, since then.</summary>
    private static void TakeStage(TurnBuilder turn, Playbook? playbook, Account brought)
    {
        if (turn.Account.StageBy.Length > 0 || brought.StageBy.Length == 0 || playbook is null || !playbook.Stages.ContainsKey(brought.Stage))
        {
            return;
        }

        turn.Add(new AccountEvent.StageEntered(
            turn.Account.Stage, brought.Stage, brought.StageBy, brought.StageSince, [new Clause($"account `{brought.Key.Affinity}` stood here and was merged into this one", Held: true, "")], playbook.Version, ""));
        if (brought.SlaBreached)
        {
            turn.Add(new AccountEvent.SlaBreached(brought.Stage, turn.Now));
        }
    }
}
