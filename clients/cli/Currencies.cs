namespace Orchestrator.Cli;

/// <summary>How many decimal places a currency's minor unit has.</summary>
/// <remarks>ISO 4217 list one. Every currency that is not named here has two.</remarks>
static class Currencies
{
    static readonly HashSet<string> None = ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"];
    static readonly HashSet<string> Three = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
    static readonly HashSet<string> Four = ["CLF", "UYW"];

    public static int DecimalPlaces(string currency) =>
        None.Contains(currency) ? 0 : Three.Contains(currency) ? 3 : Four.Contains(currency) ? 4 : 2;

    public static decimal Scale(int places) => places switch { 0 => 1m, 2 => 100m, 3 => 1000m, _ => 10000m };

    public static bool IsCode(string text) => text.Length == 3 && text.All(char.IsAsciiLetterUpper);

    /// <summary>An amount in minor units, exactly.</summary>
    /// <exception cref="FormatException">It is finer than the currency's minor unit, or too large.</exception>
    public static long MinorUnits(decimal amount, string currency)
    {
        var places = DecimalPlaces(currency);
        if (Math.Abs(amount) > 90_000_000_000_000m)
        {
            throw new FormatException($"expected an amount of at most 90,000,000,000,000 {currency}, found `{amount}`");
        }

        var units = amount * Scale(places);
        return units == decimal.Truncate(units)
            ? (long)units
            : throw new FormatException($"expected at most {places} decimal places for {currency}, found `{amount}`");
    }
}
