using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Engines;
using Orchestrator.V1;

namespace Orchestrator.Silo.Outbox;

/// <summary>
/// Brings a partition's durable messages to their destinations: at once when they are new, a window at a time when they wait since before a restart or
/// got lost. Lives on the partition's loop; the commit path never waits for it.
/// </summary>
internal sealed class OutboxSender(OutboxState outbox, IEngine engine, int partition, long incarnation)
{
    // More on the way to one destination than a mailbox takes would only be dropped.
    private const int Window = 256;

    private readonly Dictionary<int, long> _posted = [];

    /// <summary>Posts a message whose frame is durable, unless older ones of that destination are not on their way yet or too many are.</summary>
    public void PostNew(StoredMessage message)
    {
        var first = outbox.FirstUnacknowledged(message.Destination);
        if (message.Number == _posted.GetValueOrDefault(message.Destination, first - 1) + 1 && message.Number - first < Window)
        {
            Post(message);
        }
    }

    /// <summary>The destination has everything up to this number.</summary>
    public void Acknowledged(int destination, long number)
    {
        outbox.Acknowledge(destination, number);
        if (_posted.GetValueOrDefault(destination) < number)
        {
            _posted[destination] = number;
        }

        PostFrom(destination, _posted[destination] + 1);
    }

    /// <summary>The destination misses a message.</summary>
    public void Missing(int destination, long from) => PostFrom(destination, from);

    /// <summary>Posts again what nobody acknowledged, oldest first.</summary>
    public void PostAgain()
    {
        foreach (var destination in outbox.Destinations)
        {
            PostFrom(destination, 0);
        }
    }

    private void PostFrom(int destination, long from)
    {
        foreach (var message in outbox.Unacknowledged(destination, from, Window))
        {
            Post(message);
        }
    }

    private void Post(StoredMessage message)
    {
        _posted[message.Destination] = message.Number;
        engine.Post(message.Destination, new PartitionMessage.Sent(incarnation, partition, message.Destination, message.Number, CommandForm.Read(message.Command)));
    }
}
