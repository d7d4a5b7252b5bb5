using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Matching;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Standings;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.DataQuality;

/// <summary>How accounts learn of others that may be the same company: each tells a grain per value what it has, and the grain tells all that have it.</summary>
internal static class TwinTurn
{
    /// <summary>What is known of the account has changed.</summary>
    /// <param name="before">As it was; null = nothing was known.</param>
    public static void Note(TurnBuilder turn, Playbook? playbook, Account? before)
    {
        if (playbook?.AccountQuality?.Definition.Twins is not { } twins)
        {
            return;
        }

        var free = playbook.Definition.Matching.FreeMail;
        HashSet<(string, string)> was = before is null ? [] : [.. ValuesOf(twins, before.Attributes, free)];
        HashSet<(string, string)> now = [.. ValuesOf(twins, turn.Account.Attributes, free)];
        Forget(turn, was.Except(now));
        Claim(turn, was.Except(now), claimed: false);
        Claim(turn, now.Except(was), claimed: true);
    }

    /// <summary>The account is part of another one from now on.</summary>
    public static void Leave(TurnBuilder turn, Playbook? playbook)
    {
        if (playbook?.AccountQuality?.Definition.Twins is { } twins)
        {
            Claim(turn, ValuesOf(twins, turn.Account.Attributes, playbook.Definition.Matching.FreeMail), claimed: false);
        }
    }

    /// <summary>Which other accounts have the same. What is best to be done about it is decided in a turn of its own.</summary>
    public static void Hear(TurnBuilder turn, Playbook? playbook, AccountCommand.Alike alike)
    {
        if (alike.Value.Length > 0 && playbook?.AccountQuality?.Definition.Twins is { } compared && !ValuesOf(compared, turn.Account.Attributes, playbook.Definition.Matching.FreeMail).Contains((alike.Kind, alike.Value)))
        {
            // Of a value that it has no longer; what it has now tells for itself, and may have done so before this came.
            return;
        }

        IReadOnlyList<string> known = turn.Account.Standing?.Twins is { } twins && twins.By.TryGetValue(alike.Kind, out var heardBefore) ? heardBefore : [];
        IReadOnlyList<string> heard = alike.Adds ? [.. known.Union(alike.Accounts).Order(StringComparer.Ordinal).Take(MatchIndex.MostAccounts)] : alike.Accounts;
        if (!turn.Account.Exists || turn.Account.ForwardedTo.Length > 0 || heard.SequenceEqual(known))
        {
            return;
        }

        turn.Add(new AccountEvent.OfStanding(new StandingEvent.TwinsHeard(alike.Kind, heard)));
        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
    }

    /// <summary>Whoever says so tells the other account as well.</summary>
    public static void Dismiss(TurnBuilder turn, AccountCommand.DismissTwin dismiss)
    {
        if (turn.Account.Standing?.Twins?.Dismissed.Contains(dismiss.Other) == true)
        {
            return;
        }

        turn.Add(new AccountEvent.OfStanding(new StandingEvent.TwinDismissed(dismiss.Other, dismiss.By, dismiss.Reason, turn.Now)));
        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        var other = GrainKey.Account(turn.Account.Key.Tenant, dismiss.Other);
        turn.Add(new Effect.Send(new AccountCommand.DismissTwin(other, turn.Account.Key.Affinity, dismiss.By, dismiss.Reason)));
    }

    /// <summary>Tells all accounts that have a value of each other.</summary>
    public static Effect[] Tell(GrainKey key, string kind, MatchIndex index, string? left) =>
        [.. index.Accounts.Concat(left is null ? [] : [left]).Distinct().Select(a =>
            new Effect.Send(new AccountCommand.Alike(GrainKey.Account(key.Tenant, a), kind, a == left ? [] : [.. index.Accounts.Remove(a)]) { Value = key.Affinity[(kind.Length + 3)..] }))];

    /// <summary>Who has the same of a value that the account has no longer is nothing to it; the word of whoever knows that value would come too late.</summary>
    private static void Forget(TurnBuilder turn, IEnumerable<(string Kind, string Value)> values)
    {
        foreach (var kind in values.Select(v => v.Kind).Distinct().Order(StringComparer.Ordinal))
        {
            if (turn.Account.Standing?.Twins?.By.ContainsKey(kind) == true)
            {
                turn.Add(new AccountEvent.OfStanding(new StandingEvent.TwinsHeard(kind, [])));
            }
        }
    }

    private static void Claim(TurnBuilder turn, IEnumerable<(string Kind, string Value)> values, bool claimed)
    {
        foreach (var (kind, value) in values.Order())
        {
            var key = GrainKey.Identity(turn.Account.Key.Tenant, $":{TwinKinds.Mark}{kind}:{value}");
            turn.Add(new Effect.Send(new IdentityCommand.Claim(key, turn.Account.Key.Affinity, claimed)));
        }
    }

    /// <summary>One of each kind at most: of several attributes of a kind the first that says something counts.</summary>
    private static IEnumerable<(string Kind, string Value)> ValuesOf(TwinsDefinition twins, AttributeSet attributes, IReadOnlyCollection<string> free)
    {
        if (twins.Name.Length > 0 && Text(attributes, twins.Name[0]) is { } name && CompanyNames.Name(name) is { } company)
        {
            List<string?> places = [.. twins.Name.Skip(1).Select(p => Text(attributes, p) is { } place ? MatchKeys.Normal(place) : null)];
            if (places.TrueForAll(p => p is not null))
            {
                yield return (TwinKinds.Name, string.Join('\n', [company, .. places]));
            }
        }

        foreach (var (kind, names, read) in new (string, IEnumerable<string>, Func<string, string?>)[]
        {
            (TwinKinds.Domain, twins.Domain, text => CompanyNames.Domain(text, free)), (TwinKinds.Number, twins.Number, CompanyNames.Number), (TwinKinds.Phone, twins.Phone, CompanyNames.Phone),
        })
        {
            if (names.Select(n => Text(attributes, n) is { } text ? read(text) : null).FirstOrDefault(v => v is not null) is { } value)
            {
                yield return (kind, value);
            }
        }
    }

    private static string? Text(AttributeSet attributes, string name) => attributes.TryGetValue(name, out var held) && held.Value.KindCase == Value.KindOneofCase.Text ? held.Value.Text : null;
}
