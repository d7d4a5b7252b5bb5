using System.Globalization;

namespace Orchestrator.Protos.Rpc;

/// <summary>A status code with a message for the person who reads it.</summary>
/// <param name="Code">One of gRPC's codes; a number from the wire that is none of them becomes <see cref="StatusCode.Unknown"/>.</param>
/// <param name="Detail">Lower case, no full stop; may be empty.</param>
public readonly record struct Status(StatusCode Code, string Detail = "")
{
    public static Status Ok => new(StatusCode.OK);

    /// <summary>The code as specifications spell it, for example <c>DEADLINE_EXCEEDED</c>.</summary>
    public static string NameOf(StatusCode code) => code switch
    {
        StatusCode.OK => "OK",
        StatusCode.Cancelled => "CANCELLED",
        StatusCode.Unknown => "UNKNOWN",
        StatusCode.InvalidArgument => "INVALID_ARGUMENT",
        StatusCode.DeadlineExceeded => "DEADLINE_EXCEEDED",
        StatusCode.NotFound => "NOT_FOUND",
        StatusCode.AlreadyExists => "ALREADY_EXISTS",
        StatusCode.PermissionDenied => "PERMISSION_DENIED",
        StatusCode.ResourceExhausted => "RESOURCE_EXHAUSTED",
        StatusCode.FailedPrecondition => "FAILED_PRECONDITION",
        StatusCode.Aborted => "ABORTED",
        StatusCode.OutOfRange => "OUT_OF_RANGE",
        StatusCode.Unimplemented => "UNIMPLEMENTED",
        StatusCode.Internal => "INTERNAL",
        StatusCode.Unavailable => "UNAVAILABLE",
        StatusCode.DataLoss => "DATA_LOSS",
        StatusCode.Unauthenticated => "UNAUTHENTICATED",
    };

    /// <summary>Reads <c>grpc-status</c> and <c>grpc-message</c> as they travel.</summary>
    public static Status Parse(string code, string? message) =>
        int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new(number <= (int)StatusCode.Unauthenticated ? (StatusCode)number : StatusCode.Unknown, PercentCoding.Decode(message ?? ""))
            : new(StatusCode.Unknown, $"expected a number in `grpc-status`, found `{code}`");

    /// <summary>The status that an answer without <c>grpc-status</c> stands for; the table is gRPC's "HTTP to gRPC status code mapping".</summary>
    public static Status FromHttp(int httpStatus) => new(
        httpStatus switch
        {
            400 => StatusCode.Internal,
            401 => StatusCode.Unauthenticated,
            403 => StatusCode.PermissionDenied,
            404 => StatusCode.Unimplemented,
            429 or 502 or 503 or 504 => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        },
        $"the server answered HTTP {httpStatus} instead of a gRPC status");

    public override string ToString() => Detail.Length == 0 ? NameOf(Code) : $"{NameOf(Code)}: {Detail}";
}
