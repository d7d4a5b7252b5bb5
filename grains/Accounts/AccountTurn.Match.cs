using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Matching;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Accounts;

/// <remarks>People without a company find their account: by the playbook's rules, one after the other, and by people's word, which rules do not go against.</remarks>
public static partial class AccountTurn
{
    /// <summary>What a signal told that people and accounts find each other by.</summary>
    /// <param name="names">How many names the account knew before.</param>
    private static void Match(TurnBuilder turn, Playbook playbook, CompiledSignal type, string contact, int names)
    {
        var joined = turn.Account.Identifiers.Count > names;
        if (turn.Account.Provisional)
        {
            if (contact.Length > 0 && (joined || type.Id == BuiltInSignals.ContactUpdated))
            {
                Seek(turn, playbook.Definition.Matching, contact, from: 0);
            }

            return;
        }

        foreach (var rule in playbook.Definition.Matching.Rules)
        {
            if (rule.Account is null)
            {
                if (joined && contact.Length > 0)
                {
                    Claim(turn, rule, MatchKeys.DomainOf(playbook.Definition.Matching, turn.Contact(contact).Identifiers), claimed: true);
                }
            }
            else if (type.Id == BuiltInSignals.AccountUpdated)
            {
                turn.Context.Grains.TryGet(turn.Account.Key, out var state);
                var (before, now) = (state is Account account ? MatchKeys.OfAccount(rule, account) : null, MatchKeys.OfAccount(rule, turn.Account));
                if (before != now)
                {
                    Claim(turn, rule, before, claimed: false);
                    Claim(turn, rule, now, claimed: true);
                }
            }
        }
    }

    private static void Claim(TurnBuilder turn, MatchRule rule, string? value, bool claimed)
    {
        if (value is not null)
        {
            turn.Add(new Effect.Send(new IdentityCommand.Claim(MatchKeys.Of(turn.Account.Key.Tenant, rule, value), turn.Account.Key.Affinity, claimed)));
        }
    }

    /// <summary>Asks the first rule, from one on, that can be asked; the answer comes as <see cref="Sought"/>.</summary>
    private static void Seek(TurnBuilder turn, MatchingDefinition matching, string contact, int from)
    {
        for (var i = from; i < matching.Rules.Length; i++)
        {
            if (MatchKeys.OfPerson(matching, matching.Rules[i], turn.Contact(contact)) is { } value)
            {
                turn.Add(new Effect.Send(new IdentityCommand.Seek(MatchKeys.Of(turn.Account.Key.Tenant, matching.Rules[i], value), turn.Contact(contact).Key, matching.Rules[i].Id)));
                return;
            }
        }
    }

    /// <summary>A rule's answer: of one account the person is; of none, or of several, the next rule is asked.</summary>
    private static Verdict Sought(AccountCommand.Sought command, TurnBuilder turn)
    {
        if (!turn.Account.Provisional || !turn.Account.Contacts.ContainsKey(command.Contact) || PlaybookOf(turn) is not { } playbook)
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        var matching = playbook.Definition.Matching;
        List<string> possible = [.. command.Accounts.Where(a => !IsDismissed(turn.Account, command.Contact, a))];
        if (possible.Count == 1)
        {
            turn.Add(new AccountEvent.OfHistory(new HistoryEvent.Matched(command.Contact, command.Rule, possible, turn.Now)));
            Go(turn, command.Contact, possible[0]);
            return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
        }

        if (possible.Count > 1)
        {
            turn.Add(new AccountEvent.OfHistory(new HistoryEvent.Matched(command.Contact, command.Rule, possible, turn.Now)));
        }

        var at = matching.Rules.Select(r => r.Id).ToList().IndexOf(command.Rule);
        if (at >= 0)
        {
            Seek(turn, matching, command.Contact, at + 1);
        }

        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    /// <summary>Somebody says where a person belongs, or that they do not belong here.</summary>
    private static Verdict Override(AccountCommand.Override command, TurnBuilder turn)
    {
        if (turn.Account.ForwardedTo.Length > 0)
        {
            return new Verdict.Rejected(new Rejection.MovedTo(turn.Account.ForwardedTo));
        }

        if (!turn.Account.Contacts.ContainsKey(command.Contact))
        {
            return new Verdict.Rejected(new Rejection.NoSuchContact(turn.Account.Key.Affinity, command.Contact));
        }

        var own = turn.Account.Key.Affinity;
        var said = new MatchOverride(command.Contact, command.Belongs ? command.To : own, command.Belongs, command.By, command.Reason, turn.Now);
        turn.Add(new AccountEvent.OfHistory(new HistoryEvent.Overridden(said)));
        if (!command.Belongs)
        {
            Go(turn, command.Contact, turn.NewId('p'));
        }
        else if (command.To != own)
        {
            Go(turn, command.Contact, command.To);
        }

        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }

    private static void Go(TurnBuilder turn, string contact, string account)
    {
        // An id that nobody has had there: who comes back to an account is not taken for the address that they left.
        var last = turn.Account.Provisional && turn.Account.Contacts.Count == 1;
        Leave(turn, contact, GrainKey.Contact(turn.Account.Key.Tenant, account, turn.NewId('c')), last, known: !turn.Account.Provisional);
    }

    private static bool IsDismissed(Account account, string contact, string from)
    {
        var latest = account.History?.Overrides.LastOrDefault(o => o.Contact == contact && o.Account == from);
        return latest is { Belongs: false };
    }
}
