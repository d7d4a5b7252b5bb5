namespace Orchestrator.Grains.WhatIf;

/// <summary>Which of several points are worth choosing among.</summary>
public static class TradeOff
{
    /// <summary>The points that no other one dominates: is at least as good in everything and better in something. Points that are equal in everything stand together.</summary>
    /// <param name="points">Each as what it is measured by; more is better in all.</param>
    /// <returns>For each point, by index, whether it is one of them.</returns>
    /// <remarks>O(n²): points are a handful.</remarks>
    public static bool[] Best(IReadOnlyList<IReadOnlyList<double>> points) => [.. points.Select(point => !points.Any(other => Dominates(other, point)))];

    private static bool Dominates(IReadOnlyList<double> one, IReadOnlyList<double> other)
    {
        var better = false;
        for (var i = 0; i < one.Count; i++)
        {
            if (one[i] < other[i])
            {
                return false;
            }

            better |= one[i] > other[i];
        }

        return better;
    }
}
