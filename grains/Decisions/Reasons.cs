using System.Globalization;
using System.Runtime.CompilerServices;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Decisions;

/// <summary>Reasons in plain sentences, for the person who carries an action out.</summary>
internal static class Reasons
{
    private const string Digits = "0.##";

    public static string Of(Chosen chosen, string stage, Playbook playbook, RecentTexts texts)
    {
        if (chosen.Play.Definition.Mandatory)
        {
            return $"mandatory at stage {stage}";
        }

        var f = chosen.Factors;
        var among = chosen.OutOf == 1 ? "the only candidate left" : $"best of {chosen.OutOf.ToString(CultureInfo.InvariantCulture)}";
        var drawn = f.Probability < 0.5 && chosen.OutOf > 1 ? "drawn to explore" : among;

        // Piece by piece into one buffer: put together from texts it was three times as much garbage as what is kept.
        var text = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[256]);
        text.AppendLiteral(drawn);
        text.AppendLiteral(" at stage ");
        text.AppendLiteral(stage);
        text.AppendLiteral(": ");
        text.AppendFormatted(f.Propensity * 100, Digits);
        text.AppendLiteral(" % likely to reach ");
        text.AppendLiteral(chosen.Play.Definition.Goal?.Id ?? "its goal");
        if (f.Context != 1)
        {
            text.AppendLiteral(", context x");
            text.AppendFormatted(f.Context, Digits);
        }

        text.AppendLiteral(", worth ");
        Money(f.Value, playbook.Definition.Currency, ref text);
        if (f.Lever != 1)
        {
            text.AppendLiteral(", lever x");
            text.AppendFormatted(f.Lever, Digits);
        }

        var said = texts.Of(text.Text);
        text.Clear();
        return said;
    }

    private static void Money(double minorUnits, string currency, ref DefaultInterpolatedStringHandler text)
    {
        // ISO 4217: these currencies have no minor unit; all others that matter here have two digits.
        var digits = currency is "JPY" or "KRW" or "VND" or "CLP" or "ISK" or "UGX" or "XAF" or "XOF" or "XPF" ? 0 : 2;
        text.AppendFormatted(minorUnits / Math.Pow(10, digits), digits == 0 ? "0" : "0.00");
        text.AppendLiteral(" ");
        text.AppendLiteral(currency);
    }
}
