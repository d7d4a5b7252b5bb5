using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Cli.Tests;

/// <summary>Accounts that are one, or were taken for one: by the command line against a real server.</summary>
public sealed class DuplicateTests : IAsyncLifetime
{
    World world = null!;

    Handlers Silo => world.Handlers;

    public async ValueTask InitializeAsync() => world = await World.StartAsync();

    public async ValueTask DisposeAsync() => await world.DisposeAsync();

    [Fact]
    public async Task A13_accounts_that_may_be_the_same_company_are_listed_with_what_they_share()
    {
        Silo.OnAsk = _ => new GetAccountResponse
        {
            Account = new Account
            {
                Id = "acme",
                Standing = new() { DataQuality = new() { SuspectedAccounts = { new SuspectedAccount { Account = "acme-ltd", Score = 0.95, Kinds = { "domain", "number" } }, new SuspectedAccount { Account = "acne", Score = 0.5, Kinds = { "name" } } } } },
            },
        };
        Assert.Equal(new Ran(0, "acme-ltd  95 %  the same domain, number\nacne  50 %  the same name\n", ""), await world.RunAsync("account", "duplicates", "acme"));
        Assert.Equal("acme", Assert.Single(Silo.Asked.OfType<GetAccountRequest>()).Account);
        Assert.Contains("\"account\":\"acme-ltd\",\"score\":0.95", (await world.RunAsync("account", "duplicates", "acme", "-o", "json")).Out.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Silo.OnAsk = _ => new GetAccountResponse { Account = new Account { Id = "acme" } };
        Assert.Equal("no other account is suspected to be the same company\n", (await world.RunAsync("account", "duplicates", "acme")).Out);
        Assert.Equal(2, (await world.RunAsync("account", "duplicates")).Exit);
    }

    [Fact]
    public async Task A13_a_suspicion_is_dismissed_in_somebodys_name()
    {
        Silo.OnAsk = _ => new DismissDuplicateResponse();
        Assert.Equal("dismissed: acme and acne are two companies\n", (await world.RunAsync("account", "dismiss", "acme", "acne", "--by", "kim", "--reason", "another street")).Out);
        Assert.Equal(("acme", "acne", "kim", "another street"), Silo.Asked.OfType<DismissDuplicateRequest>().Select(r => (r.Account, r.Other, r.By, r.Reason)).Single());
        Assert.Equal(2, (await world.RunAsync("account", "dismiss", "acme", "acne")).Exit);
        Assert.Equal(2, (await world.RunAsync("account", "dismiss", "acme", "--by", "kim")).Exit);
        Silo.OnAsk = _ => throw new RpcException(StatusCode.NotFound, "no account `acne`");
        var failed = await world.RunAsync("account", "dismiss", "acme", "acne", "--by", "kim");
        Assert.Equal(("", "error: no account `acne`" + Environment.NewLine), (failed.Out, failed.Error));
        Assert.NotEqual(0, failed.Exit);
    }

    [Fact]
    public async Task A9_the_merge_of_a_whole_account_is_undone_and_undoing_it_again_says_so()
    {
        Silo.OnAsk = asked => new UnmergeAccountsResponse { Kept = "acme", Restored = ((UnmergeAccountsRequest)asked).Account, People = 3, Changed = true };
        Assert.Equal("undone: old has its 3 people and its own state again, apart from acme\n", (await world.RunAsync("account", "unmerge", "old")).Out);
        Assert.Equal("old", Assert.Single(Silo.Asked.OfType<UnmergeAccountsRequest>()).Account);
        Silo.OnAsk = _ => new UnmergeAccountsResponse { Kept = "acme", Restored = "old" };
        Assert.Equal("undone before: old is an account of its own\n", (await world.RunAsync("account", "unmerge", "old")).Out);
        Silo.OnAsk = _ => throw new RpcException(StatusCode.FailedPrecondition, "retention has dropped the merge of `old`");
        Assert.Equal("error: retention has dropped the merge of `old`" + Environment.NewLine, (await world.RunAsync("account", "unmerge", "old")).Error);
        Assert.Equal(2, (await world.RunAsync("account", "unmerge")).Exit);
    }

    [Fact]
    public async Task A2_corrections_of_an_account_in_order_say_that_there_are_none_and_a_tolerance_that_is_none_is_refused()
    {
        Silo.OnAsk = _ => new CorrectionsResponse();
        var none = await world.RunAsync("account", "corrections", "acme");
        Assert.Equal(0, none.Exit);
        Assert.NotEqual("", none.Out);
        Assert.Equal("acme", Assert.Single(Silo.Asked.OfType<CorrectionsRequest>()).Account);
        Assert.Equal(2, (await world.RunAsync("account", "corrections", "acme", "--tolerance", "soon")).Exit);
        Silo.OnAsk = _ => new CorrectionsResponse { LateCount = 1, Late = { new LateSignal { Id = "s-1", Type = "form.submitted", HappenedAt = new Timestamp(), CameAt = new Timestamp { Seconds = 3600 } } } };
        Assert.Contains("\"lateCount\":1", (await world.RunAsync("account", "corrections", "acme", "-o", "json")).Out.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
