using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Tests.Delivery;

namespace Orchestrator.Silo.Tests.Partitions;

/// <summary>What a partition remembers of the people of an account's open actions: that all were found in memory.</summary>
public sealed class HolderTests : IDisposable
{
    private static readonly GrainKey Key = GrainKey.Account("acme", "a-1");
    private readonly DeliveryWorld world = new();
    private readonly ResidentGrains grains = new(PartitionSettings.Default);
    private readonly Resident account;

    public HolderTests()
    {
        account = grains.Touch(Key);
        account.Loaded = true;
        account.State = Account.Unknown(Key) with { OpenActions = [For("ann", "1"), For("bob", "2")] };
        Load("ann");
        Load("bob");
        grains.NoteHolders((Account)account.State);
    }

    [Fact]
    public void Holders_are_known_still_after_a_turn_that_ended_one_action_and_opened_another()
    {
        Load("cid");
        Assert.True(After(open => [open[1], For("cid", "3"), For("", "4")]));
        Assert.True(After(open => open.RemoveAt(0)));
        Assert.True(After(open => []));
    }

    [Fact]
    public void Holders_are_found_out_again_when_that_of_a_new_action_is_not_in_memory() => Assert.False(After(open => open.Add(For("cid", "3"))));

    [Fact]
    public void Holders_are_found_out_again_when_that_of_a_new_action_has_moved()
    {
        Load("cid", movedTo: GrainKey.Contact("acme", "a-2", "cid"));
        Assert.False(After(open => open.Add(For("cid", "3"))));
    }

    [Fact]
    public void Holders_are_found_out_again_when_somebody_left()
    {
        Load("cid");
        grains.Depart();
        Assert.False(After(open => open.Add(For("cid", "3"))));
    }

    [Fact]
    public void Holders_that_were_not_known_before_a_turn_are_not_known_after_it()
    {
        Load("cid");
        account.HeldBy = null;
        Assert.False(After(open => open.Add(For("cid", "3"))));
    }

    public void Dispose() => world.Dispose();

    private bool After(Func<ImmutableArray<OpenAction>, ImmutableArray<OpenAction>> turn)
    {
        var before = ((Account)account.State!).OpenActions;
        var made = (Account)account.State with { OpenActions = turn(before) };
        account.State = made;
        grains.CarryHolders(account, before);
        return grains.KnowsHolders(made);
    }

    private OpenAction For(string contact, string id) => world.Action(id) with { Contact = contact };

    private void Load(string contact, GrainKey? movedTo = null)
    {
        var key = GrainKey.Contact("acme", "a-1", contact);
        var resident = grains.Touch(key);
        (resident.Loaded, resident.State) = (true, Contact.Unknown(key) with { Exists = true, MovedTo = movedTo });
    }
}
