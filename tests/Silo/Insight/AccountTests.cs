using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

public sealed class AccountTests
{
    [Fact]
    public async Task An_account_shows_where_it_stands_and_what_is_open()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("account.updated", properties: [("employees", 250), ("country", "GB")]);
        await desk.SignalAsync("form.submitted", email: "bob@acme.example");
        await desk.SignalAsync("contact.updated", email: "ann@acme.example", properties: ("title", "Head of it"));
        await desk.SignalAsync("meeting.booked", email: "ann@acme.example");
        var account = await desk.AccountAsync();
        Assert.Equal(("acme", false, "", "qualified", "qualify", "sales", "small"), (account.Id, account.Provisional, account.ForwardedTo, account.Stage, account.StageBy, account.Accountable, account.Segment));
        Assert.Equal("A", account.Grades["fit"]);
        Assert.Equal(50, account.Scores["fit"]);
        Assert.True(account.Scores["engagement"] > 35);
        Assert.Equal(0, account.Scores["intent"]);
        Assert.Equal(250, account.Attributes["employees"].Integer);
        Assert.Equal((2, 4L), (account.ContactCount, account.SignalCount));
        Assert.Equal(account.Contacts.Order(StringComparer.Ordinal), account.Contacts);
        Assert.NotEmpty(account.OpenActions);
        Assert.All(account.OpenActions.Where(a => a.Contact.Length > 0), a => Assert.EndsWith("@acme.example", Assert.Single(a.Identifiers).Value, StringComparison.Ordinal));
        Assert.True(account.NextWakeAt.ToDateTimeOffset() > World.Start);
        Assert.NotNull(account.LastSignalAt);
    }

    [Fact]
    public async Task Scores_are_exact_at_the_instant_asked_for()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("form.submitted", email: "ann@acme.example");
        var now = (await desk.AccountAsync()).LastSignalAt.ToDateTimeOffset();
        var later = await desk.Accounts.GetAccount(new GetAccountRequest { Account = "acme", AsOf = Timestamp.FromDateTimeOffset(now.AddDays(7)) }, new CallContext());
        Assert.Equal(now.AddDays(7), later.AsOf.ToDateTimeOffset());
        var at = await desk.Accounts.GetAccount(new GetAccountRequest { Account = "acme", AsOf = Timestamp.FromDateTimeOffset(now) }, new CallContext());
        Assert.Equal(at.Account.Scores["engagement"] / 2, later.Account.Scores["engagement"], 9);
        Assert.True(at.Account.Scores["engagement"] > 0);
    }

    [Fact]
    public async Task A_person_is_found_by_identifier_or_by_account_and_contact()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("contact.updated", email: "Ann@acme.example", properties: ("title", "Head of it"));
        await desk.SignalAsync("consent.given", email: "ann@acme.example", properties: [("purpose", "marketing"), ("channel", "email")]);
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        await desk.World.UntilAsync(() => FoundAsync(desk, "ann@acme.example"));
        var ann = await desk.ContactAsync("ann@acme.example");
        Assert.Equal(("acme", 3L), (ann.Account, ann.SignalCount));
        Assert.Equal(["champion"], ann.Roles);
        Assert.Equal("Head of it", ann.Attributes["title"].Text);
        var consent = Assert.Single(ann.Consents);
        Assert.Equal(("marketing", "email", true, "test"), (consent.Purpose, consent.Channel, consent.Given, consent.Source));
        Assert.True(ann.Scores["engagement"] > 1.9);
        Assert.NotEmpty(ann.RecentMessages);
        Assert.Equal((await desk.AccountAsync()).OpenActions.GroupBy(a => a.Channel).ToDictionary(g => g.Key, g => g.Count()), ann.RecentMessages.ToDictionary());
        var same = await desk.Accounts.GetContact(new GetContactRequest { Account = "acme", Contact = ann.Id }, new CallContext());
        Assert.Equal(ann, same.Contact);
        Assert.Equal(ann, await desk.ContactAsync("ann@acme.example", "acme"));
    }

    [Fact]
    public async Task An_account_that_was_merged_answers_with_its_forwarding_address_and_its_people_are_found_where_they_are()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("page.viewed", account: "", email: "eve@nowhere.example");
        await desk.World.UntilAsync(() => FoundAsync(desk, "eve@nowhere.example"));
        var before = await desk.ContactAsync("eve@nowhere.example");
        Assert.True((await desk.AccountAsync(before.Account)).Provisional);
        await desk.SignalAsync("form.submitted", email: "eve@nowhere.example");
        await desk.World.UntilAsync(async () => (await desk.AccountAsync(before.Account)).ForwardedTo.Length > 0);
        Assert.Equal("acme", (await desk.AccountAsync(before.Account)).ForwardedTo);
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).SignalCount > 0);
        var old = await desk.Accounts.GetContact(new GetContactRequest { Account = before.Account, Contact = before.Id }, new CallContext());
        Assert.Equal("acme", old.Contact.Account);
    }

    [Fact]
    public async Task What_is_not_there_or_not_asked_rightly_is_refused_in_words()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        Task AccountAsync(GetAccountRequest r, StatusCode code, string part) => desk.RefusesAsync((s, c) => s.GetAccount(r, c), code, part);
        Task ContactAsync(GetContactRequest r, StatusCode code, string part) => desk.RefusesAsync((s, c) => s.GetContact(r, c), code, part);
        await AccountAsync(new() { Account = "nobody" }, StatusCode.NotFound, "no signal has ever named the account `nobody`; send one");
        await AccountAsync(new(), StatusCode.InvalidArgument, "the account must be 1 to 128 bytes");
        await AccountAsync(new() { Account = "acme", AsOf = new Timestamp { Seconds = long.MaxValue } }, StatusCode.InvalidArgument, "`as_of` is out of range");
        await ContactAsync(new(), StatusCode.InvalidArgument, "neither `account` and `contact` nor `identifier` is set");
        await ContactAsync(new() { Contact = "c-1" }, StatusCode.InvalidArgument, "`account` is not set");
        await ContactAsync(new() { Account = "acme" }, StatusCode.InvalidArgument, "neither `contact` nor `identifier`");
        await ContactAsync(new() { Account = "acme", Contact = "c-1" }, StatusCode.NotFound, "the account `acme` has no contact `c-1`");
        await ContactAsync(new() { Contact = "c-1", Identifier = new Identifier { Kind = "email", Value = "a" } }, StatusCode.InvalidArgument, "both `contact` and `identifier`");
        await ContactAsync(new() { Identifier = new Identifier { Kind = "email" } }, StatusCode.InvalidArgument, "must have a kind and a value");
        await ContactAsync(new() { Identifier = new Identifier { Kind = "email", Value = "x@y.example" } }, StatusCode.NotFound, "nobody is known as `email:x@y.example`");
    }

    private static async Task<bool> FoundAsync(Desk desk, string email)
    {
        try
        {
            await desk.ContactAsync(email);
            return true;
        }
        catch (RpcException e) when (e.Code == StatusCode.NotFound)
        {
            return false;
        }
    }
}
