using System.Collections.Immutable;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Account = Orchestrator.Grains.Accounts.Account;
using OpenAction = Orchestrator.Grains.Accounts.OpenAction;
using StoredCommand = Orchestrator.V1.StoredCommand;

namespace Orchestrator.Silo.Partitions;

/// <summary>What one turn has made so far and nobody else knows yet: it is kept as a whole or not at all. Empty between turns.</summary>
internal sealed class TurnWorkspace
{
    // A resident is told of its new state only when it is sure which object that will be: what is stored in an old object for a moment only has the next collection of young ones look at it all the same.
    private readonly List<(Resident Resident, GrainState State)> _made = [];

    public DecisionWorkspace Deciding { get; } = new() { LendsVerdicts = true };

    /// <summary>Places of the draft at which its events stand, in order.</summary>
    public List<(Resident Resident, int Event)> Events { get; } = [];

    /// <summary>Messages to other partitions, in order.</summary>
    public List<(int Destination, StoredCommand Command)> Sends { get; } = [];

    /// <summary>Whose wakes it changed.</summary>
    public List<Resident> Woken { get; } = [];

    /// <summary>As the turn sees it so far.</summary>
    public GrainState? StateOf(Resident resident)
    {
        var place = PlaceOf(resident);
        return place < 0 ? resident.State : _made[place].State;
    }

    public void Become(Resident resident, GrainState state)
    {
        var place = PlaceOf(resident);
        if (place < 0)
        {
            _made.Add((resident, state));
        }
        else
        {
            _made[place] = (resident, state);
        }
    }

    /// <summary>Keeps what was made by writing it into the states that are there, where nobody else refers to them. Cannot be undone.</summary>
    public void Rewrite(ResidentGrains grains)
    {
        foreach (var (resident, made) in _made)
        {
            var held = resident.State;
            if (ReferenceEquals(held, made))
            {
                continue;
            }

            var open = OpenActionsOf(held);
            var kept = resident.OwnsState ? GrainTurn.Rewrite(held!, made, Deciding) : GrainTurn.Apart(made);
            resident.OwnsState = true;
            if (!ReferenceEquals(held, kept))
            {
                resident.State = kept;
            }

            grains.CarryHolders(resident, open);
        }

        Clear();
    }

    /// <summary>Keeps what was made as it is: others may refer to it.</summary>
    public void HandOver()
    {
        foreach (var (resident, made) in _made)
        {
            resident.State = made;
        }

        Clear();
    }

    /// <summary>Keeps nothing more.</summary>
    public void Clear()
    {
        _made.Clear();
        Events.Clear();
        Sends.Clear();
        Woken.Clear();
    }

    private static ImmutableArray<OpenAction> OpenActionsOf(GrainState? state) => state is Account account ? account.OpenActions : [];

    private int PlaceOf(Resident resident)
    {
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_made[i].Resident, resident))
            {
                return i;
            }
        }

        return -1;
    }
}
