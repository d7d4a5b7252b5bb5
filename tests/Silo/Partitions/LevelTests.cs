using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class LevelTests
{
    private const string Escalating = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        attributes: {account: {country: string?}, contact: {title: string?}}
        signals: {page.viewed: {observed: true, properties: {url: string?}}, ticket.opened: {observed: true, properties: {ticket: string, severity: int?}}}
        journey: {start: known}
        stages:
          known: {kind: inventory, accountable: sales}
          warm: {kind: sla, accountable: sales, sla: {within: 20s, then: escalate}}
        transitions:
          - {id: warms, from: known, to: warm, when: "account.country == 'GB'"}
        plays: []
        """;

    [Fact]
    public async Task What_every_account_meets_is_written_in_its_older_form_while_the_store_has_level_1()
    {
        var journals = new List<(int Partition, long Sequence, StoredFrame Frame)>[2];
        foreach (var level in new[] { 1, 2 })
        {
            await using var world = await BeginAsync(level);
            // A person says so, which turns it warm; the deadline of the stage passes; an anonymous visitor turns out to be known; two of an account are one person; a silo dies.
            await TakenAsync(world, Signal("said", "account.updated", "b-1", s => (s.AssertedBy, s.Source) = ("ann", "crm"), ("country", "GB")));
            await TakenAsync(world, Signal("ticket", "ticket.opened", "b-1", null, ("ticket", "T-1")));
            await world.UntilAsync(async () => (await AccountAsync(world, "b-1")).SlaBreached);
            await TakenAsync(world, World.Route(world.Identifier(1, 7, accountIn: 2), "anonymous-view"));
            await TakenAsync(world, Signal("known", "page.viewed", "b-2", s => s.Identifiers.AddRange([Id(world.Identifier(1, 7, accountIn: 2)), Id("email:v@b.example")])));
            await TakenAsync(world, Signal("one", "page.viewed", "b-2", s => s.Identifiers.Add(Id("email:w@b.example"))));
            await TakenAsync(world, Signal("both", "page.viewed", "b-2", s => s.Identifiers.AddRange([Id("email:v@b.example"), Id("email:w@b.example")])));
            await world.UntilAsync(async () => (await world.JournalAsync()).SelectMany(f => f.Frame.Entries).SelectMany(e => e.Events).Count(e => e.Contact?.Absorbed is not null) >= 2);
            await world.CrashAndStartAsync();
            await TakenAsync(world, Signal("after", "page.viewed", "b-1", null));
            await world.Silo.StopAsync();
            await world.StartAsync();
            await world.AssertEqualsFoldFromZeroAsync();
            Assert.Equal(level == 1 ? 0 : 1, (await AccountAsync(world, "b-1")).OpenActions.Count(a => a.Request is Grains.Requests.Request.Escalation));
            journals[level - 1] = await world.JournalAsync();
        }

        Assert.Equal([], journals[0].SelectMany(f => f.Frame.DeadLetters));
        Assert.All(journals[0], f => Assert.Null(FormLevels.Find(f.Frame, 1)));
        // Otherwise this would be no test: the same at level 2 has parts that level 1 does not know.
        var higher = string.Join(' ', journals[1].Select(f => f.Frame.ToString()));
        Assert.All(["care", "origin", "request", "support", "rules", "latest"], part => Assert.Contains($"\"{part}\":", higher, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_has_no_older_form_is_refused_with_what_it_is_the_level_and_the_command_that_raises_it()
    {
        await using var world = await BeginAsync(level: 1);
        await TakenAsync(world, Signal("first", "page.viewed", "b-1", null));
        world.Level = 2;
        await world.StopAndStartAsync();
        Assert.Equal(1, world.Silo.Level);
        var before = (await world.JournalAsync()).Count;

        await RefusedAsync(world, Signal("loaded", "page.viewed", "b-1", s => s.BackFill = true), "the signal `loaded` (`Signal.back_fill`)");
        await RefusedAsync(world, Signal("joined", "contact.joined", "b-1", s => s.Identifiers.Add(Id("email:a@b.example"))), "the signal type `contact.joined`");
        await RefusedAsync(world, new AccountCommand.Adopt(GrainKey.Account(World.Tenant, "b-1")), "the visit of a publish (`StoredCommand.adopt`)");
        await RefusedAsync(world, new CatalogCommand.SaveDraft(GrainKey.Catalog(World.Tenant), "next", "text", "next.yaml", "digest", "ann", 0, 0), "the draft `next` (`StoredCommand.draft`)");
        await RefusedAsync(world, new PartitionCommand.Release(GrainKey.Account(World.Tenant, "b-1")), "a release (`StoredCommand.release`)");
        Assert.Equal(before, (await world.JournalAsync()).Count);

        await new Levels(world.Silo, world.Store, NullLogger<Levels>.Instance).RaiseAsync(2, null, CancellationToken.None);
        await TakenAsync(world, Signal("loaded", "page.viewed", "b-1", s => s.BackFill = true));
        Assert.Contains(await world.JournalAsync(), f => FormLevels.Find(f.Frame, 1) is { Name: "Signal.back_fill", Level: 2 });
    }

    [Fact]
    public async Task A_fact_without_an_older_form_that_a_turn_would_make_is_refused_and_leaves_nothing_behind()
    {
        // Its playbook should not have been published: the last wall holds all the same.
        await using var world = await BeginAsync(level: 1, Escalating.Replace("plays: []", "lateness: {correct-after: 1s}\nplays: []", StringComparison.Ordinal));
        await TakenAsync(world, Signal("now", "page.viewed", "b-1", null));
        var refused = Signal("late", "page.viewed", "b-1", s => s.Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(World.Start.AddHours(-5)));
        await RefusedAsync(world, refused, "the signal `late` (`StoredAccountEvent.lateness`)");
        Assert.Equal(1, (await AccountAsync(world, "b-1")).SignalCount);
        await world.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task A_store_whose_playbook_is_above_its_level_is_raised_before_anything_is_decided_and_one_that_is_not_is_left()
    {
        var publisher = new PlaybookPublisher(new PlaybookShelf(), NullLogger<PlaybookPublisher>.Instance);
        await using var world = await BeginAsync(level: 1);
        world.Level = 2;
        await world.StopAndStartAsync();
        var levels = new Levels(world.Silo, world.Store, NullLogger<Levels>.Instance);
        publisher.Publish(World.Tenant, Version(1, Escalating));
        await levels.SettleAsync(publisher.Needed, CancellationToken.None);
        Assert.Equal(1, world.Silo.Level);

        publisher.Publish(World.Tenant, Version(2, Escalating.Replace("plays: []", "lateness: {correct-after: 1s}\nplays: []", StringComparison.Ordinal)));
        await levels.SettleAsync(publisher.Needed, CancellationToken.None);
        Assert.Equal(2, world.Silo.Level);
        await world.StopAndStartAsync();
        Assert.Equal(2, world.Silo.Level);
    }

    [Theory]
    [InlineData("plays: []", "lateness: {}\nplays: []", "lateness", 13)]
    [InlineData("account.country == 'GB'", "account.country == 'GB' && has_open_ticket(1)", "has_open_ticket", 12)]
    [InlineData("within: 20s", "within: 30s", null, 0)]
    public void A_playbook_says_which_of_its_words_need_a_feature_level(string replaced, string by, string? word, int line)
    {
        var compiled = PlaybookCompiler.Compile(Escalating.Replace(replaced, by, StringComparison.Ordinal), "p.yaml", 1);
        Assert.Equal([], compiled.Diagnostics.Where(d => d.Severity == Severity.Error));
        Assert.Equal(word is null ? [] : [(word, 2, line)], compiled.Needs.Select(n => (n.What, n.Level, n.At.Line)));
    }

    private static async Task<World> BeginAsync(int level, string playbook = Escalating) => await World.BeginAsync(seed: world =>
    {
        world.Level = level;
        world.Shelf.Set(PlaybookLibrary.Empty.With(World.Tenant, PlaybookCompiler.Compile(playbook, "p.yaml", 1).Playbook!));
        return Task.CompletedTask;
    });

    private static async Task TakenAsync(World world, GrainCommand command)
    {
        var outcome = await world.AskInTimeAsync(command);
        Assert.True(outcome is Outcome.Accepted, outcome.ToString());
    }

    private static async Task RefusedAsync(World world, GrainCommand command, string what)
    {
        var outcome = await world.AskInTimeAsync(command);
        var refusal = Assert.IsType<Rejection.NeedsLevel>(Assert.IsType<Outcome.Rejected>(outcome).Rejection);
        var status = Refusals.StatusOf(outcome);
        Assert.Equal(Protos.Rpc.StatusCode.FailedPrecondition, status.Code);
        Assert.Equal($"{what} needs feature level 2, the cluster has 1: raise it with `orc cluster raise-level 2` once every silo reads it", status.Status.Detail);
        // On its way from one silo to another, and to one that does not know it.
        var sent = Grains.StoredForms.AnswerForm.Write(refusal);
        Assert.Equal(refusal, Grains.StoredForms.AnswerForm.Read(StoredRejection.Parser.ParseFrom(sent.ToByteArray())));
        Assert.Null(FormLevels.Find(sent, 1));
    }

    private static AccountCommand.Record Signal(string id, string type, string account, Action<Signal>? with, params (string Name, string Text)[] properties)
    {
        var signal = new Signal { Id = id, Type = type, Account = account };
        foreach (var (name, text) in properties)
        {
            signal.Properties[name] = new Value { Text = text };
        }

        with?.Invoke(signal);
        return new AccountCommand.Record(GrainKey.Account(World.Tenant, account), signal, "", World.Start);
    }

    private static Identifier Id(string name) => new() { Kind = name[..name.IndexOf(':', StringComparison.Ordinal)], Value = name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..] };

    private static async Task<Account> AccountAsync(World world, string account) => (Account)(await world.Silo.ReadAsync([GrainKey.Account(World.Tenant, account)], CancellationToken.None))[0]!;

    private static PlaybookVersion Version(int number, string text) => new("small", number, text, "p.yaml", World.Start, [], "digest");

}
