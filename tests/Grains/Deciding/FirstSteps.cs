using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Deciding;

public sealed class FirstSteps
{
    [Fact]
    public void E8_a_signal_of_a_person_offers_what_the_stage_has_for_them()
    {
        var scene = Scene.Given(Head + OneStage + OneMail).Signal("page.viewed", "ann");
        Assert.Equal("mail-a", scene.Offered.Treatment);
        Assert.Equal(scene.Person("ann").Key.Id, scene.Action.Contact);
        Assert.Equal("start", scene.Account.Stage);
    }
}
