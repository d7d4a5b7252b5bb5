using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Silo.Insight;

public sealed partial class AccountService
{
    /// <summary>Somebody asks for an entry: a signal like others, so it is kept, applied once and replayed.</summary>
    public async Task<EnterJourneyResponse> EnterJourney(EnterJourneyRequest request, CallContext call)
    {
        var account = await people.AccountAsync(request.Account, call.CancellationToken);
        var playbook = shelf.Current.PlaybookOf(account) ?? throw new RpcException(StatusCode.FailedPrecondition, "no playbook is published yet: publish one, then let accounts into its journeys");
        var journey = Meant(playbook, request);
        var contact = request.Contact.Length > 0 ? await ContactAsync(account, request.Contact, call.CancellationToken) : null;
        if (contact is not null && contact.Key.Affinity != account.Key.Affinity)
        {
            account = await people.AccountAsync(contact.Key.Affinity, call.CancellationToken);
        }

        var signal = SignalOf(request, account, contact);
        if (SignalSchema.Fault(signal, playbook) is { } fault)
        {
            throw new RpcException(StatusCode.InvalidArgument, fault);
        }

        var before = BookOf(account, contact);
        var outcome = await runtime.AskAsync(new AccountCommand.Record(account.Key, signal, contact?.Key.Id ?? "", clock.GetUtcNow()), call.CancellationToken);
        if (outcome is not Outcome.Accepted { Answer: Answer.Recorded recorded })
        {
            throw Refusals.StatusOf(outcome);
        }

        account = await people.AccountAsync(account.Key.Affinity, call.CancellationToken, follow: false);
        contact = contact is null ? null : (await runtime.ReadAsync([contact.Key], call.CancellationToken))[0] as Contact;
        return Told(journey, account, contact, before, recorded.Duplicate);
    }

    private static CompiledJourney Meant(Grains.Playbooks.Playbook playbook, EnterJourneyRequest request)
    {
        var journey = playbook.Journeys.FirstOrDefault(j => j.Id == request.Journey);
        if (journey is null)
        {
            var nearest = Words.Nearest(request.Journey, playbook.Journeys.Select(j => j.Id));
            throw new RpcException(StatusCode.NotFound, $"unknown journey `{request.Journey}`{(nearest is null ? "; only journeys beside the main one can be entered" : $"; did you mean `{nearest}`?")}");
        }

        if (journey.IsOfAccount != (request.Contact.Length == 0))
        {
            throw new RpcException(StatusCode.FailedPrecondition, journey.IsOfAccount ? $"journey `{journey.Id}` is one of accounts: leave `contact` out" : $"journey `{journey.Id}` is one of people: `contact` must say whose");
        }

        var byHand = request.AssertedBy.Length > 0;
        return journey.Entries.Any(e => byHand ? e.Definition.ByHand : e.Definition.ByApi)
            ? journey
            : throw new RpcException(StatusCode.FailedPrecondition, $"journey `{journey.Id}` has no entry `by: {(byHand ? "manual" : "api")}`");
    }

    private static Signal SignalOf(EnterJourneyRequest request, Account account, Contact? contact)
    {
        var signal = new Signal
        {
            Id = request.RequestId.Length > 0 ? request.RequestId : $"enter-{Guid.CreateVersion7():N}",
            Type = BuiltInSignals.JourneyRequested,
            Account = account.Key.Affinity,
            AssertedBy = request.AssertedBy,
            Source = request.Source,
            Properties = { ["journey"] = new Value { Text = request.Journey } },
        };
        if (request.Reason.Length > 0)
        {
            signal.Properties.Add("reason", new Value { Text = request.Reason });
        }

        if (contact is { Identifiers: [var name, ..] })
        {
            signal.Identifiers.Add(new Identifier { Kind = name.Kind, Value = name.Value });
        }

        return signal;
    }

    private static EnterJourneyResponse Told(CompiledJourney journey, Account account, Contact? contact, EntryBook? before, bool duplicate)
    {
        var place = JourneyWalk.PlaceOf(journey, account, contact);
        var book = BookOf(account, contact);
        var response = new EnterJourneyResponse { Stage = place.Stage, Duplicate = duplicate };
        if (book?.Refused.FirstOrDefault(r => r.Journey == journey.Id) is { } refused)
        {
            (response.Result, response.Reason) = (EnterJourneyResponse.Types.Result.Refused, refused.Reason);
        }
        else if (book?.Waiting.Any(w => w.Journey == journey.Id) == true)
        {
            response.Result = EnterJourneyResponse.Types.Result.Waits;
        }
        else if (journey.IsActive(place.Stage) || duplicate || !Same(before, book, journey.Id))
        {
            response.Result = EnterJourneyResponse.Types.Result.Entered;
        }
        else
        {
            (response.Result, response.Reason) = (EnterJourneyResponse.Types.Result.Refused, "the condition of its entry does not hold");
        }

        return response;
    }

    private static bool Same(EntryBook? before, EntryBook? after, string journey) => Count(before, journey) == Count(after, journey);

    private static int Count(EntryBook? book, string journey) => book?.Entries.Where(e => e.Transition == journey).Sum(e => e.Count) ?? 0;

    private static EntryBook? BookOf(Account account, Contact? contact) => contact is null ? account.Standing?.Entries : contact.Standing?.Entries;
}
