using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Memberships;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Silo.Insight;

/// <summary>One person in several accounts, in the form of the contract and in the reader's words.</summary>
internal static class MembershipText
{
    public static string SentenceOf(string contact, MembershipEvent fact) => fact switch
    {
        MembershipEvent.Sought => $"Contact `{contact}` is said to belong to other accounts too: the one where their messages are counted is asked for.",
        MembershipEvent.Welcomed e => $"Contact `{contact}` is at home as `{e.Home.Id}` of account `{e.Home.Affinity}`: messages to them are counted there.",
        MembershipEvent.Alone => $"Contact `{contact}` is at home here: no other account has them.",
        MembershipEvent.Joined e => $"Contact `{contact}` is also `{e.Member.Id}` of account `{e.Member.Affinity}`; messages to them are counted here.",
        MembershipEvent.Parted e => $"Contact `{e.Member.Id}` of account `{e.Member.Affinity}` is contact `{contact}` now: they belong to one account less.",
        MembershipEvent.Counted e => $"A message of account `{e.Member.Affinity}` ({e.Action}) to contact `{contact}` is counted here.",
        MembershipEvent.Freed e => $"A message of another account ({e.Action}) to contact `{contact}` did not go out and is counted no longer.",
        MembershipEvent.Told e => $"Account `{e.From.Affinity}` told which consents contact `{contact}` has withdrawn: they are withdrawn here too.",
        MembershipEvent.NoRoom e => $"No message may go out to contact `{contact}` on `{e.Channel}` until {InstantForm.Show(e.Until)}: those of all their accounts are counted together.",
        _ => throw new UnreachableException(),
    };

    /// <summary>All accounts of a person, the home first; none if there is only this one.</summary>
    public static async Task<IReadOnlyList<V1.Membership>> ReadAsync(Contact contact, SiloRuntime runtime, CancellationToken cancel)
    {
        if (contact.Membership is not { } membership || (membership.Home is null && membership.Others.IsEmpty))
        {
            return [];
        }

        var home = contact;
        if (membership.Home is { } at && (await runtime.ReadAsync([at], cancel))[0] is Contact found)
        {
            home = found;
        }

        var all = new List<V1.Membership> { Write(home, isHome: true) };
        foreach (GrainKey other in home.Membership?.Others ?? [])
        {
            if ((await runtime.ReadAsync([other], cancel))[0] is Contact member)
            {
                all.Add(Write(member, isHome: false));
            }
        }

        return all;
    }

    private static V1.Membership Write(Contact contact, bool isHome) => new()
    {
        Account = contact.Key.Affinity,
        Contact = contact.Key.Id,
        Roles = { contact.Roles },
        Home = isHome,
        LeftAt = contact.Standing?.LeftAt is { } left ? Timestamp.FromDateTimeOffset(left) : null,
    };
}
