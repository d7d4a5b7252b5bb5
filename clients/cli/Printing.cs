using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Spectre.Console;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Cli;

/// <summary>Writes answers for people: tables, facts and plain lines. Colour only on a screen.</summary>
sealed class Printing
{
    static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly Terminal terminal;
    readonly IAnsiConsole console;

    public Printing(Terminal terminal)
    {
        this.terminal = terminal;
        console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Out),
            Ansi = terminal.Colours ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal.Colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });

        // A pipe has no edge: what does not fit a screen must not be broken for a program.
        console.Profile.Width = Math.Min(terminal.Width, 5000);
    }

    public void Line(string text = "") => terminal.Out.WriteLine(text.Length == 0 ? "" : OneLine(text));

    /// <summary>Rows under headings; <paramref name="empty"/> stands for no rows.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows, string empty)
    {
        var all = rows.ToList();
        if (all.Count == 0)
        {
            Line(empty);
            return;
        }

        var table = new Table().NoBorder();
        foreach (var heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))) { Padding = new Padding(0, 0, 2, 0) });
        }

        foreach (var row in all)
        {
            table.AddRow(row.Select(cell => new Text(OneLine(cell))));
        }

        console.Write(table);
    }

    /// <summary>Names with their values, aligned; empty values are left out.</summary>
    public void Facts(params IEnumerable<(string Name, string? Value)> facts)
    {
        var known = facts.Where(fact => !string.IsNullOrEmpty(fact.Value)).ToList();
        var width = known.Count == 0 ? 0 : known.Max(fact => fact.Name.Length);
        foreach (var (name, value) in known)
        {
            terminal.Out.WriteLine($"{name.PadRight(width)}  {OneLine(value!)}");
        }
    }

    /// <summary>Protobuf's JSON, all of it on one line.</summary>
    public static string JsonOf(IMessage message) =>
        JsonNode.Parse(JsonFormatter.Default.Format(message))!.ToJsonString(Compact);

    /// <summary>Text of others, made safe to put on one line of a terminal.</summary>
    public static string OneLine(string text) =>
        text.AsSpan().IndexOfAnyInRange('\u007f', '\u009f') < 0 && text.AsSpan().IndexOfAnyInRange('\0', '\u001f') < 0
            ? text
            : string.Concat(text.ReplaceLineEndings(" ").Select(c => c == '\t' ? ' ' : char.IsControl(c) ? '\ufffd' : c));

    public static string Show(Timestamp? instant) =>
        instant is null ? "" : instant.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Show(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);

    public static string Show(Identifier identifier) => $"{identifier.Kind}:{identifier.Value}";

    public static string Show(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.Text => value.Text,
        Value.KindOneofCase.Integer => value.Integer.ToString(CultureInfo.InvariantCulture),
        Value.KindOneofCase.Number => value.Number.ToString("R", CultureInfo.InvariantCulture),
        Value.KindOneofCase.Flag => value.Flag ? "true" : "false",
        Value.KindOneofCase.Instant => Show(value.Instant),
        Value.KindOneofCase.Duration => Durations.Show(value.Duration.ToTimeSpan()),
        Value.KindOneofCase.Money => Show(value.Money),
        Value.KindOneofCase.None => "absent",
    };

    public static string Show(Money money)
    {
        var places = Currencies.DecimalPlaces(money.Currency);
        var amount = new decimal(money.MinorUnits) / Currencies.Scale(places);
        return $"{amount.ToString($"F{places}", CultureInfo.InvariantCulture)} {money.Currency}";
    }
}
