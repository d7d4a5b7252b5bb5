using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Policies;

public sealed class ReservationTests
{
    private const string OneAWeek = "contact-policy: {caps: [{per: contact, channel: email, at-most: 1, rolling: 7d}], exempt: [transactional], consent: {purposes: [marketing]}}\n";

    [Fact]
    public void H3_a_cap_of_one_gives_exactly_one_slot_under_ten_thousand_triggers()
    {
        var scene = Scene.Given(Head + OneStage + OneMail + OneAWeek).Consent("bob").Signal("page.viewed", "ann");
        scene.Consent("ann");
        Assert.Single(scene.Person("ann").Slots);
        var permitted = 0;
        for (var i = 0; i < 10_000; i++)
        {
            scene.Reserve("ann", $"r{i}", purpose: "marketing");
            permitted += scene.Accepted.Answer is Answer.Reserved ? 1 : 0;
        }

        Assert.Equal(0, permitted);
        scene = Scene.Given(Head + OneStage + OneAWeek).Consent("ann");
        for (var i = 0; i < 10_000; i++)
        {
            scene.Reserve("ann", $"r{i}", purpose: "marketing");
            permitted += scene.Accepted.Answer is Answer.Reserved ? 1 : 0;
        }

        Assert.Equal(1, permitted);
        Assert.Single(scene.Person("ann").Slots);
    }

    [Fact]
    public void H11_the_same_request_gets_the_same_reservation()
    {
        var scene = Known().Reserve("ann", "r1");
        var first = scene.Accepted.Answer;
        Assert.Equal(first, scene.After(TimeSpan.FromMinutes(1)).Reserve("ann", "r1").Accepted.Answer);
        Assert.Empty(scene.Facts);
        Assert.Equal(Scene.Utc("2026-03-02T10:05:00Z"), Assert.IsType<Answer.Reserved>(first).HeldUntil);
    }

    [Fact]
    public void H11_a_refusal_names_the_rule_and_when_it_may_pass()
    {
        var scene = Known();
        Id(scene.Reserve("ann", "r1"));
        var refused = Assert.IsType<Answer.NotReserved>(scene.Reserve("ann", "r2").Accepted.Answer);
        Assert.Equal("the cap of 1 per contact on `email` in 7 days is used up until 2026-03-09T10:00:00Z", refused.RefusedBy);
        Assert.Equal(Scene.Utc("2026-03-09T10:00:00Z"), refused.NotBefore);
        Assert.Equal("no consent to `marketing` on `phone`", Assert.IsType<Answer.NotReserved>(scene.Reserve("ann", "r3", "phone", "marketing").Accepted.Answer).RefusedBy);
    }

    [Fact]
    public void H13_transactional_messages_are_counted_apart()
    {
        var scene = Known();
        Id(scene.Reserve("ann", "r1", transactional: true));
        Id(scene.Reserve("ann", "r2", transactional: true));
        Id(scene.Reserve("ann", "r3"));
        Assert.IsType<Answer.NotReserved>(scene.Reserve("ann", "r4").Accepted.Answer);
    }

    [Fact]
    public void Confirming_twice_is_confirming_once_and_then_it_cannot_be_released()
    {
        var scene = Known();
        var id = Id(scene.Reserve("ann", "r1"));
        Assert.Single(scene.EndReservation(id, sent: true).Facts);
        Assert.Empty(scene.EndReservation(id, sent: true).Facts);
        Assert.Equal(new Rejection.ReservationOver(id, "confirmed"), scene.EndReservation(id, sent: false).Rejection);
        Assert.Single(scene.AfterDays(1).Person("ann").Slots);
    }

    [Fact]
    public void Releasing_twice_is_releasing_once_and_the_slot_is_free()
    {
        var scene = Known();
        var id = Id(scene.Reserve("ann", "r1"));
        scene.EndReservation(id, sent: false);
        Assert.Empty(scene.EndReservation(id, sent: false).Facts);
        Assert.Equal(new Rejection.ReservationOver(id, "released or expired"), scene.EndReservation(id, sent: true).Rejection);
        Assert.Empty(scene.Person("ann").Slots);
        Assert.IsType<Answer.NotReserved>(scene.Reserve("ann", "r1").Accepted.Answer);
        Id(scene.Reserve("ann", "r2"));
    }

    [Fact]
    public void A_reservation_that_nobody_confirms_expires_at_its_instant()
    {
        var scene = Known();
        var id = Id(scene.Reserve("ann", "r1", hold: TimeSpan.FromMinutes(5)));
        scene.At(Scene.Utc("2026-03-02T10:05:00Z").AddTicks(-1));
        Assert.Single(scene.Person("ann").Slots);
        Assert.Empty(scene.At("2026-03-02T10:05:00Z").Person("ann").Slots);
        Assert.Equal(new Rejection.ReservationOver(id, "released or expired"), scene.EndReservation(id, sent: true).Rejection);
    }

    [Fact]
    public void What_is_not_known_is_refused()
    {
        var scene = Known();
        Assert.Equal(new Rejection.NoSuchReservation("r-0"), scene.EndReservation("r-0", sent: true).Rejection);
        Assert.Equal(new Rejection.UnknownChannel("emial", "email"), scene.Reserve("ann", "r1", "emial").Rejection);
        var account = scene.Account.Key;
        Assert.Equal(new Rejection.NoSuchContact(Scene.Company, "c-0"), scene.Do(new AccountCommand.Reserve(account, "c-0", "r1", "email", "", false, TimeSpan.FromMinutes(1))).Rejection);
        Assert.Equal(new Rejection.NoSuchAccount("b"), scene.Do(new AccountCommand.Reserve(GrainKey.Account(Scene.Tenant, "b"), "c-0", "r1", "email", "", false, TimeSpan.FromMinutes(1))).Rejection);
    }

    [Fact]
    public void Held_reservations_are_kept_when_those_that_are_over_fill_the_memory()
    {
        var scene = Scene.Given(Head + OneStage + "contact-policy: {caps: [{per: contact, at-most: 900, rolling: 7d}]}\n").Signal("page.viewed", "ann");
        var held = Id(scene.Reserve("ann", "held", hold: TimeSpan.FromHours(24)));
        for (var i = 0; i < Account.MostReservations + 10; i++)
        {
            scene.EndReservation(Id(scene.Reserve("ann", $"r{i}")), sent: true);
        }

        Assert.Equal(Account.MostReservations, scene.Account.Reservations.Length);
        Assert.IsType<Answer.Nothing>(scene.EndReservation(held, sent: false).Accepted.Answer);
        Assert.Equal(Account.MostReservations + 10, scene.Person("ann").Slots.Length);
    }

    private static Scene Known() => Scene.Given(Head + OneStage + OneAWeek).Signal("page.viewed", "ann");

    private static string Id(Scene scene) => Assert.IsType<Answer.Reserved>(scene.Accepted.Answer).Reservation;
}
