using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Grains.Advocacy;

/// <summary>
/// An account that came by word of mouth is attributed to whoever brought it. The first signal that names somebody counts; the advocate hears of it by a message,
/// which comes exactly once.
/// </summary>
internal static class Attribution
{
    /// <summary>The properties that name the advocate.</summary>
    public static readonly string[] Properties = ["referred_by", "referred-by"];

    public static void Note(TurnBuilder turn, Signal signal, string property, DateTimeOffset at)
    {
        if (turn.Account.Customer?.Referrer is not null || !signal.Properties.TryGetValue(property, out var value) || value.KindCase != Value.KindOneofCase.Text)
        {
            return;
        }

        var by = value.Text.Trim();
        if (by.Length == 0 || by == turn.Account.Key.Affinity || turn.Account.Identifiers.ContainsKey(NameOf(by)))
        {
            // Nobody brings themselves.
            return;
        }

        turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.ReferredBy(by, at)));
        Tell(turn, turn.Account.Customer!.Referrer!);
    }

    /// <summary>The advocate hears of it.</summary>
    public static void Tell(TurnBuilder turn, Referrer referrer)
    {
        var (by, at) = (referrer.By, referrer.At);
        var (tenant, referred) = (turn.Account.Key.Tenant, turn.Account.Key.Affinity);
        turn.Add(new Effect.Send(by.Contains(':', StringComparison.Ordinal)
            ? new IdentityCommand.PassReferral(GrainKey.Identity(tenant, NameOf(by)), referred, at)
            : new AccountCommand.CreditReferral(GrainKey.Account(tenant, by), "", referred, at)));
    }

    /// <summary>At the advocate. One who is not known here is not made up: then nothing is kept.</summary>
    public static Verdict Credit(AccountCommand.CreditReferral command, TurnBuilder turn, Playbooks.Playbook? playbook)
    {
        var moved = command.Contact.Length > 0 ? turn.Contact(command.Contact).MovedTo : null;
        if (turn.Account.ForwardedTo.Length > 0 || moved is not null)
        {
            var account = GrainKey.Account(turn.Account.Key.Tenant, moved?.Affinity ?? turn.Account.ForwardedTo);
            turn.Add(new Effect.Send(command with { Account = account, Target = account, Contact = moved?.Id ?? "" }));
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        if (!turn.Account.Exists || turn.Account.Key.Affinity == command.Referred || turn.Account.Customer?.Referrals.Any(r => r.Account == command.Referred) == true)
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.ReferralMade(command.Contact, command.Referred, command.At)));

        // Looked at again at once, for what now holds.
        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    private static string NameOf(string by) => by.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? PersonName.Normalise(by[..colon], by[(colon + 1)..]).ToString() : by;
}
