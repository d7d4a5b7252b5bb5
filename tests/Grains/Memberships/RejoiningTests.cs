using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Memberships;

public sealed class RejoiningTests
{
    [Fact]
    public void A12_whoever_had_become_somebody_elsewhere_and_comes_back_leaves_no_address_that_sends_signals_round()
    {
        var scene = Scene.Given(Head + OneStage).Signal("page.viewed", "ann");
        var ann = scene.Person("ann").Key;
        scene.Record(scene.NewSignal("page.viewed", "user:u-7"), "b-2");
        scene.Do(new AccountCommand.MoveOut(scene.Account.Key, ann.Id, scene.Person("user:u-7", "b-2").Key) { Known = true });
        Assert.Equal("b-2", scene.ContactOf(Scene.Company, ann.Id).MovedTo?.Affinity);

        // Their first name at the other account decides under which contact they come back.
        scene.After(TimeSpan.FromHours(1)).Record(scene.NewSignal("contact.moved", "ann", "to", Scene.Company), "b-2");
        var back = scene.Person("user:u-7").Key;
        Assert.Null(scene.ContactOf(Scene.Company, back.Id).MovedTo);
        var before = scene.Account.SignalCount;
        scene.Route("page.viewed", "ann");
        Assert.Equal(before + 1, scene.Account.SignalCount);
    }

    [Fact]
    public void A10_two_accounts_of_one_person_that_become_one_need_no_home_elsewhere()
    {
        var scene = Scene.Given(Head + OneStage + "contact-policy: {caps: [{per: contact, at-most: 2, rolling: 1d}]}\n" + OneMail);
        scene.Record(scene.NewSignal("contact.joined", "ann"));
        scene.Record(scene.NewSignal("contact.joined", "ann", "also", true), "b-2");
        scene.Record(scene.NewSignal("contact.joined", "ann", "also", true), "c-3");
        var (home, member) = (scene.Person("ann").Key, scene.Person("ann", "b-2").Key);
        scene.Do(new AccountCommand.MoveOut(GrainKey.Account(Scene.Tenant, "b-2"), member.Id, home) { Known = true });
        Assert.Null(scene.Person("ann").Membership!.Home);
        Assert.Equal([scene.Person("ann", "c-3").Key], scene.Person("ann").Membership!.Others);

        // And the home itself moves to another account: those who ask it are sent on.
        scene.Record(scene.NewSignal("page.viewed", "user:u-7"), "d-4");
        scene.Do(new AccountCommand.MoveOut(scene.Account.Key, home.Id, scene.Person("user:u-7", "d-4").Key) { Known = true });
        scene.After(TimeSpan.FromDays(2)).Record(scene.NewSignal("page.viewed", "ann"), "c-3");
        var action = Assert.Single(scene.AccountOf("c-3").OpenActions);
        Assert.False(action.Awaits);
        Assert.True(scene.Person("ann", "d-4").HasSlot(action.Id));
    }
}
