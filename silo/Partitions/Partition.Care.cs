using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.Silo.Journal;
using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

// How a partition finds the command that kills its owners, and keeps it from the next one (decisions/0001-quarantine.md).
internal sealed partial class Partition
{
    private const int MostParkedForOneGrain = 1_000;

    /// <summary>The feature level from which on deaths are counted.</summary>
    private static readonly int CareLevel = FormLevels.LevelOf(nameof(StoredFrame), StoredFrame.CareFieldNumber);

    private readonly List<(IAnswered To, object? State, string Reason)> _turnedAway = [];
    private GrainCommand? _turning;

    /// <summary>The owner before us did not leave in order, and the journal does not know it yet.</summary>
    private bool _uncounted;

    /// <summary>Something was decided here under this ownership, and survived if it ends in order.</summary>
    private bool _decided;
    private bool _handingOver;

    private bool _wakeIsNext = true;

    /// <summary>How many commands this step may still decide.</summary>
    private int _quota;
    private long _eventsSince;

    /// <summary>The command whose turn runs now, the same object as long as it does. Any thread.</summary>
    public GrainCommand? Turning => Volatile.Read(ref _turning);

    public int Number => _number;

    /// <summary>Like <see cref="Stop"/>, before the store names another owner.</summary>
    public void StopForHandOver()
    {
        Volatile.Write(ref _handingOver, true);
        Stop();
    }

    /// <summary>An older silo cannot read what is written of it.</summary>
    private bool KeepsCare => _world.Level.Now >= CareLevel;

    private bool IsCareful(PartitionMemory memory) => KeepsCare && memory.Care.Crashes + (_uncounted ? 1 : 0) >= _settings.CarefulAfter;

    /// <summary>A command of a grain here was open when an owner died, and none of its commands has been survived since: what is decided here is decided while no other suspect of the silo is.</summary>
    private bool IsSuspected(PartitionMemory memory) => IsCareful(memory) && (memory.Care.HasSuspect || memory.Care.Intent is not null);

    private bool HasSomethingToDecide => _due.Count > 0 || _arrivals.Count > 0 || _nextLetter < _letters.Count;

    /// <summary>Before a batch is decided: has everything durable that the next owner must know should this one not survive it. False: memory is gone.</summary>
    private async ValueTask<bool> TakeCareAsync(PartitionMemory memory)
    {
        _quota = int.MaxValue;
        if (!HasSomethingToDecide)
        {
            if (_offers.Count > 0 && memory.Care.HasQuarantine)
            {
                LeaveOutQuarantined(memory.Care);
            }

            return true;
        }

        _decided = true;
        if (!KeepsCare)
        {
            _uncounted = false;
            return true;
        }

        if ((_uncounted && !await CountCrashAsync(memory)) || (memory.Care.Crashes > 0 && _eventsSince >= _settings.WellAfterEvents && !await CalmDownAsync(memory)))
        {
            return false;
        }

        if (memory.Care.HasQuarantine)
        {
            LeaveOutQuarantined(memory.Care);
        }

        return !IsCareful(memory) || await IntendAsync(memory);
    }

    // A method of its own: beside the rest its lambdas would cost each step an allocation.
    private void LeaveOutQuarantined(PartitionCare care)
    {
        _due.RemoveAll(d => care.IsQuarantined(d.Grain, out _));
        _offers = [.. _offers.Where(grain => !care.IsQuarantined(grain, out _))];
    }

    private async ValueTask<bool> CountCrashAsync(PartitionMemory memory)
    {
        var care = memory.Care.AfterDeath(_settings.QuarantineAfter, Ticks.Of(_turns.Now));
        if (!await NoteAsync(memory, care))
        {
            return false;
        }

        _uncounted = false;
        LogCrash(_world.Log, _number, care.Crashes);
        foreach (var quarantine in care.Quarantined)
        {
            var name = NameOf(KeyForm.Read(quarantine.Grain));
            LogQuarantined(_world.Log, name, quarantine.Command, care.Crashes);
        }

        return true;
    }

    private async ValueTask<bool> CalmDownAsync(PartitionMemory memory)
    {
        if (!await NoteAsync(memory, new StoredCare()))
        {
            return false;
        }

        LogWell(_world.Log, _number);
        return true;
    }

