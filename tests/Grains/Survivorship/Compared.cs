using System.Collections.Frozen;
using System.Globalization;
using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Counts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.Tests.Survivorship;

/// <summary>What must be equal after a merge that was undone. All that is in the states is, but what <see cref="Exceptions"/> names.</summary>
internal static class Compared
{
    /// <summary>All that is left out of a comparison, and why; `grains/Identities/README.md` tells users the same.</summary>
    public static readonly FrozenDictionary<string, string> Exceptions = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        // Always.
        ["Account.Wake"] = "follows from all else; both accounts look at themselves once more after an undo",
        ["Account.Deferrals"] = "both accounts look at themselves once more after an undo",
        ["Account.Seen.Sequence"] = "a place in the journal",
        ["Account.History.Parted"] = "addresses that a merge leaves behind, for what is still on its way",
        ["Account.History.PartedAccounts"] = "addresses that a merge leaves behind, for what is still on its way",

        // With signals in between.
        ["ids"] = "ids of requests and reservations that were made while both were one come from their place in the journal",
        ["Account.Boards.Told"] = "while both were one, one less counted: a number may have been reached later",
        ["Account.Standing.Twins.By.contacts"] = "a suspicion by people in common that came up while both were one stays with the account of whom it was heard",
        ["Account.Ended"] = "actions that went out in between really went out: how they ended is remembered by the account that carried on",

        // With signals in between, where plays offer something.
        ["Account.OpenActions"] = "of plays, those that were offered in between: what went out went out for the one account, and what would have gone out did not",
        ["Account.Slots"] = "of those the slots",
        ["Account.Rests"] = "of those the rests",
        ["Account.Dealings.Full"] = "of those the departments that had no room",
        ["Account.Dealings.Owners"] = "of those who had most room",
        ["Account.Customer.SelfService"] = "of those what was tried alone",
        ["Account.Lateness.Changed"] = "of those what a late signal would have changed",
        ["Contact.Slots"] = "of those the slots",
        ["Contact.Rests"] = "of those the rests",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static void Same(PartingWorlds worlds, int seed, Func<GrainState, PartingWorlds, string> show)
    {
        foreach (var expected in worlds.Never.States.Where(s => s is Account or Contact { Exists: true } or Team { Board: not null }))
        {
            var actual = worlds.Merged.States.First(s => s.Key == expected.Key);
            var (one, other) = (show(expected, worlds), show(actual, worlds));
            Assert.True(one == other, $"seed {seed}: {expected.Key}\nnever:  {Around(one, other)}\nmerged: {Around(other, one)}");
        }

        foreach (var identity in worlds.Never.States.OfType<Identity>())
        {
            Assert.Equal(identity.Contact, worlds.Merged.States.OfType<Identity>().First(i => i.Key == identity.Key).Contact);
        }
    }

    /// <summary>All of it: the undo came at once.</summary>
    public static string AtOnce(GrainState state, PartingWorlds worlds) => StateForm.Write(state switch
    {
        Account account => account with
        {
            Wake = null,
            // A room in which nothing is, is none.
            Boards = account.Boards is { On.IsEmpty: true, Told.IsEmpty: true } ? null : account.Boards,
            Standing = Used(account.Standing),
            History = Own(account.History),
            Seen = SeenSignals.Of(account.Seen.All.Select(s => s with { Sequence = 0 })),
            Deferrals = [],
            OpenActions = [.. account.OpenActions.OrderBy(a => a.Id, StringComparer.Ordinal)],
        },
        Team team => team with { Wake = null, Board = team.Board! with { Periods = [] } },
        _ => state with { Wake = null },
    }, 0).ToString();

    /// <summary>Signals came in between, and nothing goes out.</summary>
    public static string Since(GrainState state, PartingWorlds worlds)
    {
        switch (state)
        {
            case Account account:
                var reservations = account.Reservations.ToDictionary(r => r.Id, r => r.RequestId);
                return AtOnce(account with
                {
                    Boards = account.Boards is { } boards ? boards with { Told = AccountBoards.Empty.Told } : null,
                    Standing = account.Standing is { Twins: { } twins } standing ? standing with { Twins = twins with { By = twins.By.Remove("contacts") } } : account.Standing,
                    Ended = [],
                    Reservations = [.. account.Reservations.Select(r => r with { Id = r.RequestId })],
                    Slots = [.. account.Slots.Select(s => s with { Id = reservations.GetValueOrDefault(s.Id, s.Id) })],
                    OpenActions = [.. account.OpenActions.Select(a => a with { Id = a.Request is { } request ? $"{request.Subject}/{a.Stage}" : a.Id })],
                }, worlds);
            case Contact contact:
                return AtOnce(contact with { Slots = [.. contact.Slots.Select(s => s.Id.StartsWith("r-", StringComparison.Ordinal) ? s with { Id = "" } : s)] }, worlds);
            case Team team:
                return AtOnce(team with { Board = team.Board! with { Reached = 0 } }, worlds);
            default:
                return AtOnce(state, worlds);
        }
    }

    /// <summary>Signals came in between, and plays offer things.</summary>
    public static string SinceWithPlays(GrainState state, PartingWorlds worlds)
    {
        var offered = worlds.OfferedSince;
        return Since(state switch
        {
            Account account => account with
            {
                OpenActions = [.. account.OpenActions.Where(a => a.Request is not null || worlds.Before.Contains(a.Id))],
                Slots = [.. account.Slots.Where(s => worlds.Before.Contains(s.Id) || s.Id.StartsWith("r-", StringComparison.Ordinal))],
                Rests = [.. account.Rests.Where(r => !offered.Contains(r.Play))],
                Dealings = account.Dealings is { } dealings ? dealings with { Full = [], Owners = [.. dealings.Owners.Where(o => !o.By.Contains("most room", StringComparison.Ordinal))] } : null,
                Customer = account.Customer is { } customer ? customer with { SelfService = [] } : null,
                Lateness = account.Lateness is { } late ? late with { ChangedDecisions = 0, Corrections = [.. late.Corrections.Select(c => c with { Changed = [], Unlisted = 0 })] } : null,
            },
            Contact contact => contact with
            {
                Slots = [.. contact.Slots.Where(s => worlds.Before.Contains(s.Id) || s.Id.StartsWith("r-", StringComparison.Ordinal))],
                Rests = [.. contact.Rests.Where(r => !offered.Contains(r.Play))],
            },
            _ => state,
        }, worlds);
    }

    private static AccountStanding? Used(AccountStanding? standing)
    {
        var used = standing is { Family: { Parent: "", Refused: "", Children.IsEmpty: true } } alone ? alone with { Family = null } : standing;
        return used is { Twins: { By.IsEmpty: true, Dismissed.IsEmpty: true } } ? used with { Twins = null } : used;
    }

    private static AccountHistory? Own(AccountHistory? history)
    {
        var own = history is null ? null : history with { Parted = [], PartedAccounts = [] };
        return own is null || (own.SettlesAt is null && own.Latest.IsEmpty && own.Overrides.IsEmpty && own.Merging.Length == 0) ? null : own;
    }

    private static string Around(string one, string other)
    {
        var at = 0;
        while (at < one.Length && at < other.Length && one[at] == other[at])
        {
            at++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"[{at}] …{one[Math.Max(0, at - 200)..Math.Min(one.Length, at + 300)]}");
    }
}
