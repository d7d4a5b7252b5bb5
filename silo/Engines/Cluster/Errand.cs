using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>Something for the owner of a partition, on its way there. Answered exactly once. Fields belong to the router's lock.</summary>
internal abstract class Errand(int partition)
{
    public int Partition => partition;

    /// <summary>Its place among the errands of this silo: those of one partition keep their order across a move.</summary>
    public long Order { get; set; }

    /// <summary>How often it was sent to another silo.</summary>
    public int Sends { get; set; }

    /// <summary>Where it is now; null while it is here.</summary>
    public string? SentTo { get; set; }

    /// <summary>The machine's timestamp since which it waits or is under way.</summary>
    public long Since { get; set; }

    public LinkedListNode<Errand>? UnderWay { get; set; }

    /// <summary>Asked by another silo: it is told where the partition is, rather than sent on.</summary>
    public virtual bool IsAsked => false;

    /// <summary>Has it done here; false if the partition does not run here, and then nothing has happened.</summary>
    public abstract bool TryHere(IPartitionHost host, IOwnerCalls calls);

    /// <summary>What to send; the router adds id, partition and epoch.</summary>
    public abstract LinkAsk Ask();

    /// <summary>The owner's answer.</summary>
    public abstract void Answered(LinkAnswer answer);

    /// <summary>Not done, or not known to be.</summary>
    public abstract void Refused(Outcome outcome);

    /// <summary>Whoever asked is told where the partition is.</summary>
    public virtual void Elsewhere(long epoch, string owner) => throw new System.Diagnostics.UnreachableException();
}

/// <summary>A command of a caller of this silo.</summary>
internal sealed class CommandErrand(int partition, GrainCommand command, IAnswered? to, object? state) : Errand(partition)
{
    public override bool TryHere(IPartitionHost host, IOwnerCalls calls) => host.TryTell(Partition, command, to, state);

    public override LinkAsk Ask() => new() { Command = CommandForm.Write(command) };

    public override void Answered(LinkAnswer answer)
    {
        Outcome outcome;
        try
        {
            outcome = OutcomeForm.Read(answer, Partition);
        }
        catch (InvalidDataException newer)
        {
            outcome = new Outcome.Unavailable(newer.Message);
        }

        to?.Answered(state, outcome);
    }

    public override void Refused(Outcome outcome) => to?.Answered(state, outcome);
}

/// <summary>A question of this silo itself.</summary>
internal sealed class CallErrand(int partition, LinkAsk ask) : Errand(partition)
{
    private readonly TaskCompletionSource<LinkAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Never fails; a refusal is an answer.</summary>
    public Task<LinkAnswer> Answer => _answer.Task;

    public override bool TryHere(IPartitionHost host, IOwnerCalls calls)
    {
        if (calls.TryCall(Partition, ask) is not { } answering)
        {
            return false;
        }

        _ = RelayAsync(answering);
        return true;
    }

    public override LinkAsk Ask() => ask.Clone();

    public override void Answered(LinkAnswer answer) => _answer.TrySetResult(answer);

    public override void Refused(Outcome outcome) => _answer.TrySetResult(OutcomeForm.Write(0, outcome));

    private async Task RelayAsync(Task<LinkAnswer> answering) => _answer.TrySetResult(await answering);
}

/// <summary>A question of another silo, which believes that the partition runs here.</summary>
internal sealed class AskedErrand(LinkAsk ask, Action<LinkAnswer> answer) : Errand(ask.Partition), IAnswered
{
    private GrainCommand? _command;

    public override bool IsAsked => true;

    public override bool TryHere(IPartitionHost host, IOwnerCalls calls)
    {
        if (ask.KindCase != LinkAsk.KindOneofCase.Command)
        {
            if (calls.TryCall(Partition, ask) is not { } answering)
            {
                return false;
            }

            _ = RelayAsync(answering);
            return true;
        }

        try
        {
            _command ??= CommandForm.Read(ask.Command);
        }
        catch (InvalidDataException newer)
        {
            Refused(new Outcome.Unavailable(newer.Message));
            return true;
        }

        return host.TryTell(Partition, _command, this, null);
    }

    public override LinkAsk Ask() => throw new System.Diagnostics.UnreachableException();

    public override void Answered(LinkAnswer given)
    {
        given.Id = ask.Id;
        answer(given);
    }

    public void Answered(object? state, Outcome outcome) => answer(OutcomeForm.Write(ask.Id, outcome));

    public override void Refused(Outcome outcome) => answer(OutcomeForm.Write(ask.Id, outcome));

    public override void Elsewhere(long epoch, string owner) => answer(new LinkAnswer { Id = ask.Id, Elsewhere = new() { Epoch = epoch, Owner = owner } });

    private async Task RelayAsync(Task<LinkAnswer> answering) => Answered(await answering);
}
