namespace Orchestrator.Silo.Partitions;

/// <summary>A backlog in lanes, one for each affinity key, taken one by one in turns: in order within a lane, and no lane waits for another's length.</summary>
internal sealed class Lanes
{
    private readonly Dictionary<(string Tenant, string Affinity), Queue<Letter>> _byKey = [];
    private readonly Queue<Queue<Letter>> _turns = new();
    private readonly Stack<Queue<Letter>> _spare = new();

    public int Count { get; private set; }

    public void Add(in Letter letter)
    {
        var key = (letter.Command.Target.Tenant, letter.Command.Target.Affinity);
        if (!_byKey.TryGetValue(key, out var lane))
        {
            lane = _spare.Count > 0 ? _spare.Pop() : new();
            _byKey.Add(key, lane);
            _turns.Enqueue(lane);
        }

        lane.Enqueue(letter);
        Count++;
    }

    public bool TryTake(out Letter letter)
    {
        if (!_turns.TryDequeue(out var lane))
        {
            letter = default;
            return false;
        }

        letter = lane.Dequeue();
        Count--;
        if (lane.Count > 0)
        {
            _turns.Enqueue(lane);
        }
        else
        {
            _byKey.Remove((letter.Command.Target.Tenant, letter.Command.Target.Affinity));
            _spare.Push(lane);
        }

        return true;
    }
}
