using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>The best action for a person on a channel, now. An offer that stands is repeated, so asking twice shows the same.</summary>
    private static Verdict Ask(AccountCommand.Ask command, TurnBuilder turn)
    {
        if (PlaybookOf(turn) is not { } playbook)
        {
            return new Verdict.Rejected(new Rejection.NoPlaybook(turn.Account.Key.Tenant));
        }

        if (!playbook.Channels.ContainsKey(command.Channel))
        {
            return new Verdict.Rejected(new Rejection.UnknownChannel(command.Channel, Words.Nearest(command.Channel, playbook.Channels.Keys)));
        }

        if (turn.Account.ForwardedTo.Length > 0)
        {
            return new Verdict.Rejected(new Rejection.MovedTo(turn.Account.ForwardedTo));
        }

        if (!turn.Account.Exists)
        {
            return new Verdict.Rejected(new Rejection.NoSuchAccount(turn.Account.Key.Affinity));
        }

        if (command.Contact.Length > 0 && !turn.Account.Contacts.ContainsKey(command.Contact))
        {
            return new Verdict.Rejected(new Rejection.NoSuchContact(turn.Account.Key.Affinity, command.Contact));
        }

        // Asked for the account as a whole, an offer to any of its people stands; asked for one person, only theirs.
        var standing = turn.Account.OpenActions.FirstOrDefault(a => a.Channel == command.Channel && (a.Contact == command.Contact || command.Contact.Length == 0) && a.Asked && a.ValidUntil > turn.Now);
        if (standing is not null)
        {
            return turn.Accept(Decided(turn, standing, ""), null, turn.Now);
        }

        turn.Add(new AccountEvent.Asked(command.Contact, command.Channel, turn.Now, playbook.Version));
        var before = turn.Account.OpenActions.Length;
        var choice = Choose(turn, playbook, command.Contact.Length > 0 ? turn.Gather(command.Contact) : turn.Gather(Audience(turn.Account)), signal: null, command.Channel);
        var answer = turn.Account.OpenActions.Length > before
            ? Decided(turn, turn.Account.OpenActions[^1], "")
            : Decided(turn, null, NoneReasons.Describe(choice.None));
        return turn.Accept(answer, playbook, turn.Now);
    }

    private static Answer.Decided Decided(TurnBuilder turn, OpenAction? action, string none) =>
        new(action, none, action is { Contact.Length: > 0 } ? turn.Contact(action.Contact).ListNames() : []);
}
