using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Grains.Tests.Identities;

public sealed class BackFillTests
{
    private const string Journey = """
        scores:
          engagement: {half-life: 7d, points: {page.viewed: 10}}
        stages: {start: {kind: inventory}, warm: {kind: inventory}, met: {kind: inventory}, cold: {kind: inventory}}
        transitions:
          - {id: warms, from: [start, cold], to: warm, when: "score.engagement >= 15.0"}
          - {id: meets, from: warm, to: met, when: "signals.any(['meeting.booked'])"}
          - {id: cools, from: [warm, met], to: cold, when: "quiet_for('45d')"}

        """;

    private const string Policy = "contact-policy: {caps: [{per: contact, at-most: 1, rolling: 30d}, {per: account, at-most: 1, rolling: 30d}]}\n";

    private static Scene Played => Scene.Given(Head + Journey + OneMail + Policy);

    [Fact]
    public void A3_back_filled_signals_change_what_is_known_and_offer_nothing()
    {
        var scene = Played;
        BackFill(scene, "2026-01-05T10:00:00Z", "page.viewed", "ann");
        BackFill(scene, "2026-01-05T11:00:00Z", "page.viewed", "ann user:7");
        BackFill(scene, "2026-01-06T11:00:00Z", "contact.updated", "ann", "title", "Head of tests");
        BackFill(scene, "2026-01-06T12:00:00Z", "role.assigned", "ann", "role", "buyer");
        BackFill(scene, "2026-01-06T12:00:00Z", "consent.given", "ann", "purpose", "marketing");
        Assert.Empty(scene.Effects);
        Assert.Empty(scene.Account.OpenActions);
        Assert.Empty(scene.Account.Slots);
        Assert.DoesNotContain(scene.Journal, f => f.Event is AccountEvent.ActionOffered or AccountEvent.NoneDecided or AccountEvent.Deferred);
        Assert.Equal(2, scene.Account.FindTally("page.viewed")?.Count ?? 2);
        Assert.Equal(5, scene.Account.SignalCount);
        Assert.Equal("Head of tests", scene.Person("user:7").Attributes["title"].Value.Text);
        Assert.Equal(["buyer"], scene.Person("ann").Roles);
        Assert.True(Assert.Single(scene.Person("ann").Consents).Given);
        Assert.Equal(Scene.Utc("2026-01-05T10:00:00Z"), scene.Account.OpenedAt);
    }

    [Fact]
    public void A3_stages_are_entered_at_the_instants_at_which_they_would_have_been()
    {
        var scene = Played;
        BackFill(scene, "2025-10-01T10:00:00Z", "page.viewed", "ann");
        BackFill(scene, "2025-10-01T11:00:00Z", "page.viewed", "ann");
        BackFill(scene, "2025-10-01T11:30:00Z", "page.viewed", "ann");
        Assert.Equal(("warm", Scene.Utc("2025-10-01T11:30:00Z")), (scene.Account.Stage, scene.Account.StageSince));
        BackFill(scene, "2025-10-02T09:00:00Z", "meeting.booked", "ann");
        BackFill(scene, "2026-02-01T09:00:00Z", "page.viewed", "ann");
        Assert.Equal(["warms 2025-10-01T11:30:00Z", "meets 2025-10-02T09:00:00Z", "cools 2025-11-16T09:00:00Z"], Stages(scene));
    }

    /// <summary>The proof by comparison: an account to which the same happened live.</summary>
    [Fact]
    public void A3_history_loaded_later_gives_the_state_that_living_through_it_would_have_given()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var lived = Scene.Given(Head + Journey);
            var loaded = Scene.Given(Head + Journey);
            lived.At("2026-03-02T10:00:00Z");
            List<Signal> signals = [];
            for (var i = 0; i < 15; i++)
            {
                lived.After(TimeSpan.FromHours(random.Next(1, 1200)));
                var signal = lived.NewSignal(random.Next(4) == 0 ? "meeting.booked" : "page.viewed", random.Next(2) == 0 ? "ann" : "bob");
                signals.Add(signal);
                lived.Record(signal.Clone());
            }

            lived.AfterDays(random.Next(1, 100));
            loaded.At(lived.Now - TimeSpan.FromHours(1));
            foreach (var signal in signals)
            {
                var past = signal.Clone();
                past.BackFill = true;
                loaded.Record(past);
            }

