using System.Diagnostics;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Requests;
using Orchestrator.V1;
using Clause = Orchestrator.Grains.Stages.Clause;
using PacketItem = Orchestrator.Grains.Requests.PacketItem;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Requests as stored, within the action that asks. A new kind is a case here, twice: written and read.</summary>
public static class RequestForm
{
    public static StoredRequest Write(Request request)
    {
        var stored = new StoredRequest
        {
            Subject = request.Subject,
            Packet = { request.Packet.Select(p => new StoredPacketItem { Name = p.Name, Text = p.Text }) },
            Reasons = { request.Reasons },
            Within = request.Within.Ticks,
        };
        switch (request)
        {
            case Request.Confirmation r:
                stored.Confirmation = new StoredConfirmation
                {
                    To = r.To,
                    RejectTo = r.RejectTo,
                    Reason = r.Reason,
                    Evidence = { r.Evidence.Select(c => new StoredCriterionClause { Text = c.Text, Held = c.Held, Values = c.Values, AssertedOnly = c.AssertedOnly }) },
                };
                if (r.Key is { } key)
                {
                    stored.Confirmation.Key = key;
                }

                break;
            case Request.Handoff r:
                stored.Handoff = new StoredHandoff { From = r.From, To = r.To, Stage = r.Stage, Otherwise = (int)r.Else };
                break;
            case Request.Escalation r:
                stored.Escalation = new StoredEscalation { Of = r.Of is { } unanswered ? Write(unanswered) : null, Level = r.Level };
                break;
            default:
                throw new UnreachableException();
        }

        return stored;
    }

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static Request Read(StoredRequest stored)
    {
        var within = TimeSpan.FromTicks(stored.Within);
        Request read = stored.KindCase switch
        {
            StoredRequest.KindOneofCase.Confirmation when stored.Confirmation is { } r =>
                new Request.Confirmation(r.To, r.RejectTo, [.. r.Evidence.Select(c => new Clause(c.Text, c.Held, c.Values) { AssertedOnly = c.AssertedOnly })], r.Reason)
                {
                    Subject = stored.Subject,
                    Within = within,
                    Key = r.HasKey ? r.Key : null,
                },
            StoredRequest.KindOneofCase.Handoff when stored.Handoff is { } r =>
                new Request.Handoff(r.From, r.To, r.Stage, (HandoffElse)r.Otherwise) { Subject = stored.Subject, Within = within },
            StoredRequest.KindOneofCase.Escalation when stored.Escalation is { } r =>
                new Request.Escalation(r.Of is { } unanswered ? Read(unanswered) : null, r.Level) { Subject = stored.Subject, Within = within },
            _ => throw new InvalidDataException($"the request about `{stored.Subject}` has a form that this version does not know"),
        };
        return read with { Packet = [.. stored.Packet.Select(p => new PacketItem(p.Name, p.Text))], Reasons = [.. stored.Reasons] };
    }
}
