using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Orchestrator.Silo.Rpc;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>Sends what Orleans says of itself, and the calls that this silo serves, to a collector by OTLP. OpenTelemetry's own variables say where to, how and how much; without them nothing is made and nothing listens.</summary>
internal sealed class Telemetry : IDisposable
{
    // The other variables of OpenTelemetry (protocol, headers, sampler, intervals, resource) are read by its SDK.
    private const string Both = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Traces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string Measures = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _measures;

    private Telemetry(string silo, bool traces, bool measures)
    {
        // What the operator says of the resource comes last and so wins.
        var resource = ResourceBuilder.CreateEmpty().AddService("orchestrator", serviceInstanceId: silo).AddTelemetrySdk().AddEnvironmentVariableDetector();

        // A served call is one of the web server's, and what is beneath a call that nobody records is not recorded either.
        _traces = traces ? Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource("Microsoft.Orleans.*", "Microsoft.AspNetCore", RpcTelemetry.Name).AddOtlpExporter().Build() : null;
        _measures = measures ? Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter("Microsoft.Orleans", RpcTelemetry.Name).AddOtlpExporter().Build() : null;
    }

    /// <param name="variable">Of the process's surroundings, by name; null where nobody says.</param>
    /// <param name="silo">This process's name: the resource's <c>service.instance.id</c>.</param>
    /// <returns>Null if no collector is named.</returns>
    /// <exception cref="FormatException">A collector's address is malformed: the SDK would send to its default one and say nothing.</exception>
    public static Telemetry? From(Func<string, string?> variable, string silo)
    {
        var (both, traces, measures) = (IsNamed(Both), IsNamed(Traces), IsNamed(Measures));
        return both || traces || measures ? new Telemetry(silo, both || traces, both || measures) : null;

        bool IsNamed(string name) => variable(name) switch
        {
            null or "" => false,
            var value when Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" => true,
            var value => throw new FormatException($"`{name}` is `{value}`, an address such as `http://collector:4317` was expected"),
        };
    }

    /// <summary>Sends what is left, as long as the collector answers, and ends.</summary>
    public void Dispose()
    {
        _traces?.Dispose();
        _measures?.Dispose();
    }
}
