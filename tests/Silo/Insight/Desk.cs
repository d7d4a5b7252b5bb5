using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

/// <summary>A silo with a playbook, asked through its services as a caller would.</summary>
internal sealed class Desk : IAsyncDisposable
{
    private int _signals;

    private Desk(World world) => World = world;

    public World World { get; }

    public AccountService Accounts => new(World.Silo, World.Shelf, new People(World.Silo), new ActionForm(World.Shelf), World.Clock);

    public static async Task<Desk> OpenAsync(string? playbook = SamplePlaybook.Text, int partitions = 2, PartitionSettings? settings = null, int level = FeatureLevel.Current)
    {
        var world = await World.BeginAsync(partitions, settings, seed: world =>
        {
            world.Level = level;
            var publisher = new PlaybookPublisher(world.Shelf, NullLogger<PlaybookPublisher>.Instance);
            world.OnPublish = version => publisher.Publish(Tenants.Default, version);
            return Task.CompletedTask;
        });
        var desk = new Desk(world);
        if (playbook is not null)
        {
            await desk.PublishAsync(playbook);
        }

        return desk;
    }

    public Task<PublishResponse> PublishAsync(string text) =>
        World.InTimeAsync(new PlaybookService(World.Silo).Publish(new PublishRequest { Text = text, File = "sample.yaml" }, new CallContext()));

    /// <summary>Sends a signal and returns its id.</summary>
    public async Task<string> SignalAsync(string type, string account = "acme", string email = "", params (string Name, object Value)[] properties)
    {
        var signal = new Signal { Id = $"s-{++_signals}", Type = type, Account = account, Source = "test" };
        if (email.Length > 0)
        {
            signal.Identifiers.Add(new Identifier { Kind = "email", Value = email });
        }

        foreach (var (name, value) in properties)
        {
            signal.Properties.Add(name, ValueOf(value));
        }

        await RecordAsync(signal);
        return signal.Id;
    }

    public async Task RecordAsync(Signal signal)
    {
        var answer = await TryRecordAsync(signal);
        Assert.True(answer.Result == Acknowledgement.Types.Result.Recorded, answer.Reason);
    }

    public async Task<Acknowledgement> TryRecordAsync(Signal signal)
    {
        var service = new SignalService(World.Silo, World.Shelf, World.Clock);
        return (await World.InTimeAsync(service.RecordBatch(new RecordBatchRequest { Signals = { signal } }, new CallContext()))).Acknowledgements[0];
    }

    public Task<ExplainResponse> ExplainAsync(string signal = "", string action = "", string play = "", string account = "acme") =>
        Accounts.Explain(new ExplainRequest { Account = account, SignalId = signal, ActionId = action, Play = play }, new CallContext());

    public async Task<V1.Account> AccountAsync(string account = "acme") =>
        (await Accounts.GetAccount(new GetAccountRequest { Account = account }, new CallContext())).Account;

    public async Task<V1.Contact> ContactAsync(string email, string account = "") =>
        (await Accounts.GetContact(new GetContactRequest { Account = account, Identifier = new Identifier { Kind = "email", Value = email } }, new CallContext())).Contact;

    public Task<TimelineResponse> TimelineAsync(string account = "acme", string contact = "", int size = 0, string token = "") =>
        Accounts.Timeline(new TimelineRequest { Account = account, Contact = contact, PageSize = size, PageToken = token }, new CallContext());

    public async Task SettleAsync(V1.Action action, Grains.Accounts.Settlement settlement)
    {
        var outcome = await World.AskInTimeAsync(new AccountCommand.Settle(GrainKey.Account(Tenants.Default, action.Account), action.Id, settlement));
        Assert.True(outcome is Outcome.Accepted, outcome.ToString());
    }

    public async Task<Answer.Decided> AskAsync(string channel, string contact = "", string account = "acme") =>
        Assert.IsType<Answer.Decided>(Assert.IsType<Outcome.Accepted>(await World.AskInTimeAsync(new AccountCommand.Ask(GrainKey.Account(Tenants.Default, account), contact, channel))).Answer);

    /// <summary>Asserts that a call is refused so.</summary>
    public async Task RefusesAsync(Func<AccountService, CallContext, Task> call, StatusCode code, string part)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => call(Accounts, new CallContext()));
        Assert.Equal(code, refused.Code);
        Assert.Contains(part, refused.Status.Detail, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => World.DisposeAsync();

    private static Value ValueOf(object value) => value switch
    {
        string text => new Value { Text = text },
        int whole => new Value { Integer = whole },
        Money money => new Value { Money = money },
        Value made => made,
        DateTimeOffset instant => new Value { Instant = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(instant) },
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };
}
