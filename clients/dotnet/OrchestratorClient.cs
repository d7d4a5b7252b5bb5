using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The services of one Orchestrator. Thread-safe; make one and keep it.</summary>
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
        Signals = channel.Create<ISignalService>(SignalsReflection.Descriptor.Services[0]);
        Actions = channel.Create<IActionService>(ActionsReflection.Descriptor.Services[0]);
        Playbooks = channel.Create<IPlaybookService>(PlaybooksReflection.Descriptor.Services[0]);
        Accounts = channel.Create<IAccountService>(AccountsReflection.Descriptor.Services[0]);
        ContactPolicy = channel.Create<IContactPolicyService>(PoliciesReflection.Descriptor.Services[0]);
    }

    public RpcChannel Channel { get; }

    public ISignalService Signals { get; }

    public IActionService Actions { get; }

    public IPlaybookService Playbooks { get; }

    public IAccountService Accounts { get; }

    public IContactPolicyService ContactPolicy { get; }

    public void Dispose()
    {
        if (owned)
        {
            Channel.Dispose();
        }
    }
}
