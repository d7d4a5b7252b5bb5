using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Load;

/// <summary>What a run measured. Latencies in milliseconds from when a signal was due to when its acknowledgement was read; warm-up left out.</summary>
/// <param name="Offered">Signals per second that fell due.</param>
/// <param name="Achieved">Measured signals acknowledged as durable per second, from the first one due to the last answer.</param>
/// <param name="Sent">Signals of the run, warm-up included.</param>
/// <param name="Overloaded">Answers of OVERLOADED; each was retried unless retrying is off.</param>
/// <param name="Lost">Signals without a final answer.</param>
/// <param name="Unexpected">Answers to what was not asked, for example a second acknowledgement of one signal.</param>
/// <param name="BacklogAtEnd">Signals without an answer when the last one had fallen due.</param>
/// <param name="DrainSeconds">From the last signal due to the last answer.</param>
/// <param name="CpuMicrosecondsPerSignal">The generator's own, warm-up left out.</param>
/// <param name="MessageBytes">Mean size of a message on the wire, without framing.</param>
/// <param name="Faults">What broke calls off; empty if nothing did.</param>
public sealed record LoadReport(
    double Offered,
    double Achieved,
    double Seconds,
    long Sent,
    long Recorded,
    long Duplicate,
    long Refused,
    long Overloaded,
    long Abandoned,
    long Lost,
    long Unexpected,
    long BacklogAtEnd,
    double DrainSeconds,
    double P50,
    double P90,
    double P99,
    double P999,
    double Max,
    double CpuSeconds,
    double CpuMicrosecondsPerSignal,
    double MessageBytes,
    string FirstReason,
    IReadOnlyList<string> Faults)
{
    static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Every signal got exactly one final answer.</summary>
    public bool ExactlyOnce => Lost == 0 && Unexpected == 0 && Faults.Count == 0;

    public string ToJson() => JsonSerializer.Serialize(this, Format);

    public static LoadReport FromJson(string json) =>
        JsonSerializer.Deserialize<LoadReport>(json, Format) ?? throw new JsonException("expected a report, found `null`");

    public string ToText()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"offered     {Offered:N0} signals/s for {Seconds:0.#} s, {MessageBytes:0} bytes each");
        Line($"achieved    {Achieved:N0} signals/s durable");
        Line($"results     recorded {Recorded:N0}, duplicate {Duplicate:N0}, refused {Refused:N0}, overloaded {Overloaded:N0}, abandoned {Abandoned:N0}, lost {Lost:N0}, unexpected {Unexpected:N0}");
        Line($"latency ms  p50 {P50:0.00}, p90 {P90:0.00}, p99 {P99:0.00}, p99.9 {P999:0.00}, max {Max:0.00}");
        Line($"backlog     {BacklogAtEnd:N0} when the last was due, drained in {DrainSeconds:0.00} s");
        Line($"generator   {CpuSeconds:0.00} CPU s, {CpuMicrosecondsPerSignal:0.00} us per signal");
        if (FirstReason.Length > 0)
        {
            Line($"first not taken: {FirstReason}");
        }

        foreach (var fault in Faults)
        {
            Line($"fault       {fault}");
        }

        Line($"exactly once: {(ExactlyOnce ? "yes" : "NO")}");
        return text.ToString();
    }
}
