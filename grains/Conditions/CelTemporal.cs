namespace Orchestrator.Grains.Conditions;

/// <summary>The earliest instant strictly after facts' now at which a value may differ though only time passes; null if never.</summary>
public delegate DateTimeOffset? CelNextChange<in TFacts>(TFacts facts);

/// <summary>
/// The earliest instant strictly after facts' now at which a number may pass a threshold: at which the sign (negative, zero, positive)
/// of value - threshold may differ. Null if never. The instant must be the first tick at which the new sign is seen when evaluated then.
/// </summary>
public delegate DateTimeOffset? CelCrossing<in TFacts>(TFacts facts, double threshold);

/// <summary>How a value moves when only time passes.</summary>
public abstract record CelTemporal<TFacts>
{
    private CelTemporal()
    {
    }

    /// <summary>The value jumps at instants known in advance and is constant in between; any expression may be built on it.</summary>
    public sealed record Step(CelNextChange<TFacts> Next) : CelTemporal<TFacts>
    {
        /// <summary>Steps whose earliest instant is this one's; null: it is made of nothing but itself.</summary>
        internal (Step One, Step Other)? Parts { get; init; }

        /// <summary>Set where it is a number that passes one that is written out: those that differ only in that are looked at together.</summary>
        internal Passing? Passes { get; init; }
    }

    /// <summary>A moving number passes a threshold.</summary>
    /// <param name="Moving">The number.</param>
    internal sealed record Passing(CelTerm<TFacts> Moving, Crossing Crossing, double Threshold);

    /// <summary>A number that moves continuously; may be scaled and shifted by what does not move, then compared.</summary>
    public sealed record Crossing(CelCrossing<TFacts> Solve) : CelTemporal<TFacts>
    {
        /// <summary>Whether, of thresholds on the same side of the number, the nearest is passed first: true of what only ever falls or only ever rises.</summary>
        public bool NearestFirst { get; init; }
    }

    /// <summary>A timestamp or duration that runs with the clock: +1 as `now` and `now - x` do, -1 as `x - now` does.</summary>
    public sealed record Clock(int Direction) : CelTemporal<TFacts>;

    /// <summary>Moves in a way that cannot be solved: fine in a value, refused in a condition.</summary>
    internal sealed record Opaque(string Why, int Offset) : CelTemporal<TFacts>;

    internal static CelTemporal<TFacts>? Min(CelTemporal<TFacts>? left, CelTemporal<TFacts>? right) => (left, right) switch
    {
        (null, _) => right,
        (_, null) => left,
        (Opaque, _) => left,
        (_, Opaque) => right,
        (Step a, Step b) => new Step(facts => Earlier(a.Next(facts), b.Next(facts))) { Parts = (a, b) },
        _ => throw new ArgumentException("only steps have a minimum"),
    };

    internal static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null || right < left ? right : left;
}
