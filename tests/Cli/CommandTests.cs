using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;
using Xunit;
using Result = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.Cli.Tests;

public sealed class CommandTests : IAsyncLifetime
{
    readonly Folder folder = new();
    World world = null!;

    Handlers Silo => world.Handlers;

    public async ValueTask InitializeAsync() => world = await World.StartAsync();

    public async ValueTask DisposeAsync()
    {
        folder.Dispose();
        await world.DisposeAsync();
    }

    static readonly Delivery Offer = new()
    {
        AckId = "ack-1", Attempt = 1,
        Action = new() { Id = "act-1", Play = "welcome", Treatment = "welcome-mail", Channel = "email", Account = "acme", Contact = "ann", Reason = "she \u001b[31masked" },
    };

    T Asked<T>() => Assert.Single(Silo.Asked.OfType<T>());

    [Theory]
    [InlineData(StatusCode.NotFound, 3)]
    [InlineData(StatusCode.InvalidArgument, 4)]
    [InlineData(StatusCode.FailedPrecondition, 4)]
    [InlineData(StatusCode.Aborted, 4)]
    [InlineData(StatusCode.Unavailable, 5)]
    [InlineData(StatusCode.Internal, 1)]
    public async Task A_failure_is_one_line_in_the_silos_words_with_its_exit_code(StatusCode code, int exit)
    {
        Silo.OnAsk = _ => throw new RpcException(code, "`acme` is not\nhere");
        Assert.Equal(new Ran(exit, "", "error: `acme` is not here" + Environment.NewLine), await world.RunAsync("account", "show", "acme"));
    }

