namespace Orchestrator.Load;

/// <summary>Draws ranks 0 to count - 1, rank r with a probability proportional to 1 / (r + 1)^exponent, in constant time.</summary>
/// <remarks>Alias method (Walker 1977, built as by Vose 1991): one even draw chooses a column and, by its fraction, one of the column's two ranks.</remarks>
public sealed class ZipfSampler
{
    readonly double[] share;
    readonly int[] alias;

    /// <param name="count">At least 1.</param>
    /// <param name="exponent">At least 0; 0 draws evenly.</param>
    public ZipfSampler(int count, double exponent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(exponent);
        share = new double[count];
        alias = new int[count];
        var sum = 0.0;
        for (var rank = 0; rank < count; rank++)
        {
            share[rank] = Math.Pow(rank + 1, -exponent);
            sum += share[rank];
        }

        var small = new Stack<int>();
        var large = new Stack<int>();
        for (var rank = 0; rank < count; rank++)
        {
            share[rank] *= count / sum;
            (share[rank] < 1 ? small : large).Push(rank);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            var column = small.Pop();
            var giver = large.Pop();
            alias[column] = giver;
            share[giver] -= 1 - share[column];
            (share[giver] < 1 ? small : large).Push(giver);
        }

        // What rounding leaves over is full but for an ulp.
        foreach (var column in small.Concat(large))
        {
            share[column] = 1;
        }
    }

    public int Count => share.Length;

    /// <param name="bits">64 even bits; the same bits give the same rank.</param>
    public int Rank(ulong bits)
    {
        var column = (int)Math.BigMul(bits, (ulong)share.Length, out var rest);
        return (rest >> 11) * (1.0 / (1UL << 53)) < share[column] ? column : alias[column];
    }
}
