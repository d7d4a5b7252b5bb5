using Orchestrator.Silo.Outbox;

namespace Orchestrator.Silo.Partitions;

// What a partition waits for, and how it deals with the messages of other partitions.
internal sealed partial class Partition
{
    private const long AlarmMayBeEarly = 20 * TimeSpan.TicksPerMillisecond;

    /// <summary>Whether there is something to do; false when the partition is to stop and nothing waits; null: not yet, and the alarm is set for when time alone makes it so.</summary>
    private bool? LookForWork()
    {
        var memory = _memory!;
        // Before anything else: a partition that never comes to rest must not leave another waiting for what got lost.
        PostAgainIfDue(memory);
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
        if (IsIdleDue(memory))
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
        return null;
    }

    private static long? Earlier(long? a, long? b) => a is { } x && b is { } y ? Math.Min(x, y) : a ?? b;

    /// <summary>Monotonic: a wall clock that is set back by an hour must not put off for an hour what is to be sent again.</summary>
    private long MachineTicks => _machine.GetElapsedTime(0).Ticks;

    private void PostAgainIfDue(PartitionMemory memory)
    {
        if (_resendAt > 0 && MachineTicks is var now && _resendAt <= now)
        {
            _sender!.PostAgain();
            _resendAt = memory.Outbox.Waiting > 0 ? now + _settings.ResendAfter.Ticks : 0;
        }
    }

    /// <summary>Whether grains were idle for long enough to leave, which takes a step. If not, sets the machine's alarm for that and for what is to be sent again.</summary>
    private bool IsIdleDue(PartitionMemory memory)
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

        // Leaving is not urgent: an alarm that is set for it is not set again in every wait. But timers count in steps of the kernel's and may come a few
        // milliseconds before their time: then it is set once more, or nobody would ever look again at a partition that has nothing else to do.
        var next = _resendAt > 0 ? Earlier(_resendAt, idle) : idle;
        if (next is { } at && (_resendAt > 0 || at != _machineAlarmAt || at - now <= AlarmMayBeEarly))
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
                Arrive(sent);
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

    /// <summary>
    /// Lets in exactly the next message of its source: one that was let in before needs no turn, and a later one has to wait for those between. Told apart here, so that what was
    /// sent again and again while this partition stood still costs it nothing: a careful one has two commits for each turn, and would never get through.
    /// </summary>
    private void Arrive(PartitionMessage.Sent sent)
    {
        var applied = _memory!.Outbox.ReceivedFrom(sent.Source);
        var last = Math.Max(applied, _arrived.GetValueOrDefault(sent.Source));
        if (sent.Number <= applied)
        {
            _toAcknowledge.Add(sent.Source);
        }
        else if (sent.Number == last + 1)
        {
            _arrived[sent.Source] = sent.Number;
            _arrivals.Enqueue(sent);
        }
        else if (sent.Number > last)
        {
            AskAgain(sent.Source, last + 1);
        }
    }

    private async ValueTask ReceiveAsync(PartitionMemory memory, PartitionMessage.Sent sent)
    {
        _toAcknowledge.Add(sent.Source);
        _turns.Receive(sent.Source, sent.Number);
        await RunAsync(memory, sent.Command, null, null, Letter.SizeOf(sent.Command));
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
