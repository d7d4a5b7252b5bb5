using System.Globalization;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Decisions;

/// <summary>Reasons in plain sentences, for the person who carries an action out.</summary>
internal static class Reasons
{
    public static string Of(Chosen chosen, string stage, Playbook playbook)
    {
        if (chosen.Play.Definition.Mandatory)
        {
            return $"mandatory at stage {stage}";
        }

        var f = chosen.Factors;
        var among = chosen.OutOf == 1 ? "the only candidate left" : $"best of {chosen.OutOf.ToString(CultureInfo.InvariantCulture)}";
        var drawn = f.Probability < 0.5 && chosen.OutOf > 1 ? "drawn to explore" : among;
        return $"{drawn} at stage {stage}: {Number(f.Propensity * 100)} % likely to reach {chosen.Play.Definition.Goal?.Id ?? "its goal"}"
            + (f.Context != 1 ? $", context x{Number(f.Context)}" : "")
            + $", worth {Money(f.Value, playbook.Definition.Currency)}"
            + (f.Lever != 1 ? $", lever x{Number(f.Lever)}" : "");
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Money(double minorUnits, string currency)
    {
        // ISO 4217: these currencies have no minor unit; all others that matter here have two digits.
        var digits = currency is "JPY" or "KRW" or "VND" or "CLP" or "ISK" or "UGX" or "XAF" or "XOF" or "XPF" ? 0 : 2;
        return $"{(minorUnits / Math.Pow(10, digits)).ToString(digits == 0 ? "0" : "0.00", CultureInfo.InvariantCulture)} {currency}";
    }
}