    /// <summary>Lets the step have one command only, and writes first which.</summary>
    private async ValueTask<bool> IntendAsync(PartitionMemory memory)
    {
        _quota = 1;
        // In turns: neither a stream of signals nor a backlog of wakes keeps the other waiting.
        _wakeIsNext = _due.Count > 0 && (_wakeIsNext || (_arrivals.Count == 0 && _nextLetter >= _letters.Count));
        var wakes = _wakeIsNext ? 1 : 0;
        foreach (var (grain, due) in _due.Skip(wakes))
        {
            memory.Wakes.Add(grain, KeyForm.Name(grain), due);
        }

        _due.RemoveRange(wakes, _due.Count - wakes);
        _wakeIsNext = !_wakeIsNext;
        var (target, command) = _due.Count > 0 ? (_due[0].Grain, "a wake")
            : _arrivals.TryPeek(out var arrival) ? (arrival.Command.Target, Describe(arrival.Command))
            : _nextLetter < _letters.Count ? (_letters[_nextLetter].Command.Target, Describe(_letters[_nextLetter].Command))
            : default;
        if (command is null || memory.Care.IsQuarantined(target, out _))
        {
            return true;
        }

        var care = memory.Care.Said();
        care.Intent = new StoredIntent { Grain = KeyForm.Write(target), Command = command };
        if (!await NoteAsync(memory, care))
        {
            return false;
        }

        // Even if nothing comes of it, a frame follows and says that we are still here.
        _turns.Care();
        return true;
    }

    /// <summary>Has a frame written that decides nothing. False: memory is gone.</summary>
    private async ValueTask<bool> NoteAsync(PartitionMemory memory, StoredCare care)
    {
        Ask(memory, care);
        EndDeciding();
        if (!await IsWrittenAsync(memory, await _world.Committer.CommitAsync(_request)))
        {
            return false;
        }

        memory.Care.Fold(memory.NextSequence, care);
        memory.LastAt = Ticks.Of(_turns.Now);
        memory.NextSequence++;
        _request.Clear();
        _deciding = true;
        _world.Committer.BeginDeciding();
        return true;
    }

    private void Ask(PartitionMemory memory, StoredCare care)
    {
        var at = Ticks.Of(_turns.Now);
        var body = new StoredFrame { Format = FrameForm.Format, At = at, Care = care }.ToByteArray();
        _request.Frame = new JournalAppend(_number, memory.Epoch, memory.NextSequence, at, body);
        _request.Bytes += body.Length;
    }

    /// <summary>
    /// The last frame of an owner that ends in order, whether or not it decided anything: an idle partition that was moved before its first signal would else count one death more for each move, and be careful after the
    /// first real one. If it cannot be written, the next owner is a little too careful.
    /// </summary>
    private async ValueTask LeaveAsync()
    {
        if (_uncounted || !KeepsCare || _memory is not { } memory)
        {
            return;
        }

        _turns.Begin(memory, Ticks.Instant(Math.Max(memory.LastAt, Ticks.Of(_clock.GetUtcNow()))), _world.Shelf.Current);
        _request.Clear();
        // A hand-over keeps the number: a silo that comes back after each death is given partitions before anybody could tell which command it was. So does who survived nothing.
        var handingOver = Volatile.Read(ref _handingOver);
        var care = handingOver || !_decided ? memory.Care.Said() : new StoredCare();
        care.Leave = new StoredLeave { Epoch = memory.Epoch, HandedOver = handingOver };
        Ask(memory, care);
        if (await _world.Committer.CommitAsync(_request) == CommitResult.Refused)
        {
            Lose("another silo owns the partition now");
        }
    }

    /// <summary>Whether it is the partition's to deal with instead of a turn's.</summary>
    private static bool IsDiverted(PartitionMemory memory, GrainCommand command) =>
        command is PartitionCommand || (memory.Care.HasQuarantine && memory.Care.IsQuarantined(command.Target, out _));

    /// <returns>True: nothing has failed.</returns>
    private async ValueTask<bool> DivertAsync(PartitionMemory memory, GrainCommand command, IAnswered? to, object? state)
    {
        memory.Care.IsQuarantined(command.Target, out var quarantine);
        if (command is PartitionCommand.Release)
        {
            if (quarantine is not null && !_turns.Releases(command.Target))
            {
                await ReleaseAsync(memory, PartitionCare.SubjectOf(command.Target));
            }

            _turns.Answer(to, state, Answer.Nothing.Instance);
        }
        else if (to is not null)
        {
            // Not kept: whoever waits has it still, and hears that it was not taken.
            _turnedAway.Add((to, state, ReasonFor(command.Target, quarantine!)));
        }
        else if (_turns.Releases(command.Target))
        {
            _turns.SendToSelf(CommandForm.Write(command));
        }
        else if (memory.Care.ParkedFor(command.Target).Count() < MostParkedForOneGrain)
        {
            // Its sender was told that it is recorded.
            _turns.Care().Parked.Add(CommandForm.Write(command));
        }
        else
        {
            _turns.Bury(command, $"more than {MostParkedForOneGrain} messages wait for the release of {NameOf(command.Target)}");
        }

        return true;
    }

