using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Owners;

public sealed class CapacityTests
{
    private const string Head = """
        playbook: small
        currency: JPY
        time-zone: Asia/Tokyo
        departments:
          sales: {pool: hunter, capacity: {open-actions: 2, per-owner: true}, owners: [sam, {id: sue, open-actions: 1}]}
          service: {pool: farmer, capacity: {open-actions: 2}}
        signals: {page.viewed: {observed: true}, quiet: {observed: true}, won: {observed: true}}
        stages: {start: {kind: inventory, accountable: sales}}

        """;

    private const string Plays = """
        plays:
          - {id: call, for: owner, department: sales, goal: won, horizon: 7d, cool-down: 3d, on: page.viewed, value: 900, valid-for: 5d, treatments: [{id: call-a, channel: task}]}

        """;

    private const string Other = """
          - {id: letter, for: owner, department: service, goal: won, horizon: 7d, cool-down: 3d, value: 500, valid-for: 5d, treatments: [{id: letter-a, channel: task}]}

        """;

    [Fact]
    public void L7_what_is_chosen_goes_to_the_one_with_most_room_and_only_once_the_department_said_yes()
    {
        var scene = Scene.Given(Head + Plays);
        scene.DeliversAtOnce = false;
        View(scene, "a-1");
        Assert.True(Open(scene, "a-1").Awaits);
        Assert.DoesNotContain(scene.Effects, e => e is Effect.Offer);
        Deliver(scene);
        var given = Open(scene, "a-1");
        Assert.Equal(("sam", false, true), (given.Owner, given.Awaits, given.Counted));
        Assert.Equal("sam", Assert.Single(scene.Effects.OfType<Effect.Offer>()).Action.Owner);
        Assert.Equal("sam", OwnerOf.Assigned(scene.AccountOf("a-1"), "sales"));
        Assert.Equal(1, TeamOf(scene).LoadOf("sam"));
    }

    [Fact]
    public void L7_nobody_is_given_more_than_they_can_carry_and_the_others_wait_their_turn()
    {
        var scene = Scene.Given(Head + Plays);
        foreach (var account in new[] { "a-1", "a-2", "a-3", "a-4", "a-5" })
        {
            View(scene, account);
        }

        // Sam has room for two and sue for one: most room first, then in turns.
        Assert.Equal(["sam", "sam", "sue"], TeamOf(scene).InHand.Select(h => h.Owner).Order(StringComparer.Ordinal));
        Assert.Equal(["a-4", "a-5"], TeamOf(scene).Waiting.Select(w => w.Account));
        Assert.Empty(scene.AccountOf("a-4").OpenActions);
        Assert.Equal(EndedHow.Revoked, Assert.Single(scene.AccountOf("a-4").Ended).How);

        var done = Open(scene, "a-1");
        scene.Do(new AccountCommand.Settle(GrainKey.Account(Scene.Tenant, "a-1"), done.Id, new Settlement.Done("", "")));
        Assert.Equal(2, TeamOf(scene).InHand.Length);
        Assert.Equal(["a-5"], TeamOf(scene).Waiting.Select(w => w.Account));
        View(scene, "a-4");
        Assert.Equal(done.Owner, Open(scene, "a-4").Owner);
        Assert.Equal(3, TeamOf(scene).InHand.Length);
    }

    [Fact]
    public void L7_capacity_is_a_step_of_deciding_and_the_next_best_goes_out_in_its_stead()
    {
        var scene = Scene.Given(Head + Plays + Other);
        View(scene, "a-1", "a-2", "a-3", "a-4");
        scene.After(TimeSpan.FromMinutes(1));
        Assert.Equal("letter", Open(scene, "a-4").Play);
        scene.Workspace.Trace = new DecisionTrace();
        View(scene, "a-4");
        var call = Assert.Single(scene.Workspace.Trace.Candidates, c => c.Play == "call");
        Assert.Equal((RemovedAt.Capacity, "nobody of `sales` has capacity"), (call.RemovedAt, call.RemovedBy));
    }

    [Fact]
    public void L7_having_nobody_is_a_reason_to_do_nothing()
    {
        var scene = Scene.Given(Head + Plays);
        View(scene, "a-1", "a-2", "a-3", "a-4");
        View(scene, "a-4");
        Assert.Equal(NoneReason.NoCapacity, scene.None);
    }

    [Fact]
    public void L7_an_account_that_is_told_of_room_and_wants_nothing_lets_the_next_one()
    {
        var text = Head + Plays.Replace("on: page.viewed, ", "", StringComparison.Ordinal).Replace("value: 900,", "applicable: \"signals.count('quiet') == 0\", value: 900,", StringComparison.Ordinal);
        var scene = Scene.Given(text);
        View(scene, "a-1", "a-2", "a-3", "a-4", "a-5");
        Assert.Equal(["a-4", "a-5"], TeamOf(scene).Waiting.Select(w => w.Account));
        scene.Record(scene.NewSignal("quiet", ""), "a-4");
        scene.Do(new AccountCommand.Settle(GrainKey.Account(Scene.Tenant, "a-1"), Open(scene, "a-1").Id, new Settlement.Done("", "")));
        scene.After(TimeSpan.FromMinutes(1));
        Assert.Empty(scene.AccountOf("a-4").OpenActions);
        Assert.Equal("call", Open(scene, "a-5").Play);
        Assert.Empty(TeamOf(scene).Waiting);
        Assert.All(new[] { "a-4", "a-5" }, account => Assert.Empty(scene.AccountOf(account).Dealings!.Full));
    }

