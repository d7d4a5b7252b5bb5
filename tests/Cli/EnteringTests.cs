using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Cli.Tests;

public sealed class EnteringTests : IAsyncLifetime
{
    World world = null!;

    public async ValueTask InitializeAsync() => world = await World.StartAsync();

    public async ValueTask DisposeAsync() => await world.DisposeAsync();

    [Fact]
    public async Task C7_somebody_is_let_into_a_journey_by_hand_and_a_refusal_is_an_exit_code()
    {
        EnterJourneyRequest? asked = null;
        world.Handlers.OnAsk = request =>
        {
            asked = (EnterJourneyRequest)request;
            return asked.Reason == "again"
                ? new EnterJourneyResponse { Result = EnterJourneyResponse.Types.Result.Refused, Reason = "it is under way already" }
                : new EnterJourneyResponse { Result = EnterJourneyResponse.Types.Result.Entered, Stage = "care" };
        };
        var ran = await world.RunAsync("account", "enter", "acme", "rescue", "--contact", "c-1", "--by", "meg");
        Assert.Equal((0, "entered rescue, now at care"), (ran.Exit, ran.Out.Trim()));
        Assert.Equal(("acme", "rescue", "c-1", "meg"), (asked!.Account, asked.Journey, asked.Contact, asked.AssertedBy));
        var refused = await world.RunAsync("account", "enter", "acme", "rescue", "--by", "meg", "--reason", "again");
        Assert.Equal((4, "not let into rescue: it is under way already"), (refused.Exit, refused.Out.Trim()));
        Assert.NotEqual(0, (await world.RunAsync("account", "enter", "acme", "rescue")).Exit);
    }

    [Fact]
    public async Task C13_the_page_of_a_person_shows_what_was_entered_what_waits_and_what_was_refused()
    {
        world.Handlers.OnAsk = _ => new GetAccountResponse
        {
            Account = new Account
            {
                Id = "acme",
                Stage = "lead",
                Counts = { new AccountCount { Name = "customers", Counted = true, Reached = 25 } },
                Standing = new AccountStanding
                {
                    JourneyEntries = new JourneyEntries
                    {
                        Entered = { new JourneyEntryCount { Journey = "rescue", Count = 2 } },
                        Waiting = { new JourneyEntryWaiting { Journey = "tour", To = "in", Entry = "asked" } },
                        Refused = { new JourneyEntryRefused { Journey = "programme", Entry = "crm", Reason = "at most 1 of group `care` at a time" } },
                    },
                },
            },
        };
        var shown = (await world.RunAsync("account", "show", "acme")).Out;
        Assert.All((string[])["ENTERED", "rescue", "WAITS FOR", "tour", "NOT LET INTO", "at most 1 of group `care` at a time", "customers", "25"], part => Assert.Contains(part, shown, StringComparison.Ordinal));
    }

    [Fact]
    public async Task C2_a_draft_is_saved_listed_and_published_from_its_revision()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("draft-").FullName, "next.yaml");
        await File.WriteAllTextAsync(file, "playbook: p\n", TestContext.Current.CancellationToken);
        PublishRequest? published = null;
        world.Handlers.OnAsk = request => request switch
        {
            SaveDraftRequest { Name: "next", Author: "ann", ExpectedRevision: 2, Text: "playbook: p\n" } => new SaveDraftResponse { Draft = new Draft { Name = "next", Revision = 3, BaseVersion = 1 } },
            ListDraftsRequest => new ListDraftsResponse { Drafts = { new Draft { Name = "next", Revision = 3, Author = "ann", PublishedVersion = 2, PublishedRevision = 1 } } },
            PublishRequest p => new PublishResponse { Version = new PlaybookVersion { Name = "p", Version = 3, Draft = (published = p).Draft, DraftRevision = 3, Digest = "d" } },
            GetDraftRequest => new GetDraftResponse { Draft = new Draft { Name = "next" }, Text = "playbook: p\n" },
            _ => new DeleteDraftResponse(),
        };
        Assert.StartsWith("saved next revision 3, from version 1", (await world.RunAsync("playbook", "draft", "save", "next", file, "--author", "ann", "--expected-revision", "2")).Out, StringComparison.Ordinal);
        Assert.Contains("version 2 from revision 1", (await world.RunAsync("playbook", "draft", "list")).Out, StringComparison.Ordinal);
        Assert.Equal("playbook: p\n", (await world.RunAsync("playbook", "draft", "show", "next")).Out);
        Assert.StartsWith("published p version 3 from next revision 3", (await world.RunAsync("playbook", "draft", "publish", "next", "--signed-off-by", "sales,marketing")).Out, StringComparison.Ordinal);
        Assert.Equal(["sales", "marketing"], published!.SignedOffBy);
        Assert.Equal("deleted next", (await world.RunAsync("playbook", "draft", "delete", "next", "--author", "ann")).Out.Trim());
    }
}
