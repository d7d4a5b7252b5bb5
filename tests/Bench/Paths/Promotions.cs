using System.Diagnostics.Tracing;

namespace Orchestrator.Bench.Paths;

/// <summary>Adds up what collections of the youngest generation and the first found alive, as the collector tells after each.</summary>
sealed class Promotions : EventListener
{
    private const EventKeywords Collections = (EventKeywords)1;
    private long bytes;

    public long Bytes => Interlocked.Read(ref bytes);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Informational, Collections);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName is not { } name || !name.StartsWith("GCHeapStats", StringComparison.Ordinal))
        {
            return;
        }

        for (var i = 0; i < eventData.PayloadNames!.Count; i++)
        {
            if (eventData.PayloadNames[i] is "TotalPromotedSize0" or "TotalPromotedSize1")
            {
                Interlocked.Add(ref bytes, (long)(ulong)eventData.Payload![i]!);
            }
        }
    }
}
