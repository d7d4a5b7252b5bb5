using System.Globalization;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Client;

/// <summary>Tries unary calls that may be made twice again when the server is unavailable, within a budget, so that a struggling server is not buried.</summary>
public sealed record RetryPolicy
{
    /// <summary>Attempts in all, the first included; 1 never tries again.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>Upper bound of the first wait; it doubles each time. The wait is drawn evenly below it.</summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Upper bound of every wait.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Size of the budget: each failure takes one, each success gives back a tenth; no retry while it is half empty or less.</summary>
    /// <remarks>gRPC's proposal A6, retry throttling.</remarks>
    public int BudgetTokens { get; init; } = 20;

    /// <summary>Upper bound of the wait before attempt number <paramref name="attempt"/> + 1, drawn evenly.</summary>
    public TimeSpan Backoff(int attempt)
    {
        var bound = Math.Min(InitialBackoff.TotalMilliseconds * Math.Pow(2, Math.Min(attempt - 1, 20)), MaxBackoff.TotalMilliseconds);
#pragma warning disable CA5394 // Spreading load needs no secrets.
        return TimeSpan.FromMilliseconds(bound * Random.Shared.NextDouble());
#pragma warning restore CA5394
    }

    /// <summary>The wait the server asks for in <c>grpc-retry-pushback-ms</c>; null when it asks for none; negative means "do not".</summary>
    internal static int? Pushback(RpcException failure) => failure.Trailers.Get("grpc-retry-pushback-ms") is { } asked
        ? int.TryParse(asked, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds) ? milliseconds : -1
        : null;
}
