using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The services of one Orchestrator. Thread-safe; make one and keep it. Calls that the contract calls idempotent are tried again by <see cref="RetryPolicy"/>.</summary>
public sealed class OrchestratorClient : IDisposable
{
    readonly bool owned;

    /// <param name="address">For example <c>http://localhost:7400</c>.</param>
    /// <param name="options">Null for the defaults.</param>
    public OrchestratorClient(Uri address, RpcChannelOptions? options = null)
        : this(new RpcChannel(address, options)) => owned = true;

    /// <param name="channel">Stays the caller's to dispose.</param>
    public OrchestratorClient(RpcChannel channel)
    {
        Channel = channel;
        Signals = channel.Create<ISignalService>(SignalsReflection.Descriptor.Services[0], nameof(ISignalService.RecordBatch));
        Actions = channel.Create<IActionService>(
            ActionsReflection.Descriptor.Services[0], nameof(IActionService.Settle), nameof(IActionService.Extend), nameof(IActionService.Decide));
        Playbooks = channel.Create<IPlaybookService>(
            PlaybooksReflection.Descriptor.Services[0], nameof(IPlaybookService.Validate), nameof(IPlaybookService.Get), nameof(IPlaybookService.List));
        Accounts = channel.Create<IAccountService>(
            AccountsReflection.Descriptor.Services[0],
            nameof(IAccountService.GetAccount), nameof(IAccountService.GetContact), nameof(IAccountService.Timeline), nameof(IAccountService.Explain));
        ContactPolicy = channel.Create<IContactPolicyService>(
            PoliciesReflection.Descriptor.Services[0],
            nameof(IContactPolicyService.Reserve), nameof(IContactPolicyService.Confirm), nameof(IContactPolicyService.Release));
        Insight = channel.Create<IInsightService>(InsightReflection.Descriptor.Services[0], nameof(IInsightService.Contrast));
        Authoring = channel.Create<IAuthoringService>(AuthoringReflection.Descriptor.Services[0], nameof(IAuthoringService.Forward), nameof(IAuthoringService.GetRollout));
        Shadow = channel.Create<IShadowService>(ShadowReflection.Descriptor.Services[0], nameof(IShadowService.GetShadow));
        Stages = channel.Create<IStageService>(StagesReflection.Descriptor.Services[0]);
        Identities = channel.Create<IIdentityService>(
            IdentitiesReflection.Descriptor.Services[0],
            nameof(IIdentityService.MergeAccounts), nameof(IIdentityService.MergeContacts), nameof(IIdentityService.Unmerge),
            nameof(IIdentityService.UnmergeAccounts), nameof(IIdentityService.DismissDuplicate));
        Rejections = channel.Create<IRejectionService>(RejectionsReflection.Descriptor.Services[0], nameof(IRejectionService.ListRejected));
        Cluster = channel.Create<IClusterService>(
            ClusterReflection.Descriptor.Services[0], nameof(IClusterService.ListSilos), nameof(IClusterService.Drain), nameof(IClusterService.Cordon),
            nameof(IClusterService.GetLevel));
    }

    public RpcChannel Channel { get; }

    public ISignalService Signals { get; }

    public IActionService Actions { get; }

    public IPlaybookService Playbooks { get; }

    public IAccountService Accounts { get; }

    public IContactPolicyService ContactPolicy { get; }

    /// <summary>For whoever writes playbooks.</summary>
    public IAuthoringService Authoring { get; }

    public IInsightService Insight { get; }

    /// <summary>For whoever tries a playbook on what happens, before it decides.</summary>
    public IShadowService Shadow { get; }

    /// <summary>For whoever follows what stages accounts and people enter.</summary>
    public IStageService Stages { get; }

    public IIdentityService Identities { get; }

    public IRejectionService Rejections { get; }

    /// <summary>For operators.</summary>
    public IClusterService Cluster { get; }

    /// <summary>Opens a stream for many signals, with a verdict for each. Dispose it after its last flush.</summary>
    public SignalRecorder NewRecorder(SignalRecorderOptions? options = null) => new(Signals, options);

    /// <summary>Takes the actions of a subscription under lease, across reconnections.</summary>
    public ActionSubscription Subscribe(ActionSubscriptionOptions options) => new(Actions, options);

    public void Dispose()
    {
        if (owned)
        {
            Channel.Dispose();
        }
    }
}
