using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Identities;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Identities;

public sealed class MergeTests
{
    private static readonly Identifier Ann = new() { Kind = "email", Value = "ann@acme.test" };
    private static readonly Identifier Visitor = new() { Kind = "anonymous", Value = "v1" };

    [Fact]
    public async Task A9_a_merge_is_undone_over_the_wire_and_both_are_there_again()
    {
        await using var desk = await Desk.OpenAsync(partitions: 8);
        var service = ServiceOf(desk);
        await SendAsync(desk, "", Visitor);
        await SendAsync(desk, "acme", Ann);
        await SendAsync(desk, "acme", Ann, Visitor);
        var before = await EventuallyAsync(desk, Ann, c => c.SignalCount == 3);
        await SendAsync(desk, "", Visitor);
        await EventuallyAsync(desk, Visitor, c => c.SignalCount == 4 && c.Account == "acme");

        var undone = await desk.World.InTimeAsync(service.Unmerge(new UnmergeRequest { Account = "acme", Identifier = Visitor }, new CallContext()));
        Assert.Equal((true, before.Id, Visitor), (undone.Changed, undone.Kept.Contact, Assert.Single(undone.Identifiers)));
        var visitor = await EventuallyAsync(desk, Visitor, c => c.Account == undone.Restored.Account);
        Assert.Equal((2, 2), (visitor.SignalCount, (await EventuallyAsync(desk, Ann, _ => true)).SignalCount));
        Assert.Equal("", (await desk.AccountAsync(visitor.Account)).ForwardedTo);
        Assert.Contains((await desk.TimelineAsync()).Entries, e => e.Kind == "unmerged" && e.Contact == before.Id);
        Assert.Contains((await desk.TimelineAsync(visitor.Account)).Entries, e => e.Kind == "reinstated" && e.Contact == visitor.Id);
        var again = await desk.World.InTimeAsync(service.Unmerge(new UnmergeRequest { Account = "acme", Identifier = Visitor }, new CallContext()));
        Assert.Equal((false, undone.Restored), (again.Changed, again.Restored));
    }

    [Fact]
    public async Task A9_where_nobody_was_merged_there_is_nothing_to_undo()
    {
        await using var desk = await Desk.OpenAsync();
        await SendAsync(desk, "acme", Ann);
        var refused = await Assert.ThrowsAsync<RpcException>(() => ServiceOf(desk).Unmerge(new UnmergeRequest { Account = "acme", Identifier = Ann }, new CallContext()));
        Assert.Equal((StatusCode.NotFound, "no merge brought `email:ann@acme.test` to a contact of the account `acme`; its timeline lists all merges"), (refused.Code, refused.Status.Detail));
    }

    [Fact]
    public async Task A7_accounts_and_contacts_are_merged_over_the_wire()
    {
        await using var desk = await Desk.OpenAsync(partitions: 8);
        var service = ServiceOf(desk);
        var bob = new Identifier { Kind = "crm", Value = "B 7" };
        await SendAsync(desk, "acme", Ann);
        await SendAsync(desk, "acme-old", bob);
        Assert.Equal("acme", (await desk.World.InTimeAsync(service.MergeAccounts(new MergeAccountsRequest { Account = "acme-old", Into = "acme" }, new CallContext()))).Account);
        await EventuallyAsync(desk, bob, c => c.Account == "acme");
        Assert.Equal("acme", (await desk.AccountAsync("acme-old")).ForwardedTo);
        var circle = await Assert.ThrowsAsync<RpcException>(() => service.MergeAccounts(new MergeAccountsRequest { Account = "acme", Into = "acme-old" }, new CallContext()));
        Assert.Equal((StatusCode.InvalidArgument, "`acme-old` was merged into `acme` before"), (circle.Code, circle.Status.Detail));
        var merged = await desk.World.InTimeAsync(service.MergeContacts(new MergeContactsRequest { Identifier = bob, Into = Ann }, new CallContext()));
        var ann = await EventuallyAsync(desk, bob, c => c.SignalCount == 2);
        Assert.Equal((ann.Account, ann.Id), (merged.Contact.Account, merged.Contact.Contact));
    }

