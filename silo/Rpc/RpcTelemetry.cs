using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Rpc;

/// <summary>Spans and durations of served calls, by OpenTelemetry's RPC conventions. Costs next to nothing while nobody listens.</summary>
static class RpcTelemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string Name = "Orchestrator.Rpc";

    static readonly ActivitySource Source = new(Name);
    static readonly Meter Meter = new(Name);

    static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "rpc.server.call.duration", "s", "Duration of served calls.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
        });

    public static Activity? Start(string method) => Source.HasListeners() ? Source.StartActivity(method, ActivityKind.Server) : null;

    /// <param name="activity">The call's span, if somebody records it.</param>
    /// <param name="method"><c>package.Service/Method</c>, or <c>_OTHER</c> for one that is not served.</param>
    /// <param name="code">How it ended.</param>
    /// <param name="elapsed">From headers in to trailers out.</param>
    public static void End(Activity? activity, string method, StatusCode code, TimeSpan elapsed)
    {
        if (Duration.Enabled)
        {
            var tags = new TagList { { "rpc.system.name", "grpc" }, { "rpc.method", method }, { "rpc.status_code", Status.NameOf(code) } };
            if (IsError(code))
            {
                tags.Add("error.type", Status.NameOf(code));
            }

            Duration.Record(elapsed.TotalSeconds, tags);
        }

        if (activity is not null)
        {
            activity.SetTag("rpc.system.name", "grpc").SetTag("rpc.method", method).SetTag("rpc.status_code", Status.NameOf(code));
            if (IsError(code))
            {
                activity.SetTag("error.type", Status.NameOf(code)).SetStatus(ActivityStatusCode.Error);
            }
        }
    }

    // The conventions' list for servers: the other codes tell the caller about the caller.
    static bool IsError(StatusCode code) => code
        is StatusCode.Unknown or StatusCode.DeadlineExceeded or StatusCode.Unimplemented or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DataLoss;
}
