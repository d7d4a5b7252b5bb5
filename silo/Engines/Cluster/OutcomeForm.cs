using System.Diagnostics;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>Outcomes, states and partition messages as silos tell them to each other.</summary>
internal static class OutcomeForm
{
    public static LinkAnswer Write(long id, Outcome outcome) => outcome switch
    {
        Outcome.Accepted o => new() { Id = id, Accepted = new() { Answer = AnswerForm.Write(o.Answer), Sequence = o.Sequence } },
        Outcome.Rejected o => new() { Id = id, Rejected = AnswerForm.Write(o.Rejection) },
        Outcome.Overloaded o => new() { Id = id, Overloaded = o.RetryAfter.Ticks },
        Outcome.Unavailable o => new() { Id = id, Unavailable = o.Reason },
        _ => throw new UnreachableException(),
    };

    public static Outcome Read(LinkAnswer answer, int partition) => answer.KindCase switch
    {
        LinkAnswer.KindOneofCase.Accepted => new Outcome.Accepted(AnswerForm.Read(answer.Accepted.Answer), partition, answer.Accepted.Sequence),
        LinkAnswer.KindOneofCase.Rejected => new Outcome.Rejected(AnswerForm.Read(answer.Rejected)),
        LinkAnswer.KindOneofCase.Overloaded => new Outcome.Overloaded(TimeSpan.FromTicks(answer.Overloaded)),
        LinkAnswer.KindOneofCase.Unavailable => new Outcome.Unavailable(answer.Unavailable),
        _ => throw new InvalidDataException("an answer has a form that this version does not know"),
    };

    /// <summary>Why there is no answer of the kind asked for.</summary>
    public static string ReasonOf(LinkAnswer answer) => answer.KindCase switch
    {
        LinkAnswer.KindOneofCase.Unavailable => answer.Unavailable,
        LinkAnswer.KindOneofCase.Overloaded => "too much is under way to the silo that runs it",
        _ => "the silo that runs it gave no answer that this version knows",
    };

    public static LinkStates Write(ReadResult read)
    {
        var states = new LinkStates();
        for (var i = 0; i < read.States.Length; i++)
        {
            states.States.Add(new LinkState
            {
                State = read.States[i] is { } state ? StateForm.Write(state, read.LastEntries[i]) : null,
                LastEntry = read.LastEntries[i],
                Quarantine = read.Quarantines?[i],
            });
        }

        return states;
    }

    public static ReadResult Read(LinkStates states) => new(
        [.. states.States.Select(s => s.State is null ? null : StateForm.Read(s.State).State)],
        [.. states.States.Select(s => s.LastEntry)])
    {
        Quarantines = states.States.Any(s => s.Quarantine is not null) ? [.. states.States.Select(s => s.Quarantine)] : null,
    };

    public static LinkPost Write(PartitionMessage message)
    {
        var post = new LinkPost { Incarnation = message.Incarnation, Source = message.Source, Destination = message.Destination };
        switch (message)
        {
            case PartitionMessage.Sent sent:
                post.Sent = new LinkSent { Number = sent.Number, Command = CommandForm.Write(sent.Command) };
                break;
            case PartitionMessage.Acknowledged acknowledged:
                post.Acknowledged = acknowledged.Number;
                break;
            case PartitionMessage.Missing missing:
                post.Missing = missing.From;
                break;
            default:
                throw new UnreachableException();
        }

        return post;
    }

    /// <returns>The message, and the partition that it is for; null if a newer version wrote it.</returns>
    public static (int Partition, PartitionMessage Message)? Read(LinkPost post) => post.KindCase switch
    {
        LinkPost.KindOneofCase.Sent => (post.Destination, new PartitionMessage.Sent(post.Incarnation, post.Source, post.Destination, post.Sent.Number, CommandForm.Read(post.Sent.Command))),
        LinkPost.KindOneofCase.Acknowledged => (post.Source, new PartitionMessage.Acknowledged(post.Incarnation, post.Source, post.Destination, post.Acknowledged)),
        LinkPost.KindOneofCase.Missing => (post.Source, new PartitionMessage.Missing(post.Incarnation, post.Source, post.Destination, post.Missing)),
        _ => null,
    };
}
