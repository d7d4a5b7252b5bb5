using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Cli.Tests;

public sealed class StandingTests : IAsyncLifetime
{
    World world = null!;

    public async ValueTask InitializeAsync() => world = await World.StartAsync();

    public async ValueTask DisposeAsync() => await world.DisposeAsync();

    [Fact]
    public async Task B12_the_page_of_an_account_shows_what_stands_beside_its_stage()
    {
        var at = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch);
        world.Handlers.OnAsk = _ => new GetAccountResponse
        {
            Account = new Account
            {
                Id = "acme",
                Stage = "customer",
                Standing = new AccountStanding
                {
                    BuyingGroups = { new BuyingGroup { Completeness = 0.6, Engagement = 12.5, Roles = { new GroupRole { Role = "champion", Required = 5, Assigned = 3, Completeness = 0.6, Share = 1, Members = { new GroupMember { Contact = "c-1", Engagement = 12.5 } } } } } },
                    Journeys = { new JourneyPlace { Journey = "buyer", Stage = "curious", Since = at, By = "looks" } },
                    Hierarchy = new Hierarchy { Parent = "group", Accounts = 2, Contacts = 3, Signals = 4, Stages = { ["lead"] = 2 } },
                    DataQuality = new DataQuality { Score = 75, Complete = 0.5, Fresh = 1, Unique = 1, Missing = { "industry" } },
                    Provenance = { ["employees"] = new Provenance { Asserted = true, By = "sales", Source = "crm", At = at } },
                    Departures = { new Departure { Contact = "c-9", At = at, Reason = "retired" } },
                    SegmentPolicy = new SegmentPolicy { Segment = "large", Cadence = Duration.FromTimeSpan(TimeSpan.FromDays(3)) },
                },
            },
        };
        var shown = (await world.RunAsync("account", "show", "acme")).Out;
        string[] parts =
        [
            "buying group: 60 % complete, engagement 12.5", "3 of 5", "c-1 (12.5)", "buyer", "curious", "group", "2 accounts, 3 contacts, 4 signals", "75 of 100 (50 % complete, 100 % fresh, 100 % unique)",
            "industry", "asserted", "crm", "retired", "large", "3d",
        ];
        Assert.All(parts, part => Assert.Contains(part, shown, StringComparison.Ordinal));
        var json = (await world.RunAsync("account", "show", "acme", "-o", "json")).Out;
        Assert.Contains("\"completeness\":0.6", json, StringComparison.Ordinal);
    }
}
