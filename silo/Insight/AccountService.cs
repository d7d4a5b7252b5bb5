using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Silo.Insight;

/// <summary>Answers over gRPC what is known of an account and its people, what happened, and why. Stateless; any thread.</summary>
public sealed partial class AccountService(SiloRuntime runtime, PlaybookShelf shelf, People people, ActionForm actions, TimeProvider clock)
{
    private const int MostFacts = 1_000;
    private const int DefaultFacts = 100;
    private const int MostMoves = 8;

    private readonly AccountForm _accounts = new(shelf, actions);
    private readonly ContactForm _contacts = new(shelf);

    public async Task<GetAccountResponse> GetAccount(GetAccountRequest request, CallContext call)
    {
        var asOf = request.AsOf is { } at ? InstantForm.Read(at, "as_of") : clock.GetUtcNow();
        var quarantine = await QuarantineAsync(request.Account, call.CancellationToken);
        var response = new GetAccountResponse { AsOf = Timestamp.FromDateTimeOffset(asOf), Quarantine = quarantine };
        try
        {
            response.Account = _accounts.Write(await people.AccountAsync(request.Account, call.CancellationToken, follow: false), asOf);
        }
        catch (RpcException unknown) when (unknown.Code == StatusCode.NotFound && quarantine is not null)
        {
            // Its first signal brought the silos down: nothing else is known of it.
            response.Account = new V1.Account { Id = request.Account };
        }

        return response;
    }

    public async Task<ReleaseAccountResponse> ReleaseAccount(ReleaseAccountRequest request, CallContext call)
    {
        if (await QuarantineAsync(request.Account, call.CancellationToken) is null)
        {
            throw new RpcException(StatusCode.NotFound, $"the account `{request.Account}` is not in quarantine");
        }

        var outcome = await runtime.AskAsync(new PartitionCommand.Release(GrainKey.Account(Tenants.Default, request.Account)), call.CancellationToken);
        return outcome is Outcome.Accepted ? new() : throw Refusals.StatusOf(outcome);
    }

    private async Task<Quarantine?> QuarantineAsync(string account, CancellationToken cancel)
    {
        if (SignalSchema.AccountFault(account) is { } fault)
        {
            throw new RpcException(StatusCode.InvalidArgument, fault);
        }

        return await runtime.QuarantineAsync(GrainKey.Account(Tenants.Default, account), cancel) is { } stored
            ? new Quarantine { Since = Timestamp.FromDateTimeOffset(Ticks.Instant(stored.At)), Command = stored.Command, Crashes = stored.Crashes }
            : null;
    }

    public async Task<GetContactResponse> GetContact(GetContactRequest request, CallContext call)
    {
        var (account, contact) = await MeantAsync(request, call.CancellationToken);
        var now = clock.GetUtcNow();
        var found = await ContactAsync(account, contact, call.CancellationToken);
        if (found.Key.Affinity != account.Key.Affinity)
        {
            account = await people.AccountAsync(found.Key.Affinity, call.CancellationToken, follow: false);
        }

        var response = new GetContactResponse
        {
            Contact = _contacts.Write(found, account, now),
            AsOf = Timestamp.FromDateTimeOffset(now),
        };
        response.Contact.Memberships.AddRange(await MembershipText.ReadAsync(found, runtime, call.CancellationToken));
        return response;
    }

    public async Task<TimelineResponse> Timeline(TimelineRequest request, CallContext call)
    {
        if (request.PageSize is < 0 or > MostFacts)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`page_size` must be 1 to {MostFacts}, or 0 for {DefaultFacts}; it is {request.PageSize}");
        }

        var account = await people.AccountAsync(request.Account, call.CancellationToken, follow: false);
        if (request.Contact.Length > 0)
        {
            await KnownAsync(account, request.Contact, call.CancellationToken);
        }

