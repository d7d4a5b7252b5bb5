using Orchestrator.Silo.Outbox;

namespace Orchestrator.Silo.Partitions;

// What a partition waits for, and how it deals with the messages of other partitions.
internal sealed partial class Partition
{
    /// <summary>Waits until there is something to do; false when the partition is to stop and nothing waits.</summary>
    private async ValueTask<bool> WaitForWorkAsync()
    {
        while (true)
        {
            var memory = _memory!;
            if (_mailbox.HasWork || _nextLetter < _letters.Count || _arrivals.Count > 0)
            {
                return true;
            }

            if (_stopping)
            {
                return false;
            }

            var clock = _clock.GetUtcNow().UtcTicks;
            var now = Math.Max(memory.LastAt, clock);
            if (SendAgainIfDue(memory))
            {
                return true;
            }

            var next = Earlier(Earlier(memory.Wakes.Next, memory.Snapshots.Due), memory.Snapshots.IdleDue(memory));
            Volatile.Write(ref _nextWake, memory.OfferAgain.IsDone ? memory.Wakes.Next ?? long.MaxValue : 0);
            if (next <= now || !memory.OfferAgain.IsDone)
            {
                return true;
            }

            // Rounded up to what timers count in: waking a fraction too early would only mean looking again. Counted from the clock, not from the partition's instant:
            // where that is ahead, the clock has to come all the way, and looking every so often until then could mean every millisecond of an hour.
            var sleep = next is { } due ? TimeSpan.FromMilliseconds(Math.Ceiling(TimeSpan.FromTicks(due - clock).TotalMilliseconds)) : Timeout.InfiniteTimeSpan;
            _alarm.Change(sleep > _settings.LongestSleep ? _settings.LongestSleep : sleep, Timeout.InfiniteTimeSpan);
            await _wakeup.WaitAsync();
        }
    }

    private static long? Earlier(long? a, long? b) => a is { } x && b is { } y ? Math.Min(x, y) : a ?? b;

    /// <summary>Monotonic: a wall clock that is set back by an hour must not put off for an hour what is to be sent again.</summary>
    private long MachineTicks => _machine.GetElapsedTime(0).Ticks;

    /// <summary>Sends again what the machine's clock says is due. True if it also says that grains were idle for long enough to leave, which takes a step.</summary>
    private bool SendAgainIfDue(PartitionMemory memory)
    {
        var idle = memory.Grains.NextIdle;
        if (_resendAt == 0 && idle is null)
        {
            return false;
        }

        var now = MachineTicks;
        if (idle <= now)
        {
            return true;
        }

        if (_resendAt > 0 && _resendAt <= now)
        {
            _sender!.PostAgain();
            _resendAt = memory.Outbox.Waiting > 0 ? now + _settings.ResendAfter.Ticks : 0;
        }

        // Leaving is not urgent: an alarm that is set for it is not set again in every wait.
        var next = _resendAt > 0 ? Earlier(_resendAt, idle) : idle;
        if (next is { } at && (_resendAt > 0 || at != _machineAlarmAt))
        {
            _machineAlarmAt = at;
            _machineAlarm.Change(TimeSpan.FromMilliseconds(Math.Ceiling(TimeSpan.FromTicks(at - now).TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        }

        return false;
    }

    private void Sort(PartitionMessage message)
    {
        if (message.Incarnation != _world.Incarnation)
        {
            // Numbers from before a restore mean something else now.
            return;
        }

        switch (message)
        {
            case PartitionMessage.Sent sent:
                _arrivals.Enqueue(sent);
                break;
            case PartitionMessage.Acknowledged acknowledged:
                _sender!.Acknowledged(acknowledged.Destination, acknowledged.Number);
                _resendAt = _memory!.Outbox.Waiting > 0 ? MachineTicks + _settings.ResendAfter.Ticks : 0;
                break;
            case PartitionMessage.Missing missing:
                _sender!.Missing(missing.Destination, missing.From);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Applies exactly the next message of its source: an earlier one was applied before, and a later one has to wait for those between.</summary>
    private async ValueTask ReceiveAsync(PartitionMemory memory, PartitionMessage.Sent sent)
    {
        var last = memory.Outbox.ReceivedFrom(sent.Source);
        if (sent.Number > last + 1)
        {
            AskAgain(sent.Source, last + 1);
            return;
        }

        _toAcknowledge.Add(sent.Source);
        if (sent.Number == last + 1)
        {
            _turns.Receive(sent.Source, sent.Number);
            await RunAsync(memory, sent.Command, null, null, Letter.SizeOf(sent.Command));
        }
    }

    /// <summary>Asks once for each gap; should the question get lost, the source's own timer sends again.</summary>
    private void AskAgain(int source, long from)
    {
        if (_askedFrom.GetValueOrDefault(source) != from)
        {
            _askedFrom[source] = from;
            _world.Engine.Post(source, new PartitionMessage.Missing(_world.Incarnation, source, _number, from));
        }
    }
}
