using System.Globalization;

namespace Orchestrator.Cli.Mapping;

/// <summary>A test on one cell.</summary>
/// <param name="Test">One of <see cref="Tests"/>.</param>
/// <param name="Operand">A number for the four comparisons, text for the others.</param>
sealed record RowCondition(string Column, string Test, string Operand, NumberFormatInfo Numbers, Place Place)
{
    public static readonly IReadOnlyList<string> Comparisons = ["above", "at-least", "below", "at-most"];
    public static readonly IReadOnlyList<string> Tests = [.. Comparisons, "is", "is-not", "present"];

    /// <exception cref="RowRefusal">The cell is not a number, and a comparison needs one.</exception>
    public bool Holds(Row row)
    {
        var cell = row[Column];
        return Test switch
        {
            "is" => cell == Operand,
            "is-not" => cell != Operand,
            "present" => cell.Length > 0 == (Operand == "true"),
            _ => cell.Length > 0 && Compare(cell),
        };
    }

    bool Compare(string cell)
    {
        if (!decimal.TryParse(cell, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, Numbers, out var number))
        {
            throw new RowRefusal($"`{{{Column}}}`: expected a number, found `{cell}`");
        }

        var limit = decimal.Parse(Operand, CultureInfo.InvariantCulture);
        return Test switch
        {
            "above" => number > limit,
            "at-least" => number >= limit,
            "below" => number < limit,
            _ => number <= limit,
        };
    }
}
