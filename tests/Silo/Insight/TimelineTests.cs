using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.V1;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Silo.Tests.Insight;

public sealed class TimelineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task Pages_cover_every_fact_of_the_account_exactly_once_newest_first(int size)
    {
        await using var desk = await StoryAsync();
        var journal = (await desk.World.JournalAsync()).SelectMany(f => f.Frame.Entries.Where(e => e.Grain.Kind == (uint)GrainKind.Account && e.Grain.Affinity == "acme").SelectMany(e => e.Events.Select(_ => f.Sequence))).ToList();

        var seen = await WalkAsync(desk, "", size);

        Assert.Equal(journal.OrderDescending(), seen.Select(e => e.Position.Sequence));
        Assert.Equal(seen.Select(e => e.At.ToDateTimeOffset()).OrderDescending(), seen.Select(e => e.At.ToDateTimeOffset()));
        Assert.Equal(await WalkAsync(desk, "", 7), seen);
        Assert.All(seen, e => Assert.True(char.IsUpper(e.Text[0]) && e.Text.EndsWith('.'), e.Text));
        Assert.Equal("opened", seen[^1].Kind);
    }

    [Fact]
    public async Task A_page_stays_as_it_was_while_more_happens()
    {
        await using var desk = await StoryAsync();
        var all = await WalkAsync(desk, "", 1000);
        var first = await desk.TimelineAsync(size: 5);
        await desk.SignalAsync("page.viewed", email: "late@acme.example");
        var second = await desk.TimelineAsync(size: 1000, token: first.NextPageToken);
        Assert.Equal(all, first.Entries.Concat(second.Entries));
        Assert.Empty(second.NextPageToken);
    }

    [Fact]
    public async Task A_contact_sees_their_own_facts_also_how_their_actions_ended()
    {
        await using var desk = await StoryAsync();
        var ann = (await desk.ContactAsync("ann@acme.example")).Id;
        var all = await WalkAsync(desk, "", 1000);
        var hers = await WalkAsync(desk, ann, 2);
        Assert.Equal(all.Where(e => e.Contact == ann), hers);
        Assert.Contains(hers, e => e.Kind == "settled" && e.Text.EndsWith("was carried out, outcome: shown.", StringComparison.Ordinal));
        Assert.True(hers.Count < all.Count);
    }

    [Fact]
    public async Task Each_kind_of_fact_has_its_word_and_a_sentence()
    {
        await using var desk = await StoryAsync();
        var byKind = (await WalkAsync(desk, "", 1000)).ToLookup(e => e.Kind);
        Assert.All((string[])["opened", "signal", "attribute", "contact-joined", "stage", "action", "none", "settled", "returned", "expired", "woken", "asked", "reserved", "reservation-ended"], kind => Assert.True(byKind.Contains(kind), kind));
        Assert.All(byKind["signal"], e => Assert.NotNull(e.Signal));
        Assert.All(byKind["action"].Concat(byKind["settled"]).Concat(byKind["expired"]).Concat(byKind["returned"]), e => Assert.NotEmpty(e.ActionId));
        Assert.Equal("The account moved from stage `awareness` to `nurture` by transition `captured`.", byKind["stage"].Last().Text);
        Assert.Contains("`employees` is 50", byKind["attribute"].Last().Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_fact_of_an_account_has_a_kind()
    {
        var facts = typeof(AccountEvent).GetNestedTypes().SelectMany(FactsOf).ToArray();
        Assert.NotEmpty(facts);
        Assert.All(facts, fact => Assert.NotEmpty(TimelineText.KindOf(fact)));
    }

    /// <summary>The fact itself; of one that wraps those of another part, each of those, however deep.</summary>
    private static IEnumerable<AccountEvent> FactsOf(Type fact) => InstancesOf(fact).Cast<AccountEvent>();

    private static IEnumerable<object> InstancesOf(Type fact) =>
        fact.Name.StartsWith("Of", StringComparison.Ordinal) && fact.GetProperty("Event") is { } wrapped
            ? wrapped.PropertyType.GetNestedTypes().SelectMany(InstancesOf).Select(inner => Around(fact, inner))
            : [Empty(fact)];

    private static object Around(Type fact, object inner)
    {
        var outer = Empty(fact);
        fact.GetProperty("Event")!.SetValue(outer, inner);
        return outer;
    }

    private static object Empty(Type type) => System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);

    [Fact]
    public async Task Bad_arguments_are_refused_in_words()
    {
        await using var desk = await StoryAsync();
        var token = (await desk.TimelineAsync(size: 2)).NextPageToken;
        Task RefusesAsync(TimelineRequest request, StatusCode code, string part) => desk.RefusesAsync((s, c) => s.Timeline(request, c), code, part);
        await RefusesAsync(new() { Account = "acme", PageSize = 1001 }, StatusCode.InvalidArgument, "`page_size` must be 1 to 1000, or 0 for 100; it is 1001");
        await RefusesAsync(new() { Account = "acme", PageSize = -1 }, StatusCode.InvalidArgument, "it is -1");
        await RefusesAsync(new() { Account = "acme", PageToken = "x" }, StatusCode.InvalidArgument, "`x` is no page token of this account and contact");
        await RefusesAsync(new() { Account = "acme", Contact = (await desk.ContactAsync("ann@acme.example")).Id, PageToken = token }, StatusCode.InvalidArgument, "is no page token");
        await RefusesAsync(new() { Account = "acme", Contact = "c-1" }, StatusCode.NotFound, "the account `acme` has no contact `c-1`");
        await RefusesAsync(new() { Account = "nobody" }, StatusCode.NotFound, "no signal has ever named the account `nobody`");
    }

    private static async Task<Desk> StoryAsync()
    {
        var desk = await Desk.OpenAsync();
        await desk.SignalAsync("account.updated", properties: ("employees", 50));
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        var action = Assert.Single((await desk.AccountAsync()).OpenActions);
        await desk.SettleAsync(action, new Settlement.Retry(TimeSpan.FromMinutes(5), 1, "busy"));
        await desk.SettleAsync(action, new Settlement.Done("shown", ""));
        await desk.SignalAsync("form.submitted", email: "ann@acme.example");
        await desk.SignalAsync("page.viewed", email: "bob@acme.example");
        await desk.SignalAsync("page.viewed", email: "cyd@acme.example");
        var ann = (await desk.ContactAsync("ann@acme.example")).Id;
        await desk.AskAsync("in-app", ann);
        var account = GrainKey.Account(Tenants.Default, "acme");
        await desk.World.AskInTimeAsync(new AccountCommand.Reserve(account, ann, "r", "web", "", false, TimeSpan.FromMinutes(5)));
        await desk.SignalAsync("ticket.opened", email: "ann@acme.example", properties: ("severity", 1));
        await desk.SignalAsync("page.viewed", email: "cyd@acme.example");
        desk.World.Clock.Advance(TimeSpan.FromDays(3));
        await desk.World.UntilAsync(async () => (await desk.TimelineAsync(size: 1000)).Entries.Any(e => e.Kind == "expired"));
        return desk;
    }

    private static async Task<List<TimelineEntry>> WalkAsync(Desk desk, string contact, int size)
    {
        var all = new List<TimelineEntry>();
        var token = "";
        do
        {
            var page = await desk.TimelineAsync(contact: contact, size: size, token: token);
            Assert.InRange(page.Entries.Count, 1, size);
            all.AddRange(page.Entries);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return all;
    }
}
