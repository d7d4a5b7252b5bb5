using Google.Protobuf.WellKnownTypes;
using Orchestrator.Orleans;
using Orchestrator.V1;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Orchestrator.Silo.Engines.Orleans.Facades;

/// <summary>The door to one person for Orleans clients. It holds nothing, so several calls may be inside at a time.</summary>
[Reentrant, GrainType("orchestrator-contact")]
internal sealed class ContactGrain(IGrainContext context, Task<Services> services) : IGrainBase, IContactGrain
{
    public IGrainContext GrainContext => context;

    private Identifier Identifier => ContactKey.Read(GrainContext.GrainId.Key.ToString()!);

    public async Task<Acknowledgement> RecordAsync(Signal signal)
    {
        var (mine, sent) = (Identifier, new Signal(signal));
        if (!sent.Identifiers.Contains(mine))
        {
            sent.Identifiers.Insert(0, mine);
        }

        return await (await services).RecordAsync(sent);
    }

    public async Task<GetContactResponse> GetAsync() => await (await services).GetAsync(new GetContactRequest { Identifier = Identifier });

    public async Task<DecideResponse> DecideAsync(string channel, TimeSpan? lease) =>
        await (await services).DecideAsync(new DecideRequest { Identifiers = { Identifier }, Channel = channel, Lease = lease is { } time ? Duration.FromTimeSpan(time) : null });

    public async Task<ReserveResponse> ReserveAsync(ReserveRequest request)
    {
        var mine = new ReserveRequest(request);
        mine.Identifiers.Clear();
        mine.Identifiers.Add(Identifier);
        return await (await services).ReserveAsync(mine);
    }
}