    /// <summary>What was parked goes to the partition itself, in order: durable in the frame that releases it.</summary>
    private async ValueTask ReleaseAsync(PartitionMemory memory, GrainKey grain)
    {
        _turns.Care().Released.Add(KeyForm.Write(grain));
        foreach (var parked in memory.Care.ParkedFor(grain))
        {
            _turns.SendToSelf(parked);
        }

        await PartitionRecovery.LoadAsync(_world.Store, _number, memory, [grain], CancellationToken.None);
        if (memory.Grains.Find(grain) is { } resident)
        {
            // Its wakes were passed over.
            resident.QueuedWake = 0;
            HoldWake(memory, resident);
        }

        var name = NameOf(grain);
        LogReleased(_world.Log, name);
    }

    /// <summary>Whoever took the partition over meanwhile passed over the open actions of those who were in quarantine.</summary>
    private static void OfferReleased(PartitionMemory memory, StoredCare care)
    {
        foreach (var released in care.Released)
        {
            if (PartitionCare.SubjectOf(KeyForm.Read(released)) is { Kind: GrainKind.Account } account)
            {
                memory.OfferAgain.Add(account);
            }
        }
    }

    /// <summary>A turn, seen from outside as long as it runs.</summary>
    private bool Turn(GrainCommand command, IAnswered? to, object? state, int bytes)
    {
        Volatile.Write(ref _turning, command);
        _world.OnTurn?.Invoke(command);
        var done = _turns.Run(command, to, state, bytes);
        Volatile.Write(ref _turning, null);
        return done;
    }

    private void AnswerTurnedAway()
    {
        foreach (var (to, state, reason) in _turnedAway)
        {
            to.Answered(state, new Outcome.Unavailable(reason));
        }

        _turnedAway.Clear();
    }

    private static string ReasonFor(GrainKey grain, StoredQuarantine quarantine) =>
        $"{NameOf(PartitionCare.SubjectOf(grain))} is in quarantine since {Ticks.Instant(quarantine.At):yyyy-MM-ddTHH:mm:ssZ}: {quarantine.Crashes} silos died over its partition, the last one while deciding {quarantine.Command}; "
        + "an operator can let it out with `orc account release`";

    public static string NameOf(GrainKey grain) => grain.Kind switch
    {
        GrainKind.Account => $"the account `{grain.Affinity}`",
        GrainKind.Contact => $"the contact `{grain.Id}` of the account `{grain.Affinity}`",
        GrainKind.Identity => $"the identifier `{grain.Affinity}`",
        GrainKind.Owner => $"the people of `{grain.Affinity}`",
        GrainKind.Catalog => $"the playbooks of `{grain.Tenant}`",
    };

    public static string Describe(GrainCommand command) => command switch
    {
        AccountCommand.Record c => $"the signal `{c.Signal.Id}`",
        IdentityCommand.Route c => $"the signal `{c.Signal.Id}`",
        AccountCommand.Wake => "a wake",
        AccountCommand.Settle c => $"the settlement of `{c.ActionId}`",
        AccountCommand.Ask c => $"a question for the channel `{c.Channel}`",
        AccountCommand.Reserve c => $"the reservation `{c.RequestId}`",
        AccountCommand.EndReservation c => $"the end of the reservation `{c.Reservation}`",
        AccountCommand.MergeInto or AccountCommand.TakeIn or AccountCommand.MoveIn or AccountCommand.MoveOut or AccountCommand.Follow or IdentityCommand.Arrived or IdentityCommand.Bind => "a person's move",
        AccountCommand.Unmerge or AccountCommand.Reinstate or IdentityCommand.Rebind => "the undoing of a merge",
        AccountCommand.Sought or AccountCommand.Override or IdentityCommand.Claim or IdentityCommand.Seek => "the matching of a person and an account",
        OwnerCommand or AccountCommand.Grant or AccountCommand.Refuse or AccountCommand.TellRoom or AccountCommand.TellBoard => "what a department has in hand",
        AccountCommand.Adopt => "the visit of a publish",
        AccountCommand.OfFamily => "a message within a group of companies",
        CatalogCommand.Publish c => $"the playbook `{c.Name}`",
        CatalogCommand.SaveDraft c => $"the draft `{c.Name}`",
        CatalogCommand.DeleteDraft c => $"the draft `{c.Name}`",
        PartitionCommand.Release => "a release",
        // Words for an operator: a command that somebody adds must not stop a partition for want of them.
        _ => "a command",
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "partition {Partition} was taken from an owner that did not leave in order, {Crashes} times since all was well")]
    private static partial void LogCrash(ILogger log, int partition, int crashes);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Account} is in quarantine: while deciding {Command} the last of {Crashes} silos died; look at it, then let it out with `orc account release`")]
    private static partial void LogQuarantined(ILogger log, string account, string command, int crashes);

    [LoggerMessage(Level = LogLevel.Information, Message = "partition {Partition} is well again")]
    private static partial void LogWell(ILogger log, int partition);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Account} is let out of quarantine")]
    private static partial void LogReleased(ILogger log, string account);
}
