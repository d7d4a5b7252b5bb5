using System.Globalization;
using NodaTime;

namespace Orchestrator.Silo.Sample;

/// <summary>Writes the sample's lines: one an action, a heading a quarter, and what the run says about itself. Any thread.</summary>
/// <param name="to">Where to.</param>
/// <param name="colours">Only for a terminal.</param>
internal sealed class SampleOutput(TextWriter to, bool colours)
{
    private static readonly DateTimeZone London = DateTimeZoneProviders.Tzdb["Europe/London"];
    private readonly Lock gate = new();
    private (int Year, int Quarter) quarter;
    private long actions;
    private long inQuarter;

    /// <summary>Counts for headings; of this process.</summary>
    public Func<string> Progress { get; set; } = () => "";

    public void Line(string text)
    {
        lock (gate)
        {
            to.WriteLine(text);
            to.Flush();
        }
    }

    public void Action(V1.Action action)
    {
        var at = Instant.FromDateTimeOffset(action.DecidedAt.ToDateTimeOffset()).InZone(London).LocalDateTime;
        lock (gate)
        {
            Heading(at.Year, ((at.Month - 1) / 3) + 1);
            actions++;
            inQuarter++;
            var whom = action.Department.Length > 0 ? action.Department : action.Identifiers.Count > 0 ? $"{action.Identifiers[0].Kind}:{action.Identifiers[0].Value}" : action.Contact;
            to.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Dim($"{at.Year:d4}-{at.Month:d2}-{at.Day:d2} {at.Hour:d2}:{at.Minute:d2}")}  {action.Account,-8} {Bold($"{action.Play,-24}")} {action.Treatment,-24} {action.Channel,-6} {whom,-18} {Worth(action),13}  {Dim(action.Reason)}"));
        }
    }

    public void Flush()
    {
        lock (gate)
        {
            to.Flush();
        }
    }

    /// <summary>What the action is expected to bring: propensity x value.</summary>
    private static string Worth(V1.Action action) =>
        action.Transactional ? "service" : string.Create(CultureInfo.InvariantCulture, $"{action.Factors.Propensity * action.Factors.Value / 100:#,##0.00} GBP");

    private void Heading(int year, int number)
    {
        // Deliveries of different accounts may overtake each other by hours: a quarter begins once.
        if ((year, number).CompareTo(quarter) <= 0)
        {
            return;
        }

        quarter = (year, number);
        to.WriteLine();
        to.WriteLine(Bold(string.Create(CultureInfo.InvariantCulture, $"== {year} Q{number} ==  {Progress()}; actions so far {actions:#,##0}, {inQuarter:#,##0} of them in the quarter before")));
        inQuarter = 0;
    }

    private string Bold(string text) => colours ? $"\u001b[1m{text}\u001b[0m" : text;

    private string Dim(string text) => colours ? $"\u001b[2m{text}\u001b[0m" : text;
}
