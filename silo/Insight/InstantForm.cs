using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Insight;

/// <summary>Instants in answers, requests and sentences.</summary>
internal static class InstantForm
{
    /// <summary>The earliest instant stands for "never".</summary>
    public static Timestamp? WriteOrNone(DateTimeOffset at) => at == DateTimeOffset.MinValue ? null : Timestamp.FromDateTimeOffset(at);

    /// <exception cref="RpcException">INVALID_ARGUMENT: outside of years 1 to 9999.</exception>
    public static DateTimeOffset Read(Timestamp at, string field) =>
        at.Seconds is >= -62_135_596_800 and <= 253_402_300_799 && at.Nanos is >= 0 and <= 999_999_999
            ? at.ToDateTimeOffset()
            : throw new RpcException(StatusCode.InvalidArgument, $"`{field}` is out of range: years 1 to 9999, nanos 0 to 999,999,999");

    /// <summary>For sentences, to the second.</summary>
    public static string Show(DateTimeOffset at) => at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