            loaded.At(lived.Now);
            Assert.True(Stages(lived).SequenceEqual(Stages(loaded)), $"seed {seed}: {string.Join(", ", Stages(lived))} but {string.Join(", ", Stages(loaded))}");
            Assert.Equal(Known(lived.Account), Known(loaded.Account));
            foreach (var contact in lived.Account.Contacts.Keys)
            {
                Assert.Equal(Bytes(lived.ContactOf(Scene.Company, contact)), Bytes(loaded.ContactOf(Scene.Company, contact)));
            }

            Assert.Equal(lived.Account.Wake, loaded.Account.Wake);
        }
    }

    [Fact]
    public void A3_a_later_live_signal_decides_on_the_right_state()
    {
        var scene = Played;
        BackFill(scene, "2026-01-05T10:00:00Z", "page.viewed", "ann");
        BackFill(scene, "2026-01-05T10:10:00Z", "page.viewed", "ann");
        BackFill(scene, "2026-01-05T10:20:00Z", "page.viewed", "ann");
        Assert.Equal("warm", scene.Account.Stage);
        scene.Signal("page.viewed", "ann");
        Assert.Equal("cold", scene.Offered.Stage);
        Assert.Equal(["warms 2026-01-05T10:20:00Z", "cools 2026-02-19T10:20:00Z"], Stages(scene));
        Assert.Null(scene.Account.History?.SettlesAt);
    }

    [Fact]
    public void A3_when_the_history_is_loaded_the_clock_brings_the_stages_up_to_now_and_offers_nothing()
    {
        var scene = Played;
        for (var i = 0; i < 3; i++)
        {
            BackFill(scene, $"2026-01-05T10:0{i}:00Z", "page.viewed", "ann");
        }

        scene.After(TimeSpan.FromMinutes(59));
        Assert.Equal("warm", scene.Account.Stage);
        scene.After(TimeSpan.FromMinutes(1));
        Assert.Equal("cold", scene.Account.Stage);
        Assert.Equal(Scene.Utc("2026-02-19T10:02:00Z"), scene.Account.StageSince);
        Assert.Single(scene.Wakes);
        Assert.Empty(scene.Effects);
        Assert.Empty(scene.AfterDays(100).Effects);
    }

    [Fact]
    public void A3_what_comes_due_after_the_history_is_loaded_is_decided_as_ever()
    {
        const string renewal = """
            stages: {start: {kind: inventory}, renewal: {kind: inventory}}
            transitions: [{id: due, from: start, to: renewal, at: "account.renews - duration('720h')"}]
            plays:
              - {id: mail, for: contact, stages: [renewal], goal: email.clicked, horizon: 7d, cool-down: 90d, value: 100, valid-for: 30m, treatments: [{id: mail-a, channel: email}]}

            """;
        var scene = Scene.Given(Head + renewal);
        BackFill(scene, "2025-06-01T10:00:00Z", "page.viewed", "ann");
        BackFill(scene, "2025-06-02T10:00:00Z", "account.updated", "", "renews", Scene.Utc("2026-05-01T00:00:00Z"));
        Assert.Empty(scene.AfterDays(20).Effects);
        scene.At("2026-04-01T00:00:00Z");
        Assert.Equal(("renewal", Scene.Utc("2026-04-01T00:00:00Z")), (scene.Account.Stage, scene.Account.StageSince));
        Assert.Single(scene.Account.OpenActions);
    }

    [Fact]
    public void A3_history_of_an_account_that_lives_takes_nothing_back_that_is_open_and_keeps_its_clock()
    {
        var scene = Played.Signal("page.viewed", "ann");
        var open = scene.Action;
        BackFill(scene, "2026-01-05T10:00:00Z", "email.clicked", "ann");
        Assert.Equal(open.Id, scene.Action.Id);
        Assert.Null(scene.Account.History);
        Assert.Empty(scene.Facts.Select(f => f.Event).OfType<AccountEvent.NoneDecided>());
        scene.After(TimeSpan.FromMinutes(30));
        Assert.Equal(EndedHow.Expired, Assert.Single(scene.Account.Ended, e => e.Id == open.Id).How);
    }

    [Fact]
    public void A3_a_visitor_known_from_history_joins_an_account_without_anything_being_sent()
    {
        var scene = Played;
        var visit = scene.NewSignal("page.viewed", "anonymous:v1");
        visit.BackFill = true;
        scene.Route(visit);
        BackFill(scene, "2026-03-02T10:00:00Z", "page.viewed", "ann");
        BackFill(scene, "2026-03-02T10:00:00Z", "page.viewed", "ann anonymous:v1");
        Assert.Equal(3, scene.Person("anonymous:v1").SignalCount);
        Assert.Equal("warm", scene.Account.Stage);
        Assert.Empty(scene.AfterDays(2).Effects);
    }

    [Fact]
    public void A3_the_same_signal_live_and_from_history_counts_once()
    {
        var scene = Played;
        var signal = scene.NewSignal("page.viewed", "ann");
        var past = signal.Clone();
        past.BackFill = true;
        scene.Record(past).Record(signal);
        Assert.True(Assert.IsType<Answer.Recorded>(scene.Accepted.Answer).Duplicate);
    }

    [Fact]
    public void A6_stages_are_judged_where_the_history_joins_by_what_the_visitor_had_done()
    {
        const string forms = """
            stages: {start: {kind: inventory}, lead: {kind: inventory}, met: {kind: inventory}}
            transitions:
              - {id: captured, from: start, to: lead, when: "signals.any(['email.clicked'])"}
              - {id: meets, from: lead, to: met, when: "signals.any(['meeting.booked'])"}

            """;
        var scene = Scene.Given(Head + forms).Signal("page.viewed", "ann").AfterDays(1);
        scene.Route("email.clicked", "anonymous:v1").AfterDays(1).Route("meeting.booked", "anonymous:v1").AfterDays(1);
        Assert.Equal("start", scene.Account.Stage);
        scene.Signal("page.viewed", "ann anonymous:v1");
        Assert.Equal("met", scene.Account.Stage);
        Assert.Equal(["captured", "meets"], scene.Journal.Where(f => f.Grain == scene.Account.Key).Select(f => f.Event).OfType<AccountEvent.StageEntered>().Select(e => e.Transition));
        Assert.Equal(scene.Now, scene.Account.StageSince);
    }

    [Fact]
    public void A6_what_the_visitor_did_before_the_account_came_to_its_stage_does_not_move_it()
    {
        const string circle = """
            stages: {start: {kind: inventory}, done: {kind: inventory}, again: {kind: inventory}}
            transitions:
              - {id: ends, from: start, to: done, when: "signals.any(['meeting.booked'])"}
              - {id: wakes, from: done, to: again, when: "signals.any(['email.clicked'])"}

            """;
        var scene = Scene.Given(Head + circle).Route("email.clicked", "anonymous:v1").AfterDays(1).Signal("meeting.booked", "ann").AfterDays(1);
        scene.Signal("page.viewed", "ann anonymous:v1");
        Assert.Equal("done", scene.Account.Stage);
        scene.Route("email.clicked", "anonymous:v2").Signal("page.viewed", "ann anonymous:v2");
        Assert.Equal("again", scene.Account.Stage);
    }

    private static void BackFill(Scene scene, string at, string type, string person, params object[] properties)
    {
        var signal = scene.NewSignal(type, person, properties);
        (signal.BackFill, signal.Time) = (true, Timestamp.FromDateTimeOffset(Scene.Utc(at)));
        scene.Record(signal);
        Assert.IsType<Verdict.Accepted>(scene.Verdict);
    }

    private static IEnumerable<string> Stages(Scene scene) =>
        scene.Journal.Select(f => f.Event).OfType<AccountEvent.StageEntered>().Select(e => $"{e.Transition} {e.At:yyyy-MM-ddTHH:mm:ssZ}");

    private static string Known(Account account) => string.Join(
        '\n', account.Scores.Select(s => s.ToString()).Concat(account.Tallies.Select(t => $"{t.Name} {t.Count} {t.Sum} {t.Last:O}")).Append($"{account.Stage} {account.StageSince:O} {account.SignalCount} {account.LastSignalAt:O}"));

    private static byte[] Bytes(GrainState state) => Google.Protobuf.MessageExtensions.ToByteArray(StateForm.Write(state with { Wake = null }, 0));
}