    [Fact]
    public void L7_an_action_that_ends_before_the_answer_came_takes_no_room()
    {
        var scene = Scene.Given(Head + Plays);
        scene.DeliversAtOnce = false;
        View(scene, "a-1");
        scene.Record(scene.NewSignal("won", ""), "a-1");
        Assert.Empty(scene.AccountOf("a-1").OpenActions);
        Deliver(scene);
        Assert.Empty(TeamOf(scene).InHand);
        Assert.DoesNotContain(scene.Effects, e => e is Effect.Offer);
    }

    [Fact]
    public void L7_what_goes_over_to_somebody_else_counts_for_them()
    {
        var scene = Scene.Given(Head + Plays);
        View(scene, "a-1", "a-2", "a-3", "a-4");
        var sues = TeamOf(scene).InHand.Single(h => h.Owner == "sue").Account;
        scene.Record(scene.NewSignal("owner.assigned", "", "department", "sales", "owner", "sam"), sues);
        Assert.Equal((3, 0), (TeamOf(scene).LoadOf("sam"), TeamOf(scene).LoadOf("sue")));
        Assert.Equal("sam", Open(scene, sues).Owner);
        View(scene, "a-4");
        Assert.Equal("sue", Open(scene, "a-4").Owner);
    }

    [Fact]
    public void L7_a_department_without_names_is_limited_as_a_whole()
    {
        var scene = Scene.Given(Head + "plays:\n" + Other);
        View(scene, "a-1", "a-2", "a-3");
        Assert.Equal(2, ((Team)scene.States.Single(s => s.Key.Kind == GrainKind.Owner)).InHand.Length);
        Assert.Empty(scene.AccountOf("a-3").OpenActions);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void L7_capacity_is_exact_under_any_order_of_signals_answers_and_messages(int seed)
    {
        var random = new Random(seed);
        var scene = Scene.Given(Head + Plays);
        scene.DeliversAtOnce = false;
        var most = 0;
        for (var step = 0; step < 1_500; step++)
        {
            var account = $"a-{random.Next(12)}";
            switch (random.Next(8))
            {
                case 0 or 1: View(scene, account); break;
                case 2: scene.After(TimeSpan.FromHours(random.Next(40))); break;
                case 3 when scene.AccountOf(account).OpenActions is [{ Awaits: false } action]:
                    scene.Do(new AccountCommand.Settle(GrainKey.Account(Scene.Tenant, account), action.Id, random.Next(2) == 0 ? new Settlement.Done("", "") : new Settlement.Declined("no", null)));
                    break;
                case 4: scene.Record(scene.NewSignal("won", ""), account); break;
                default:
                    if (scene.Waiting is { Count: > 0 } pairs)
                    {
                        scene.DeliverOne(pairs[random.Next(pairs.Count)]);
                    }

                    break;
            }

            if (scene.States.OfType<Team>().SingleOrDefault() is not { } team)
            {
                continue;
            }

            Assert.True(team.LoadOf("sam") <= 2 && team.LoadOf("sue") <= 1 && team.InHand.Length <= 3, $"seed {seed}, step {step}: {string.Join(", ", team.InHand)}");
            most = Math.Max(most, team.InHand.Length);

            // What somebody may see was granted, and is in the hands of whom it names.
            var seen = scene.States.OfType<Account>().SelectMany(a => a.OpenActions).Where(a => !a.Awaits).ToList();
            Assert.All(seen, a => Assert.Contains(team.InHand, h => h.Action == a.Id && h.Owner == a.Owner));
        }

        Assert.Equal(3, most);

        // When all messages have arrived, the team has in hand exactly what is open.
        Deliver(scene);
        Assert.Equal(
            scene.States.OfType<Account>().SelectMany(a => a.OpenActions).Select(a => a.Id).Order(StringComparer.Ordinal),
            scene.States.OfType<Team>().Single().InHand.Select(h => h.Action).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("departments: {sales: {pool: hunter, capacity: {open-actions: 2}, owners: [sam]}, service: {pool: farmer, capacity: {open-actions: 2}, owners: [sam]}}", "`sam` works in `sales` (hunter) and in `service` (farmer): nobody works both")]
    [InlineData("departments: {sales: {capacity: {open-actions: 2}, owners: [sam, sam]}}", "duplicate owner `sam`")]
    [InlineData("departments: {sales: {owners: [sam]}}", "by its `capacity`, which is missing")]
    [InlineData("departments: {sales: {capacity: {open-actions: 2}, owners: [{id: sam, open: 3}]}}", "unknown key `open` in an owner; known keys: id, open-actions")]
    public void L7_a_mistake_in_a_department_is_told_and_nobody_hunts_and_farms(string departments, string message)
    {
        var text = "playbook: small\ncurrency: JPY\ntime-zone: Asia/Tokyo\n" + departments + "\nstages: {start: {kind: inventory}}\n";
        var result = PlaybookCompiler.Compile(text, "p.yaml", 1);
        Assert.Null(result.Playbook);
        Assert.Contains(result.Diagnostics, d => d.Severity == Severity.Error && d.Message.Contains(message, StringComparison.Ordinal));
    }

    private static void View(Scene scene, params string[] accounts)
    {
        foreach (var account in accounts)
        {
            scene.Record(scene.NewSignal("page.viewed", ""), account);
        }
    }

    private static void Deliver(Scene scene)
    {
        while (scene.Waiting is { Count: > 0 } pairs)
        {
            scene.DeliverOne(pairs[0]);
        }
    }

    private static OpenAction Open(Scene scene, string account) => Assert.Single(scene.AccountOf(account).OpenActions);

    private static Team TeamOf(Scene scene) => (Team)scene.States.Single(s => s.Key == GrainKey.Owner(Scene.Tenant, "sales"));
}
