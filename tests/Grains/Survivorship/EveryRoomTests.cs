using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Counts;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Xunit;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Grains.Tests.Survivorship;

/// <summary>The proof by comparison over every room of accounts and people, those of other accounts included.</summary>
public sealed class EveryRoomTests
{
    private static readonly SortedSet<string> Rooms = new(StringComparer.Ordinal)
    {
        "boards", "contact-journeys", "customer", "dealings", "family", "flight", "held-reservation", "journey", "lateness", "left", "membership", "open-action", "promise", "request", "rests",
        "side-journey", "slots", "standing", "support", "waiting-entry",
    };

    [Fact]
    public void A9_with_every_room_in_use_merged_and_undone_at_once_is_never_merged_byte_for_byte()
    {
        var used = new SortedSet<string>(StringComparer.Ordinal);
        for (var seed = 0; seed < 24; seed++)
        {
            var worlds = PartingWorlds.WithPlays(seed);
            if (seed % 3 == 0)
            {
                worlds.Qualify();
            }

            if (seed % 6 == 0)
            {
                worlds.Accept();
            }

            worlds.Live(seed % 3 == 0 ? 30 : 60);
            worlds.Hold();
            Note(used, worlds.Merged);
            worlds.Merge();
            worlds.Undo();
            Compared.Same(worlds, seed, Compared.AtOnce);
        }

        Assert.Equal(string.Join(' ', Rooms), string.Join(' ', used));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A9_with_signals_in_between_all_that_is_known_is_on_the_side_that_they_named_byte_for_byte(int first)
    {
        for (var seed = first * 10; seed < (first + 1) * 10; seed++)
        {
            var worlds = PartingWorlds.WithoutPlays(seed);
            worlds.Live(50);
            worlds.Merge();
            worlds.Live(15);
            worlds.Undo();
            worlds.Live(0);
            Compared.Same(worlds, seed, Compared.Since);
            worlds.Live(10);
            Compared.Same(worlds, seed, Compared.Since);
        }
    }

    [Fact]
    public void A9_with_plays_that_offer_things_in_between_all_but_those_is_on_the_side_that_signals_named()
    {
        for (var seed = 100; seed < 115; seed++)
        {
            var worlds = PartingWorlds.WithPlays(seed);
            worlds.Live(40);
            worlds.Merge();
            worlds.Live(12);
            worlds.Undo();
            worlds.Live(0);
            Compared.Same(worlds, seed, Compared.SinceWithPlays);
        }
    }

    /// <summary>Of two accounts that are in journeys of one group only one stays in one; undone, both go on where they were, with their counts of entries.</summary>
    [Fact]
    public void A9_undoing_a_merge_that_ended_a_side_journey_puts_both_accounts_back_where_they_were()
    {
        var (merged, never) = (Scene.Given(Desk), Scene.Given(Desk));
        foreach (var scene in new[] { merged, never })
        {
            scene.Record(scene.NewSignal("asked", "ann"), Scene.Company);
            scene.After(TimeSpan.FromDays(1)).Record(scene.NewSignal("urged", "bob"), PartingWorlds.Old);
            scene.Record(scene.NewSignal("asked", "bob"), PartingWorlds.Old);
        }

        Assert.Equal(("in", "out"), (PlaceOf(merged, Scene.Company, "slow"), PlaceOf(merged, Scene.Company, "urgent")));
        Assert.Equal(("out", "in"), (PlaceOf(merged, PartingWorlds.Old, "slow"), PlaceOf(merged, PartingWorlds.Old, "urgent")));
        Assert.NotEmpty(merged.AccountOf(PartingWorlds.Old).Standing!.Entries!.Waiting);
        merged.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, PartingWorlds.Old), Scene.Company));
        Assert.Contains(merged.Journal, f => f.Event is AccountEvent.OfStanding { Event: StandingEvent.OfEntry { Event: EntryEvent.Left { Journey: "slow", ByMerge: true } } });
        Assert.Equal(("out", "in"), (PlaceOf(merged, Scene.Company, "slow"), PlaceOf(merged, Scene.Company, "urgent")));
        Assert.IsType<Verdict.Accepted>(merged.Unmerge(PartingWorlds.Old).Verdict);
        foreach (var scene in new[] { merged, never })
        {
            scene.After(TimeSpan.FromMinutes(1));
        }

        foreach (var account in new[] { Scene.Company, PartingWorlds.Old })
        {
            Assert.Equal(Shown(never, account), Shown(merged, account));
        }

        foreach (var scene in new[] { merged, never })
        {
            scene.Record(scene.NewSignal("done", "bob"), PartingWorlds.Old);
            scene.After(TimeSpan.FromDays(1));
        }

        // What waited is let in, as it would have been.
        Assert.NotNull(merged.AccountOf(PartingWorlds.Old).Standing!.Entries!.EntryOf("slow", ""));
        Assert.Equal(Shown(never, PartingWorlds.Old), Shown(merged, PartingWorlds.Old));
    }

    /// <summary>Two accounts that are one are one customer, at no instant two of them; undone they are two again.</summary>
    [Fact]
    public void K8_an_account_that_is_merged_away_counts_no_more_and_counts_again_when_the_merge_is_undone()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (scene, random) = (Scene.Given(Counted), new Random(seed));
            foreach (var (account, person) in new[] { (PartingWorlds.Old, "bob"), ("c-3", "cid") })
            {
                scene.Record(scene.NewSignal("bought", person), account);
            }

            scene.Record(scene.NewSignal("asked", "ann"), Scene.Company);
            Assert.Equal(["b-2", "c-3"], Board(scene).Members);
            scene.DeliversAtOnce = false;
            Deliver(scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, PartingWorlds.Old), Scene.Company)), random);
            Assert.Equal("customer", scene.Account.Stage);
            Assert.Equal(["a-1", "c-3"], Board(scene).Members);
            Assert.Empty(scene.AccountOf(PartingWorlds.Old).Boards!.On);
            Deliver(scene.Unmerge(PartingWorlds.Old), random);
            Assert.Equal(["b-2", "c-3"], Board(scene).Members);
            Assert.Equal((true, false), (scene.AccountOf(PartingWorlds.Old).Boards!.On.Contains("count:customers"), scene.Account.Boards?.On.Contains("count:customers") ?? false));

            // There never were three: the number is not reached by an account that was counted twice on its way.
            Assert.Equal(0, Board(scene).Reached);
            scene.DeliversAtOnce = true;
            scene.Record(scene.NewSignal("bought", "ann"), Scene.Company);
            Assert.Equal((3, 3L), (Board(scene).Members.Count, Board(scene).Reached));
        }
    }

    [Fact]
    public void A9_what_a_comparison_leaves_out_is_one_list_with_a_reason_for_each_and_the_docs_have_it()
    {
        var docs = Samples.File("grains/Identities/README.md");
        var told = docs.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).SelectMany(l => l.Split('|')[1].Split('`').Where((_, i) => i % 2 == 1));
        Assert.Equal(string.Join(' ', Compared.Exceptions.Keys.Order(StringComparer.Ordinal)), string.Join(' ', told.Order(StringComparer.Ordinal)));
        Assert.All(Compared.Exceptions.Values, reason => Assert.NotEqual("", reason));
    }

    private const string Head = """
        playbook: desk
        currency: GBP
        time-zone: Europe/London
        signals: {asked: {observed: true}, urged: {observed: true}, done: {observed: true}, bought: {observed: true}}

        """;

    private const string Desk = Head + """
        stages: {lead: {kind: inventory}}
        journey-groups: {desk: {at-most: 1, on-conflict: queue, wait-at-most: 30d}}
        journeys:
          slow: {of: account, group: desk, priority: 1, stages: {out: {}, in: {}}, re-entry: any-time, enter: [{id: asks, to: in, on: [asked]}], transitions: [{id: over, from: in, to: out, when: "signals.any(['done'])"}]}
          urgent: {of: account, group: desk, priority: 9, stages: {out: {}, in: {}}, re-entry: any-time, enter: [{id: urges, to: in, on: [urged]}], transitions: [{id: over, from: in, to: out, when: "signals.any(['done'])"}]}

        """;

    private const string Counted = Head + """
        stages: {lead: {kind: inventory}, customer: {kind: inventory}}
        transitions:
          - {id: buys, from: lead, to: customer, when: "signals.any(['bought'])"}
        counts:
          customers: {when: "stage == 'customer'", at-least: 3}

        """;

    private static string PlaceOf(Scene scene, string account, string journey) =>
        JourneyWalk.PlaceOf(scene.Playbook.Journeys.First(j => j.Id == journey), scene.AccountOf(account), null).Stage;

    private static string Shown(Scene scene, string account) => Compared.AtOnce(scene.AccountOf(account), null!);

    private static Board Board(Scene scene) => scene.States.OfType<Team>().Single(t => t.Board is not null).Board!;

    private static void Deliver(Scene scene, Random random)
    {
        while (scene.Waiting.Count > 0)
        {
            scene.DeliverOne(scene.Waiting[random.Next(scene.Waiting.Count)]);
        }
    }

    /// <summary>Which rooms of the account that ends are in use.</summary>
    private static void Note(SortedSet<string> used, Scene scene)
    {
        var account = scene.AccountOf(PartingWorlds.Old);
        List<Contacts.Contact> people = [.. scene.States.OfType<Contacts.Contact>().Where(c => c.Key.Affinity == PartingWorlds.Old)];
        (string Room, bool IsUsed)[] rooms =
        [
            ("dealings", account.Dealings is not null), ("promise", account.Dealings?.Promises.IsEmpty == false), ("customer", account.Customer is not null), ("support", account.Support is not null),
            ("standing", account.Standing is not null), ("side-journey", account.Standing?.Journeys.IsEmpty == false), ("waiting-entry", account.Standing?.Entries?.Waiting.IsEmpty == false),
            ("family", account.Standing?.Family is { Parent.Length: > 0 } or { Children.IsEmpty: false }), ("left", account.Standing?.Left.IsEmpty == false), ("journey", account.Journey is not null),
            ("open-action", account.OpenActions.Any(a => a.Request is null)), ("request", account.OpenActions.Any(a => a.Request is not null)), ("slots", !account.Slots.IsEmpty),
            ("rests", !account.Rests.IsEmpty), ("held-reservation", account.Reservations.Any(r => r.State == Grains.Policies.ReservationState.Held)), ("boards", account.Boards is not null),
            ("lateness", account.Lateness is not null), ("flight", account.Flight is not null), ("membership", people.Any(p => p.Membership is not null)),
            ("contact-journeys", people.Any(p => p.Standing?.Journeys.IsEmpty == false)),
        ];
        used.UnionWith(rooms.Where(r => r.IsUsed).Select(r => r.Room));
    }
}
