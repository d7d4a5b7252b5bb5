using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Policies;

public sealed class DoubleOptInTests
{
    private const string Twice = "contact-policy: {consent: {purposes: [marketing], double-opt-in: [email]}}\n";

    private static Scene Given() => Scene.Given(Head + OneStage + OneMail + Twice);

    private static Scene Confirm(Scene scene, string channel = "email") => scene.Signal("consent.confirmed", "ann", "purpose", "marketing", "channel", channel);

    [Fact]
    public void H9_where_the_playbook_asks_for_it_consent_counts_only_when_confirmed()
    {
        var scene = Given().Consent("ann", channel: "email").Signal("page.viewed", "ann");
        Assert.Equal(NoneReason.NoConsent, scene.None);
        Assert.Equal("mail-a", Confirm(scene).Offered.Treatment);
    }

    [Fact]
    public void H9_a_confirmation_without_consent_or_on_another_channel_gives_nothing()
    {
        Assert.Empty(Confirm(Given()).Person("ann").Consents);
        var scene = Confirm(Given().Consent("ann", channel: "email"), "phone").Signal("page.viewed", "ann");
        Assert.Equal(NoneReason.NoConsent, scene.None);
    }

    [Fact]
    public void H9_saying_the_same_again_does_not_take_the_confirmation_away_but_withdrawing_does()
    {
        var scene = Confirm(Given().Consent("ann", channel: "email")).AfterDays(1).Consent("ann", channel: "email");
        Assert.False(Assert.Single(scene.Person("ann").Consents).Unconfirmed);
        scene.AfterDays(1).Signal("consent.withdrawn", "ann", "purpose", "marketing", "channel", "email");
        scene.AfterDays(1).Consent("ann", channel: "email");
        Assert.True(Assert.Single(scene.Person("ann").Consents).Unconfirmed);
        Assert.False(ConsentGiven.Allows(scene.Person("ann").Consents, "marketing", "email", confirmed: true));
    }

    [Fact]
    public void A8_after_a_merge_what_one_of_them_had_not_confirmed_is_not_confirmed()
    {
        var at = DateTimeOffset.UnixEpoch;
        ConsentGiven confirmed = new("marketing", "email", true, at, "form"), open = confirmed with { At = at.AddDays(1), Unconfirmed = true };
        Assert.True(Assert.Single(ConsentGiven.MostRestrictive([confirmed], [open])).Unconfirmed);
        Assert.True(Assert.Single(ConsentGiven.MostRestrictive([open with { At = at.AddDays(-1) }], [confirmed])).Unconfirmed);
        Assert.False(Assert.Single(ConsentGiven.MostRestrictive([confirmed], [confirmed])).Unconfirmed);
    }

    [Fact]
    public void What_is_unconfirmed_survives_a_snapshot()
    {
        var person = Given().Consent("ann", channel: "email").Person("ann");
        Assert.True(Assert.Single(Assert.IsType<Contact>(StateForm.Read(StateForm.Write(person, 1)).State).Consents).Unconfirmed);
    }
}
