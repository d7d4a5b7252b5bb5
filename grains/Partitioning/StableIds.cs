namespace Orchestrator.Grains.Partitioning;

/// <summary>Short readable ids made from a stable hash: a prefix letter, "-" and 13 characters of Crockford's base 32.</summary>
public static class StableIds
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string Format(char prefix, ulong hash) => string.Create(15, (prefix, hash), static (span, state) =>
    {
        span[0] = state.prefix;
        span[1] = '-';
        var rest = state.hash;
        for (var i = 14; i >= 2; i--)
        {
            span[i] = Alphabet[(int)(rest & 31)];
            rest >>= 5;
        }
    });
}