        var timeline = new Timeline(runtime, account.Key, request.Contact);
        return await timeline.PageAsync(request.PageToken, request.PageSize == 0 ? DefaultFacts : request.PageSize, call.CancellationToken);
    }

    public async Task<ExplainResponse> Explain(ExplainRequest request, CallContext call)
    {
        if (request.ActionId.Length > 0 && request.SignalId.Length > 0)
        {
            throw new RpcException(StatusCode.InvalidArgument, "both `action_id` and `signal_id` are set: one of them must say which decision is meant");
        }

        var decision = await DecisionAsync(request, call.CancellationToken);
        var made = await Recomputation.MakeAsync(decision, runtime, shelf, call.CancellationToken);
        return new Explanation(made).Write(request.ActionId, request.Play, decision.Account.PartitionOf(runtime.Partitions));
    }

    /// <summary>The decision that is meant, at the account or, if that was merged and has no such decision, where it now is.</summary>
    private async Task<PastDecision> DecisionAsync(ExplainRequest request, CancellationToken cancel)
    {
        Func<IReadOnlyList<StoredEvent>, bool> isMeant = (request.ActionId, request.SignalId) switch
        {
            ({ Length: > 0 } action, _) => turn => turn.Any(e => e.Account?.ActionOffered?.Action.Id == action),
            (_, { Length: > 0 } signal) => turn => turn.Any(e => e.Account?.SignalRecorded?.Signal.Id == signal),
            _ => _ => true,
        };
        var account = await people.AccountAsync(request.Account, cancel, follow: false);
        var history = new History(runtime, account.Key);
        var here = await PastDecision.FindAsync(history, isMeant, cancel);
        if (account.ForwardedTo.Length > 0)
        {
            // The latest decision is one of the account that carries on; a named one may be on either side of the merge.
            var isNamed = request.ActionId.Length + request.SignalId.Length > 0;
            var carriesOn = await people.AccountAsync(request.Account, cancel);
            history = isNamed && here is not null ? history : new History(runtime, carriesOn.Key);
            here = isNamed && here is not null ? here : await PastDecision.FindAsync(history, isMeant, cancel) ?? here;
        }

        var dropped = here is null && history.Dropped is { } said ? $"; {said}" : "";
        return here ?? throw new RpcException(StatusCode.NotFound, (request.ActionId, request.SignalId) switch
        {
            ({ Length: > 0 } action, _) => $"no action `{action}` was ever decided for the account `{request.Account}`; its timeline lists all that were",
            (_, { Length: > 0 } signal) => $"no signal `{signal}` was recorded for the account `{request.Account}`; it may have been refused, or belong to another account: the timeline lists all that were recorded",
            _ => $"nothing was ever decided for the account `{request.Account}`",
        } + dropped);
    }

    private async Task<(Account Account, string Contact)> MeantAsync(GetContactRequest request, CancellationToken cancel)
    {
        if (request.Identifier is { } identifier)
        {
            if (request.Contact.Length > 0)
            {
                throw new RpcException(StatusCode.InvalidArgument, "both `contact` and `identifier` are set: one of them must say who is meant");
            }

            if (identifier.Kind.Trim().Length == 0 || identifier.Value.Trim().Length == 0)
            {
                throw new RpcException(StatusCode.InvalidArgument, $"the identifier `{identifier.Kind}:{identifier.Value}` must have a kind and a value, for example `email:ann@example.com`");
            }

            return await people.FindAsync(request.Account, [identifier], cancel);
        }

        return (request.Account.Length, request.Contact.Length) switch
        {
            (0, 0) => throw new RpcException(StatusCode.InvalidArgument, "neither `account` and `contact` nor `identifier` is set"),
            (0, _) => throw new RpcException(StatusCode.InvalidArgument, $"`account` is not set: the contact `{request.Contact}` has an id within its account only"),
            (_, 0) => throw new RpcException(StatusCode.InvalidArgument, "neither `contact` nor `identifier` says who of the account is meant"),
            _ => (await people.AccountAsync(request.Account, cancel, follow: false), request.Contact),
        };
    }

    /// <summary>The contact, where the person now is: a move leaves a forwarding address.</summary>
    private async Task<Contact> ContactAsync(Account account, string contact, CancellationToken cancel)
    {
        var found = await KnownAsync(account, contact, cancel);
        for (var move = 0; move < MostMoves && found.MovedTo is { } to; move++)
        {
            found = (await runtime.ReadAsync([to], cancel))[0] is Contact { Exists: true } next
                ? next
                : throw new RpcException(StatusCode.NotFound, $"the contact `{contact}` is on the way from `{account.Key.Affinity}` to `{to.Affinity}`; ask again");
        }

        return found;
    }

    private async Task<Contact> KnownAsync(Account account, string contact, CancellationToken cancel)
    {
        var key = GrainKey.Contact(account.Key.Tenant, account.Key.Affinity, contact);
        return (await runtime.ReadAsync([key], cancel))[0] is Contact { Exists: true } found
            ? found
            : throw Refusals.StatusOf(new Outcome.Rejected(new Rejection.NoSuchContact(account.Key.Affinity, contact)));
    }
}
