namespace Orchestrator.Grains.WhatIf;

/// <summary>In what two outcomes of one turn differ.</summary>
public readonly record struct TurnDifference(bool Refusals, bool Offers, bool Moves, bool Reasons)
{
    public bool Any => Refusals || Offers || Moves || Reasons;

    /// <param name="woken">The turn answers time: to be woken for nothing is no difference.</param>
    public static TurnDifference Of(TurnOutcome was, TurnOutcome becomes, bool woken)
    {
        var refusals = (was.Refused is null) != (becomes.Refused is null);
        var offers = !IsSame(was.Offers, becomes.Offers);
        var moves = !IsSame(was.Moves, becomes.Moves);
        var reasons = !offers && was.Happened && becomes.Happened && !IsSame(was.Nones, becomes.Nones) && (!woken || (was.Nones.Count > 0 && becomes.Nones.Count > 0));
        return new TurnDifference(refusals, offers, moves, reasons);
    }

    internal void Count(Comparison result)
    {
        result.RefusalsChanged += Refusals ? 1 : 0;
        result.DecisionsChanged += !Refusals && Offers ? 1 : 0;
        result.MovesChanged += !Refusals && Moves ? 1 : 0;
        result.ReasonsChanged += !Refusals && Reasons ? 1 : 0;
    }

    private static bool IsSame<T>(List<T> one, List<T> other)
    {
        if (one.Count != other.Count)
        {
            return false;
        }

        for (var i = 0; i < one.Count; i++)
        {
            if (!EqualityComparer<T>.Default.Equals(one[i], other[i]))
            {
                return false;
            }
        }

        return true;
    }
}
