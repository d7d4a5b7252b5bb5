using System.Text;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Api;

/// <summary>The one gate, for messages that other systems or people send. A reservation's name carries its account, so that it can be ended by name alone.</summary>
public sealed class ContactPolicyService(SiloRuntime runtime, People people)
{
    private static readonly TimeSpan DefaultHold = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestHold = TimeSpan.FromHours(24);

    public async Task<ReserveResponse> Reserve(ReserveRequest request, CallContext call)
    {
        if (Encoding.UTF8.GetByteCount(request.Id) is 0 or > 100)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"the id must be 1 to 100 bytes, it is {Encoding.UTF8.GetByteCount(request.Id)}");
        }

        var hold = request.Hold is null ? DefaultHold : request.Hold.ToTimeSpan();
        if (hold < TimeSpan.FromSeconds(1) || hold > LongestHold)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"the hold must be 1 s to 24 h, it is {hold}");
        }

        if (request.Identifiers.Count == 0)
        {
            throw new RpcException(StatusCode.InvalidArgument, "`identifiers` must say who is addressed");
        }

        var (account, contact) = await people.FindAsync(request.Account, request.Identifiers, call.CancellationToken);
        var command = new AccountCommand.Reserve(account.Key, contact, request.Id, request.Channel, request.Purpose, request.Transactional, hold);
        return await runtime.AskAsync(command, call.CancellationToken) switch
        {
            Outcome.Accepted { Answer: Answer.Reserved held } => new ReserveResponse
            {
                Permitted = true,
                Reservation = $"{held.Reservation}@{account.Key.Affinity}",
                HeldUntil = Timestamp.FromDateTimeOffset(held.HeldUntil),
            },
            Outcome.Accepted { Answer: Answer.NotReserved refused } => new ReserveResponse
            {
                RefusedBy = refused.RefusedBy,
                NotBefore = refused.NotBefore is { } at ? Timestamp.FromDateTimeOffset(at) : null,
            },
            var outcome => throw Refusals.StatusOf(outcome),
        };
    }

    public async Task<ConfirmResponse> Confirm(ConfirmRequest request, CallContext call)
    {
        await EndAsync(request.Reservation, sent: true, call);
        return new ConfirmResponse();
    }

    public async Task<ReleaseResponse> Release(ReleaseRequest request, CallContext call)
    {
        await EndAsync(request.Reservation, sent: false, call);
        return new ReleaseResponse();
    }

    private async Task EndAsync(string reservation, bool sent, CallContext call)
    {
        var at = reservation.IndexOf('@', StringComparison.Ordinal);
        if (at <= 0 || SignalSchema.AccountFault(reservation[(at + 1)..]) is not null)
        {
            throw Refusals.StatusOf(new Outcome.Rejected(new Rejection.NoSuchReservation(reservation)));
        }

        var command = new AccountCommand.EndReservation(GrainKey.Account(Tenants.Default, reservation[(at + 1)..]), reservation[..at], sent);
        if (await runtime.AskAsync(command, call.CancellationToken) is var outcome and not Outcome.Accepted)
        {
            throw Refusals.StatusOf(outcome);
        }
    }
}
