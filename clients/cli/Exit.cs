using Orchestrator.Protos.Rpc;

namespace Orchestrator.Cli;

/// <summary>Exit codes, which scripts branch on. Never renumbered.</summary>
static class Exit
{
    public const int Ok = 0;

    /// <summary>It did not work, for a reason that is none of the others.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot be understood, or names a file that is not there; the silo was not asked.</summary>
    public const int Usage = 2;

    public const int NotFound = 3;

    /// <summary>The silo, or a check of what was given, says no; the same again is refused again.</summary>
    public const int Refused = 4;

    /// <summary>No silo answers, or it cannot take this now; the same again may work.</summary>
    public const int Unavailable = 5;

    public static int Of(StatusCode code) => code switch
    {
        StatusCode.OK => Ok,
        StatusCode.NotFound => NotFound,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.Aborted or StatusCode.AlreadyExists
            or StatusCode.OutOfRange or StatusCode.PermissionDenied or StatusCode.Unauthenticated => Refused,
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted => Unavailable,
        StatusCode.Cancelled or StatusCode.Unknown or StatusCode.Unimplemented or StatusCode.Internal or StatusCode.DataLoss => Failed,
    };
}
