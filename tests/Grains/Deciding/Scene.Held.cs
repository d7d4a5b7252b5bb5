using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Xunit;

namespace Orchestrator.Grains.Tests.Deciding;

// The states as the runtime holds them, and as each turn is given them: what a turn made is written into what was there, where nobody else refers to it. They must be what the facts fold to.
internal sealed partial class Scene
{
    private readonly Dictionary<GrainKey, (GrainState State, bool Owned)> _held = [];
    private readonly HashSet<GrainKey> _asked = [];

    /// <summary>How often a state was written into the one before.</summary>
    public int Rewritten { get; private set; }

    private GrainState? Held(GrainKey key)
    {
        _asked.Add(key);
        return _held.TryGetValue(key, out var held) ? held.State : _states.GetValueOrDefault(key);
    }

    private void Hold(GrainCommand command, Verdict verdict)
    {
        var keeps = verdict is Verdict.Accepted && GrainTurn.KeepsStates(command, _workspace);
        if (verdict is Verdict.Accepted accepted)
        {
            Hold(accepted, keeps);
        }

        foreach (var key in keeps ? [] : _asked)
        {
            if (_held.TryGetValue(key, out var held))
            {
                _held[key] = (held.State, false);
            }
        }

        _asked.Clear();
    }

    private void Hold(Verdict.Accepted accepted, bool keeps)
    {
        var made = new Dictionary<GrainKey, GrainState>();
        foreach (var key in accepted.Facts.Select(f => f.Grain))
        {
            // Folded here, as the runtime folds what the judge has not.
            made[key] = _states[key];
        }

        foreach (var state in accepted.Folded ?? [])
        {
            made[state.Key] = state;
        }

        foreach (var wake in accepted.Wakes)
        {
            var state = made.GetValueOrDefault(wake.Grain) ?? Held(wake.Grain)!;
            made[wake.Grain] = state.Wake == wake.At ? state : state with { Wake = wake.At };
        }

        foreach (var (key, next) in made)
        {
            var (state, owned) = _held.GetValueOrDefault(key);
            Rewritten += keeps && owned ? 1 : 0;
            _held[key] = !keeps || ReferenceEquals(next, _states[key]) ? (next, false) : ReferenceEquals(next, state) ? (state, owned) : (owned ? GrainTurn.Rewrite(state, next, _workspace) : GrainTurn.Apart(next), true);
            Assert.Equal(StateForm.Write(_states[key], 0), StateForm.Write(_held[key].State, 0));
        }
    }
}
