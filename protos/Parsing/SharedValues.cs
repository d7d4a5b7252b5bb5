using Orchestrator.V1;

namespace Orchestrator.Protos.Parsing;

/// <summary>Simple values of properties that come again and again, one message for each: topics, features, pages, small numbers.</summary>
/// <remarks>
/// What comes out belongs to all signals that say the same: nobody may change it, and a correction that renames something clones the signal first. Any thread, no lock; a
/// value gets a slot when it comes twice without another one in between, like the texts of <see cref="SharedTexts"/>.
/// </remarks>
sealed class SharedValues
{
    /// <summary>Longer ones seldom come again.</summary>
    public const int MostBytes = 72;

    const int Slots = 4_096;

    readonly Known?[] known = new Known?[Slots];
    readonly uint[] lately = new uint[Slots];

    /// <summary>The value of these bytes, if it is one of those that come again; null: it has to be read.</summary>
    public Value? Find(ReadOnlySpan<byte> body, uint hash) => known[hash % Slots] is { } slot && body.SequenceEqual(slot.Body) ? slot.Value : null;

    /// <summary>Tells of a value that was read.</summary>
    public void Learn(ReadOnlySpan<byte> body, uint hash, Value value)
    {
        ref var last = ref lately[hash % Slots];
        if (last == hash)
        {
            known[hash % Slots] = new(body.ToArray(), value);
        }

        last = hash;
    }

    sealed record Known(byte[] Body, Value Value);
}
