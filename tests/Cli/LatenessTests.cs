using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Cli.Tests;

public sealed class LatenessTests : IAsyncLifetime
{
    static readonly Timestamp At = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch);

    World world = null!;

    public async ValueTask InitializeAsync() => world = await World.StartAsync();

    public async ValueTask DisposeAsync() => await world.DisposeAsync();

    [Fact]
    public async Task A2_the_page_of_an_account_shows_what_came_late_and_the_decisions_that_changed()
    {
        world.Handlers.OnAsk = _ => new GetAccountResponse { Account = new Account { Id = "acme", Lateness = new() { LateSignals = 3, ChangedDecisions = 2, DoneInError = 1, Corrections = { Corrected() } } } };
        var shown = (await world.RunAsync("account", "show", "acme")).Out;
        Assert.All(["3 signals came late; 2 decisions would have been others, 1 of them done meanwhile", "stage buying instead of meeting; role `buyer` is c-1's", "PUT RIGHT", "deals", "deal `o-1` is open", "done, would not have been", "no consent to `marketing`", "and 4 more"], part => Assert.Contains(part, shown, StringComparison.Ordinal));
        Assert.Contains("\"lateSignals\":\"3\"", (await world.RunAsync("account", "show", "acme", "-o", "json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A2_corrections_are_worked_out_on_demand()
    {
        CorrectionsRequest? asked = null;
        world.Handlers.OnAsk = request =>
        {
            asked = (CorrectionsRequest)request;
            return new CorrectionsResponse { Late = { new LateSignal { Id = "s-1", Type = "meeting.booked", HappenedAt = At, CameAt = At } }, LateCount = 2, Would = Corrected() };
        };
        var shown = (await world.RunAsync("account", "corrections", "acme", "--tolerance", "2m")).Out;
        Assert.Equal(("acme", 120L), (asked!.Account, asked.ToleranceSeconds));
        Assert.All(["s-1", "meeting.booked", "and 1 more", "in order, since", "taken back"], part => Assert.Contains(part, shown, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A10_the_page_of_a_person_shows_all_their_accounts()
    {
        world.Handlers.OnAsk = _ => new GetContactResponse
        {
            Contact = new Contact
            {
                Id = "c-1",
                Account = "acme",
                Memberships = { new Membership { Account = "acme", Contact = "c-1", Roles = { "buyer" }, Home = true }, new Membership { Account = "globex", Contact = "c-2", Roles = { "user" }, LeftAt = At } },
            },
        };
        var shown = (await world.RunAsync("contact", "show", "acme", "c-1")).Out;
        Assert.All(["acme", "buyer", "home: messages are counted here", "globex", "user", "left 1970"], part => Assert.Contains(part, shown, StringComparison.Ordinal));
    }

    static Correction Corrected() => new()
    {
        At = At,
        Since = At,
        StageBefore = "meeting",
        StageAfter = "buying",
        Also = { "role `buyer` is c-1's" },
        Unlisted = 4,
        Rooms = { new CorrectedRoom { Room = "deals", Changes = { "deal `o-1` is open" } } },
        Changed =
        {
            new ChangedDecision { Kind = ChangedDecision.Types.Kind.Done, Play = "mail", At = At, Why = "no consent to `marketing`" },
            new ChangedDecision { Kind = ChangedDecision.Types.Kind.Revoked, Play = "mail", At = At },
        },
    };
}
