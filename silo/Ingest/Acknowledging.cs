using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Ingest;

/// <summary>Outcomes of signals in the words of the contract.</summary>
internal static class Acknowledging
{
    public static Acknowledgement.Types.Result ResultOf(Answer.Recorded recorded) => recorded.Duplicate ? Acknowledgement.Types.Result.Duplicate : Acknowledgement.Types.Result.Recorded;

    public static Acknowledgement Of(string signalId, Outcome outcome) => outcome switch
    {
        Outcome.Accepted { Answer: Answer.Recorded recorded } accepted => new Acknowledgement
        {
            SignalId = signalId,
            Result = ResultOf(recorded),
            Position = new Position { Partition = accepted.Partition, Sequence = recorded.Sequence },
        },
        Outcome.Rejected rejected => new Acknowledgement { SignalId = signalId, Result = Acknowledgement.Types.Result.Refused, Reason = Refusals.Describe(rejected.Rejection) },
        Outcome.Overloaded overloaded => new Acknowledgement
        {
            SignalId = signalId,
            Result = Acknowledgement.Types.Result.Overloaded,
            Reason = "too much is waiting at this account's partition",
            RetryAfter = Duration.FromTimeSpan(overloaded.RetryAfter),
        },
        Outcome.Unavailable unavailable => new Acknowledgement
        {
            SignalId = signalId,
            Result = Acknowledgement.Types.Result.Overloaded,
            Reason = unavailable.Reason,
            RetryAfter = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
