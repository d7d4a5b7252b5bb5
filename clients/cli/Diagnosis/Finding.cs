using Orchestrator.Protos.Rpc;

namespace Orchestrator.Cli.Diagnosis;

enum Result
{
    Ok,
    Warning,
    Failed,
}

/// <summary>What one check found.</summary>
/// <param name="Code">How the call ended on which it rests; OK when it is not about a call.</param>
sealed record Finding(string Check, Result Result, string Detail, StatusCode Code = StatusCode.OK);
