using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;

namespace Orchestrator.Silo.Partitions;

// What a batch decides, turn by turn: wakes that are due, messages that have arrived, commands that wait.
internal sealed partial class Partition
{
    private async Task DecideAsync(PartitionMemory memory)
    {
        foreach (var (grain, due) in _due)
        {
            _quota--;
            if (memory.Grains.Find(grain) is { } resident)
            {
                resident.QueuedWake = resident.QueuedWake == due ? 0 : resident.QueuedWake;
                await WakeAsync(memory, resident);
                HoldWake(memory, resident);
            }
        }

        for (var taken = 0; taken < _settings.BatchLimit && _arrivals.Count > 0 && HasRoom; taken++)
        {
            _quota--;
            await ReceiveAsync(memory, _arrivals.Dequeue());
        }

        while (_nextLetter < _letters.Count && HasRoom)
        {
            _quota--;
            var letter = _letters[_nextLetter++];
            await RunAsync(memory, letter.Command, letter.To, letter.State, letter.Bytes, asLoaded: true);
            _letters[_nextLetter - 1] = letter.Decided();
        }

        for (var round = 0; round < MostRounds && _turns.Local.Count > 0 && HasRoom; round++)
        {
            for (var left = _turns.Local.Count; left > 0 && HasRoom; left--)
            {
                var command = _turns.Local.Dequeue();
                await RunAsync(memory, command, null, null, Letter.SizeOf(command));
            }
        }

        _turns.LeaveLocal();
    }

    private bool HasRoom => _quota > 0 && _turns.Count < _settings.TurnLimit && _turns.Bytes < MostTurnBytes;

    /// <summary>A turn, after the wakes that its account has missed, with all that it needs in memory.</summary>
    /// <param name="asLoaded">What it needs was loaded with the batch: looked at again only if its grain has changed in the batch.</param>
    private async ValueTask<bool> RunAsync(PartitionMemory memory, GrainCommand command, IAnswered? to, object? state, int bytes, bool asLoaded = false)
    {
        if (IsDiverted(memory, command))
        {
            return await DivertAsync(memory, command, to, state);
        }

        var resident = memory.Grains.Find(command.Target);
        if (!asLoaded || resident is null or { Loaded: false } or { Entry: not null })
        {
            await EnsureLoadedAsync(memory, command);
            resident = memory.Grains.Find(command.Target);
        }

        if (command is AccountCommand and not AccountCommand.Wake && resident is not null && IsOverdue(resident))
        {
            await WakeAsync(memory, resident);
            await EnsureLoadedAsync(memory, command);
        }

        return Turn(command, to, state, bytes);
    }

    /// <summary>Loads what the command needs and what earlier turns of the batch have made it need.</summary>
    private async ValueTask EnsureLoadedAsync(PartitionMemory memory, GrainCommand command)
    {
        _missing.Clear();
        _turns.Need(command, _missing);
        while (_missing.Count > 0)
        {
            await PartitionRecovery.LoadAsync(_world.Store, _number, memory, _missing, CancellationToken.None);
            _missing.Clear();
            _turns.Need(command, _missing);
        }
    }

    /// <summary>Wakes an account for each instant that it has missed, in order, each with the exact instant.</summary>
    private async ValueTask WakeAsync(PartitionMemory memory, Resident resident)
    {
        for (var i = 0; i < MostWakesOfOneGrain && IsOverdue(resident); i++)
        {
            var due = resident.State!.Wake!.Value;
            var wake = new AccountCommand.Wake(resident.Key, due);
            await EnsureLoadedAsync(memory, wake);
            if (!Turn(wake, null, null, Letter.SizeOf(wake)) || resident.State!.Wake is { } next && next <= due)
            {
                // Its turn failed or did not move on: without a pause it would fail for ever, and fill the journal with it.
                resident.FailedWakes++;
                var pause = Math.Min(TimeSpan.TicksPerMinute << Math.Min(resident.FailedWakes, 12), LongestBackOff.Ticks);
                resident.WakeNotBefore = Ticks.Of(_turns.Now) + pause;
                return;
            }

            resident.FailedWakes = 0;
        }
    }

    private bool IsOverdue(Resident resident) =>
        resident.Key.Kind == GrainKind.Account && resident.State?.Wake is { } due && due <= _turns.Now && resident.WakeNotBefore <= Ticks.Of(_turns.Now);

    /// <summary>Makes sure that the wake index looks at this grain in time.</summary>
    private static void HoldWake(PartitionMemory memory, Resident resident)
    {
        if (resident.Key.Kind == GrainKind.Account && resident.State?.Wake is { } wake)
        {
            var look = Math.Max(Ticks.Of(wake), resident.WakeNotBefore);
            if (resident.QueuedWake == 0 || look < resident.QueuedWake)
            {
                resident.QueuedWake = look;
                memory.Wakes.Add(resident.Key, resident.Name, look);
            }
        }
    }
}