    [Fact]
    public async Task A7_two_accounts_that_are_merged_into_each_other_at_one_moment_become_one_and_nothing_goes_round()
    {
        await using var desk = await Desk.OpenAsync(partitions: 8);
        var (bob, acme, old) = (new Identifier { Kind = "crm", Value = "B 7" }, GrainKey.Account(Tenants.Default, "acme"), GrainKey.Account(Tenants.Default, "acme-old"));
        await SendAsync(desk, "acme", Ann);
        await SendAsync(desk, "acme-old", bob);
        await SendAsync(desk, "acme-old", bob);
        // Each was asked for before anybody could see the other.
        await Task.WhenAll(
            desk.World.AskInTimeAsync(new AccountCommand.MergeInto(old, "acme")),
            desk.World.AskInTimeAsync(new AccountCommand.MergeInto(acme, "acme-old")));
        await EventuallyAsync(desk, bob, c => c.Account == "acme" && c.SignalCount == 2);
        await EventuallyAsync(desk, Ann, c => c.Account == "acme" && c.SignalCount == 1);
        await desk.World.UntilAsync(async () => (await desk.AccountAsync("acme")).SignalCount == 3);
        Assert.Equal(("", "acme"), ((await desk.AccountAsync("acme")).ForwardedTo, (await desk.AccountAsync("acme-old")).ForwardedTo));
        await SendAsync(desk, "acme-old", bob);
        await EventuallyAsync(desk, bob, c => c.SignalCount == 3);
        var messages = (await desk.World.JournalAsync()).Sum(f => f.Frame.Outbox.Count);
        Assert.True(messages < 60, $"{messages} messages were sent");
        await desk.World.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task A9_the_merge_of_a_whole_account_is_undone_over_the_wire_and_signals_are_on_the_side_that_they_name()
    {
        await using var desk = await Desk.OpenAsync(partitions: 8);
        var service = ServiceOf(desk);
        var bob = new Identifier { Kind = "crm", Value = "B 7" };
        await SendAsync(desk, "acme", Ann);
        await SendAsync(desk, "acme-old", bob);
        await SendAsync(desk, "acme-old", bob);
        var before = await desk.AccountAsync("acme-old");
        var alone = await Assert.ThrowsAsync<RpcException>(() => service.UnmergeAccounts(new UnmergeAccountsRequest { Account = "acme-old" }, new CallContext()));
        Assert.Equal((StatusCode.NotFound, "account `acme-old` is part of no other: it was never merged"), (alone.Code, alone.Status.Detail));
        await desk.World.InTimeAsync(service.MergeAccounts(new MergeAccountsRequest { Account = "acme-old", Into = "acme" }, new CallContext()));
        await EventuallyAsync(desk, bob, c => c.Account == "acme" && c.SignalCount == 2);
        await desk.World.UntilAsync(async () => (await desk.AccountAsync("acme")).SignalCount == 3);
        await SendAsync(desk, "acme-old", bob);
        await SendAsync(desk, "acme", Ann);
        await desk.World.UntilAsync(async () => (await desk.AccountAsync("acme")).SignalCount == 5);

        var undone = await desk.World.InTimeAsync(service.UnmergeAccounts(new UnmergeAccountsRequest { Account = "acme-old" }, new CallContext()));
        Assert.Equal(("acme", "acme-old", 1, true), (undone.Kept, undone.Restored, undone.People, undone.Changed));
        await EventuallyAsync(desk, bob, c => c.Account == "acme-old" && c.SignalCount == 3);
        var (acme, old) = (await desk.AccountAsync("acme"), await desk.AccountAsync("acme-old"));
        Assert.Equal((2, 3, ""), (acme.SignalCount, old.SignalCount, old.ForwardedTo));
        Assert.Equal((before.Stage, before.StageSince), (old.Stage, old.StageSince));
        Assert.Contains((await desk.TimelineAsync()).Entries, e => e.Kind == "unmerged");
        Assert.Contains((await desk.TimelineAsync("acme-old")).Entries, e => e.Kind == "reinstated");
        var again = await desk.World.InTimeAsync(service.UnmergeAccounts(new UnmergeAccountsRequest { Account = "acme-old" }, new CallContext()));
        Assert.Equal((false, "acme"), (again.Changed, again.Kept));
        await SendAsync(desk, "acme-old", bob);
        await EventuallyAsync(desk, bob, c => c.Account == "acme-old" && c.SignalCount == 4);
    }

    [Fact]
    public async Task A11_a_persons_word_on_where_somebody_belongs_is_followed_and_shown()
    {
        await using var desk = await Desk.OpenAsync(partitions: 8);
        var service = ServiceOf(desk);
        await SendAsync(desk, "acme", Ann);
        await SendAsync(desk, "other", new Identifier { Kind = "crm", Value = "7" });
        await desk.World.InTimeAsync(service.AssignContact(new AssignContactRequest { Identifier = Ann, To = "other", By = "kim", Reason = "new job" }, new CallContext()));
        await EventuallyAsync(desk, Ann, c => c.Account == "other");
        var said = Assert.Single((await desk.AccountAsync("other")).Identity.Overrides);
        Assert.Equal(("other", true, "kim", "new job"), (said.Account, said.Belongs, said.By, said.Reason));
        Assert.Contains((await desk.TimelineAsync("other")).Entries, e => e.Kind == "match-said" && e.Text.Contains("`kim`", StringComparison.Ordinal));
        await desk.World.InTimeAsync(service.DismissContact(new DismissContactRequest { Identifier = Ann, By = "kim" }, new CallContext()));
        var alone = await EventuallyAsync(desk, Ann, c => c.Account != "other");
        Assert.True((await desk.AccountAsync(alone.Account)).Provisional);
        var nobody = await Assert.ThrowsAsync<RpcException>(() => service.DismissContact(new DismissContactRequest { Identifier = Ann }, new CallContext()));
        Assert.Equal(StatusCode.InvalidArgument, nobody.Code);
    }

    private static IdentityService ServiceOf(Desk desk) => new(desk.World.Silo, new People(desk.World.Silo), desk.World.Shelf);

    private static int sent;

    private static async Task SendAsync(Desk desk, string account, params Identifier[] identifiers)
    {
        var signal = new Signal { Id = $"m-{Interlocked.Increment(ref sent)}", Type = "page.viewed", Account = account, Identifiers = { identifiers } };
        var service = new SignalService(desk.World.Silo, desk.World.Shelf, desk.World.Clock);
        var answer = await desk.World.InTimeAsync(service.RecordBatch(new RecordBatchRequest { Signals = { signal } }, new CallContext()));
        Assert.True(answer.Acknowledgements[0].Result == Acknowledgement.Types.Result.Recorded, answer.Acknowledgements[0].Reason);
    }

    /// <summary>Messages between partitions take a moment.</summary>
    private static async Task<V1.Contact> EventuallyAsync(Desk desk, Identifier who, Func<V1.Contact, bool> isThere)
    {
        V1.Contact found = new();
        await desk.World.UntilAsync(async () =>
        {
            try
            {
                found = (await desk.Accounts.GetContact(new GetContactRequest { Identifier = who }, new CallContext())).Contact;
                return isThere(found);
            }
            catch (RpcException moving) when (moving.Code == StatusCode.NotFound)
            {
                return false;
            }
        });
        return found;
    }
}
