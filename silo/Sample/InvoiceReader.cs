using System.Globalization;
using System.IO.Compression;
using CsvHelper;
using CsvHelper.Configuration;
using NodaTime;
using NodaTime.Text;

namespace Orchestrator.Silo.Sample;

/// <summary>Reads the bundled invoices. Their times are London's; here they become UTC.</summary>
public static class InvoiceReader
{
    private static readonly DateTimeZone London = DateTimeZoneProviders.Tzdb["Europe/London"];
    private static readonly LocalDateTimePattern Time = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm");

    /// <summary>All rows, by time; rows of one minute in the order of the file.</summary>
    /// <param name="file">Gzip of CSV with a header.</param>
    /// <exception cref="InvalidDataException">A row is malformed; says which, what was found and what was expected.</exception>
    public static List<Invoice> ReadAll(string file)
    {
        using var zipped = File.OpenRead(file);
        using var text = new StreamReader(new GZipStream(zipped, CompressionMode.Decompress));
        return Read(text);
    }

    /// <summary>As <see cref="ReadAll"/>, from plain CSV.</summary>
    public static List<Invoice> Read(TextReader text)
    {
        using var csv = new CsvReader(text, new CsvConfiguration(CultureInfo.InvariantCulture));
        var rows = new List<Invoice>();
        if (!csv.Read() || !csv.ReadHeader())
        {
            throw new InvalidDataException("the file is empty, a header was expected");
        }

        while (csv.Read())
        {
            rows.Add(new Invoice(
                rows.Count + 1,
                Utc(Field(csv, "timestamp")),
                Field(csv, "customer_id"),
                Field(csv, "country"),
                Whole(csv, "lines"),
                Whole(csv, "net_quantity"),
                Pence(csv, "purchase_value"),
                Pence(csv, "return_value")));
        }

        return [.. rows.OrderBy(r => r.At).ThenBy(r => r.Row)];
    }

    /// <summary>A London time in UTC. One that comes twice (clocks go back) means the first; one that never comes (clocks go forward) is moved on by the gap.</summary>
    /// <exception cref="InvalidDataException">Not of the form <c>2009-12-01 07:45</c>.</exception>
    public static DateTimeOffset Utc(string local) =>
        Time.Parse(local) is { Success: true, Value: var time }
            ? London.AtLeniently(time).ToInstant().ToDateTimeOffset()
            : throw new InvalidDataException($"the time is `{local}`, the form `2009-12-01 07:45` was expected");

    private static string Field(CsvReader csv, string name) =>
        csv.TryGetField<string>(name, out var value) && value is not null
            ? value
            : throw new InvalidDataException($"line {csv.Parser.Row} has no column `{name}`");

    private static int Whole(CsvReader csv, string name) =>
        int.TryParse(Field(csv, name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidDataException($"line {csv.Parser.Row}: `{name}` is `{Field(csv, name)}`, a whole number was expected");

    private static long Pence(CsvReader csv, string name) =>
        decimal.TryParse(Field(csv, name), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var pounds) && pounds < 1_000_000_000
            ? (long)decimal.Round(pounds * 100)
            : throw new InvalidDataException($"line {csv.Parser.Row}: `{name}` is `{Field(csv, name)}`, an amount in pounds was expected");
}