    [Fact]
    public async Task Diagnostics_have_the_form_that_editors_follow_and_errors_exit_with_4()
    {
        var file = folder.Write("p.yaml", "stages: []");
        Silo.OnAsk = _ => new ValidateResponse
        {
            Diagnostics =
            {
                new Diagnostic { Severity = Diagnostic.Types.Severity.Error, File = file, Line = 3, Column = 5, Message = "no `goal`", Path = "plays[0]" },
                new Diagnostic { Severity = Diagnostic.Types.Severity.Warning, File = file, Line = 4, Column = 1, Message = "unused" },
            },
        };
        var ran = await world.RunAsync("playbook", "validate", file);
        Assert.Equal(4, ran.Exit);
        Assert.StartsWith($"{file}:3:5: error: no `goal` [plays[0]]\n{file}:4:1: warning: unused\n", ran.Out.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Equal("stages: []", Asked<ValidateRequest>().Text);
        Silo.OnAsk = _ => new ValidateResponse();
        Assert.Equal(0, (await world.RunAsync("playbook", "validate", file)).Exit);
    }

    [Fact]
    public async Task A_playbook_is_published_listed_and_read_back()
    {
        var version = new PlaybookVersion { Name = "b2b", Version = 3, Digest = "0123456789abcdef", SignedOffBy = { "sales" } };
        Silo.OnAsk = asked => asked switch
        {
            PublishRequest => new PublishResponse { Version = version },
            ListRequest => new ListResponse { Versions = { version } },
            _ => new GetResponse { Version = version, Text = "a: 1\nb: 2" },
        };
        var ran = await world.RunAsync("playbook", "publish", folder.Write("p.yaml", "x"), "--signed-off-by", "sales,marketing", "--expected-version", "2");
        Assert.Equal((0, "published b2b version 3 (0123456789abcdef)"), (ran.Exit, ran.Out.Trim()));
        Assert.Equal(["sales", "marketing"], Asked<PublishRequest>().SignedOffBy);
        Assert.Equal(2, Asked<PublishRequest>().ExpectedVersion);
        Assert.Contains("b2b", (await world.RunAsync("playbook", "list")).Out, StringComparison.Ordinal);
        Assert.Equal(3, (await world.RunAsync("playbook", "list", "-o", "json")).Json.GetProperty("versions")[0].GetProperty("version").GetInt32());
        Assert.Equal("a: 1\nb: 2", (await world.RunAsync("playbook", "get", "b2b", "--version", "3")).Out);
    }

    [Fact]
    public async Task An_explanation_tells_choice_evidence_runners_up_and_what_removed_each()
    {
        Silo.OnAsk = _ => new ExplainResponse
        {
            ActionId = "act-1", Stage = "nurture", Playbook = "b2b", PlaybookVersion = 2, Reproduced = true, Summary = "Ann asked.",
            Candidates =
            {
                new Candidate { Play = "welcome", Treatment = "mail", Channel = "email", Rank = 1, Factors = new() { Propensity = 0.25, Context = 1, Value = 1000, Lever = 2, Priority = 500 } },
                new Candidate { Play = "upsell", Treatment = "call", Channel = "task", RemovedAt = "cap", RemovedBy = "2 of 2 this week", NotBefore = Timestamp.FromDateTimeOffset(new(2026, 1, 5, 0, 0, 0, default)) },
            },
            Transitions = { new TransitionEvidence { Transition = "warm", From = "new", To = "nurture", Clauses = { new Clause { Text = "score.engagement > 50", Held = true, Values = "score.engagement = 61.5" } } } },
        };
        var ran = await world.RunAsync("account", "explain", "acme", "--play", "upsell");
        Assert.Equal(0, ran.Exit);
        foreach (var part in new[] { "welcome / mail by email", "Ann asked.", "score.engagement = 61.5", "500", "2 of 2 this week", "2026-01-05" })
        {
            Assert.Contains(part, ran.Out, StringComparison.Ordinal);
        }

        Assert.Equal("upsell", Asked<ExplainRequest>().Play);
        Assert.Equal(2, (await world.RunAsync("account", "explain", "acme", "--action", "a", "--signal", "s")).Exit);
    }

    [Fact]
    public async Task A_timeline_is_read_page_by_page_up_to_the_limit()
    {
        Silo.OnAsk = asked => new TimelineResponse
        {
            Entries = { Enumerable.Range(0, 2).Select(_ => new TimelineEntry { Kind = "signal", Text = "visited" }) },
            NextPageToken = ((TimelineRequest)asked).PageToken + "x",
        };
        var ran = await world.RunAsync("account", "timeline", "acme", "--limit", "4", "-o", "json");
        Assert.Equal(4, ran.Json.GetProperty("entries").GetArrayLength());
        Assert.Equal(["", "x"], Silo.Asked.OfType<TimelineRequest>().Select(request => request.PageToken));
        Assert.Equal(2, (await world.RunAsync("account", "timeline", "acme", "--limit", "0")).Exit);
    }

    [Fact]
    public async Task Accounts_and_contacts_are_shown_as_text_and_as_json()
    {
        Silo.OnAsk = asked => asked is GetAccountRequest
            ? new GetAccountResponse { Account = new() { Id = "acme", Stage = "nurture", Scores = { ["fit"] = 61.5 }, Grades = { ["fit"] = "B" }, OpenActions = { Offer.Action } } }
            : new GetContactResponse { Contact = new() { Id = "ann", Account = "acme", Consents = { new Consent { Purpose = "marketing", Channel = "email", Given = true } } } };
        var account = await world.RunAsync("account", "show", "acme");
        Assert.Contains("61.5", account.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", account.Out, StringComparison.Ordinal);
        Assert.Equal("nurture", (await world.RunAsync("account", "show", "acme", "-o", "json")).Json.GetProperty("account").GetProperty("stage").GetString());
        Assert.Contains("marketing", (await world.RunAsync("contact", "show", "acme", "ann")).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await world.RunAsync("contact", "show", "--identifier", "email:ann@example.com")).Exit);
        Assert.Equal("ann@example.com", Silo.Asked.OfType<GetContactRequest>().Last().Identifier.Value);
        Assert.Equal(2, (await world.RunAsync("contact", "show", "acme")).Exit);
        Assert.Equal(2, (await world.RunAsync("contact", "show", "--identifier", "ann")).Exit);
    }

    [Fact]
    public async Task A5_refused_signals_are_shown_by_type_with_the_reason()
    {
        Silo.OnAsk = _ => new ListRejectedResponse
        {
            Types_ = { new RejectedType { Type = "page.veiwed", Count = 1234, Latest = { new RejectedSignal { Reason = "unknown signal type `page.veiwed`", Signal = new Signal { Id = "s-9", Account = "acme" } } } } },
        };
        var ran = await world.RunAsync("signals", "rejected", "--type", "page.veiwed", "--limit", "7");
        Assert.Contains("1234", ran.Out, StringComparison.Ordinal);
        Assert.Contains("s-9 of acme: unknown signal type `page.veiwed`", ran.Out, StringComparison.Ordinal);
        Assert.Equal(("page.veiwed", 7), Silo.Asked.OfType<ListRejectedRequest>().Select(r => (r.Type, r.Limit)).Single());
        Assert.Equal(2, (await world.RunAsync("signals", "rejected", "--limit", "51")).Exit);
    }

    [Fact]
    public async Task A11_a_persons_word_is_passed_on_and_shown_with_the_account()
    {
        Silo.OnAsk = asked => asked switch
        {
            AssignContactRequest => new AssignContactResponse(),
            DismissContactRequest => new DismissContactResponse(),
            _ => new GetAccountResponse { Account = new() { Id = "acme", Identity = new() { Overrides = { new MatchOverride { Contact = "c-1", Account = "acme", By = "kim", Reason = "a supplier" } } } } },
        };
        Assert.Equal(0, (await world.RunAsync("contact", "assign", "email:a@x.test", "--to", "acme", "--by", "kim", "--reason", "new job")).Exit);
        Assert.Equal(("acme", "kim", "new job"), Silo.Asked.OfType<AssignContactRequest>().Select(r => (r.To, r.By, r.Reason)).Single());
        Assert.Equal(0, (await world.RunAsync("contact", "dismiss", "email:a@x.test", "--by", "kim")).Exit);
        Assert.Equal(2, (await world.RunAsync("contact", "dismiss", "email:a@x.test")).Exit);
        Assert.Contains("does not belong to acme", (await world.RunAsync("account", "show", "acme")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A9_merges_are_made_and_undone_by_name()
    {
        Silo.OnAsk = asked => asked switch
        {
            MergeAccountsRequest r => new MergeAccountsResponse { Account = r.Into },
            MergeContactsRequest => new MergeContactsResponse { Contact = new() { Account = "acme", Contact = "ann" } },
            UnmergeRequest r => new UnmergeResponse { Kept = new() { Account = r.Account, Contact = "ann" }, Restored = new() { Account = "p-1", Contact = "c-1" }, Identifiers = { r.Identifier }, Changed = true },
            _ => throw new InvalidOperationException($"{asked}"),
        };
        Assert.Equal("merged; acme carries on\n", (await world.RunAsync("account", "merge", "old", "--into", "acme")).Out);
        Assert.Equal("merged; ann of acme carries on\n", (await world.RunAsync("contact", "merge", "crm:7", "--into", "email:ann@x.test", "--account", "old")).Out);
        Assert.Equal("undone: anonymous:v1 is c-1 of p-1, apart from ann of acme\n", (await world.RunAsync("account", "unmerge", "acme", "anonymous:v1")).Out);
        Assert.Equal(("old", "7", ""), Silo.Asked.OfType<MergeContactsRequest>().Select(r => (r.Account, r.Identifier.Value, r.IntoAccount)).Single());
        Assert.Equal(2, (await world.RunAsync("account", "merge", "old")).Exit);
        Assert.Equal(2, (await world.RunAsync("account", "unmerge", "acme", "v1")).Exit);
    }

    [Fact]
    public async Task An_account_is_let_out_of_quarantine_by_name()
    {
        Silo.OnAsk = _ => new ReleaseAccountResponse();
        Assert.Equal(0, (await world.RunAsync("account", "release", "acme")).Exit);
        Assert.Equal("acme", Assert.Single(Silo.Asked.OfType<ReleaseAccountRequest>()).Account);
        Assert.Equal(2, (await world.RunAsync("account", "release")).Exit);
    }

    [Fact]
    public async Task Tail_shows_actions_settles_them_and_ends_after_max()
    {
        Silo.OnSubscribe = asked => asked.Open is not null
            ? [new() { Heartbeat = true }, new() { Deliveries = { Offer } }]
            : [new() { Results = { asked.Settlements.Select(settled => new SettlementResult { AckId = settled.AckId, Result = Result.Settled }) } }];
        var ran = await world.RunAsync("actions", "tail", "--subscription", "mail", "--channel", "email", "--settle", "done", "--max", "1");
        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        Assert.Contains("welcome / welcome-mail by email for ann of acme", ran.Out, StringComparison.Ordinal);
        Assert.Contains("ack-1", ran.Out, StringComparison.Ordinal);
        var asked = Silo.Asked.OfType<SubscribeRequest>().ToList();
        Assert.Equal(("mail", "email"), (asked[0].Open.Subscription, Assert.Single(asked[0].Open.Filter.Channels)));
        Assert.Equal("ack-1", Assert.Single(asked[1].Settlements).AckId);
    }

    [Fact]
    public async Task Tail_comes_back_after_a_drain_shows_each_action_once_and_ends_well_at_ctrl_c()
    {
        using var stop = new CancellationTokenSource();
        var streams = 0;
        Silo.OnSubscribe = _ =>
        {
            if (++streams == 3)
            {
                stop.Cancel();
            }

            return [new() { Deliveries = { Offer } }, new() { Drain = new() { ReconnectAfter = Duration.FromTimeSpan(TimeSpan.Zero) } }];
        };
        var ran = await Orc.RunAsync(["actions", "tail", "-o", "json", "--address", world.Address], [], stop.Token);
        Assert.Equal(0, ran.Exit);
        Assert.Equal("act-1", JsonDocument.Parse(Assert.Single(ran.Out.TrimEnd().Split('\n'))).RootElement.GetProperty("action").GetProperty("id").GetString());
    }

    [Theory]
    [InlineData(Result.Settled, 0)]
    [InlineData(Result.AlreadySettled, 0)]
    [InlineData(Result.LeaseLost, 4)]
    [InlineData(Result.Refused, 4)]
    [InlineData(Result.Unavailable, 5)]
    public async Task A_settlement_exits_by_its_result(Result result, int exit)
    {
        Silo.OnAsk = _ => new SettleResponse { Results = { new SettlementResult { AckId = "a", Result = result } } };
        Assert.Equal(exit, (await world.RunAsync("actions", "settle", "a", "declined", "--reason", "no budget", "--snooze", "30d")).Exit);
        var settlement = Assert.Single(Silo.Asked.OfType<SettleRequest>().First().Settlements);
        Assert.Equal(("no budget", TimeSpan.FromDays(30)), (settlement.Declined.Reason, settlement.Declined.Snooze.ToTimeSpan()));
    }

    [Fact]
    public async Task A_decision_is_an_action_or_none_with_the_reason()
    {
        Silo.OnAsk = _ => new DecideResponse { Delivery = Offer };
        Assert.Contains("welcome", (await world.RunAsync("decide", "--channel", "email", "-i", "email:ann@example.com")).Out, StringComparison.Ordinal);
        Silo.OnAsk = _ => new DecideResponse { NoneReason = "nobody consented" };
        Assert.Equal((0, "none: nobody consented"), await Brief("decide", "--channel", "email", "--account", "acme"));
        Assert.Equal(2, (await world.RunAsync("decide", "--channel", "email")).Exit);
        Assert.Equal(2, (await world.RunAsync("decide", "--account", "acme")).Exit);
    }

    [Fact]
    public async Task A_slot_is_reserved_confirmed_and_released_and_a_refusal_exits_with_4()
    {
        Silo.OnAsk = asked => asked switch
        {
            ReserveRequest { Channel: "email" } => new ReserveResponse { Permitted = true, Reservation = "r1" },
            ReserveRequest => new ReserveResponse { RefusedBy = "2 of 2 this week" },
            ConfirmRequest => new ConfirmResponse(),
            _ => new ReleaseResponse(),
        };
        Assert.StartsWith("permitted: reservation r1", (await world.RunAsync("policy", "reserve", "--channel", "email", "--account", "acme", "--purpose", "marketing")).Out, StringComparison.Ordinal);
        Assert.Equal((4, "refused: 2 of 2 this week"), await Brief("policy", "reserve", "--channel", "sms", "--account", "acme"));
        Assert.Equal((0, "confirmed"), await Brief("policy", "confirm", "r1"));
        Assert.Equal((0, "released"), await Brief("policy", "release", "r1"));
    }

    [Fact]
    public async Task The_doctor_checks_reach_health_services_playbook_and_clock()
    {
        Silo.OnAsk = _ => new ListResponse();
        var ran = await world.RunAsync("doctor", "-o", "json");
        Assert.Equal(0, ran.Exit);
        var findings = ran.Out.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(
            finding => finding.GetProperty("check").GetString()!, finding => finding.GetProperty("result").GetString());
        Assert.Equal(["reach", "health", "services", "playbook", "clock"], findings.Keys);
        Assert.Equal(("ok", "ok", "warning"), (findings["health"], findings["services"], findings["playbook"]));
    }

    async Task<(int, string)> Brief(params string[] args)
    {
        var ran = await world.RunAsync(args);
        return (ran.Exit, ran.Out.Trim());
    }
}
