using System.Globalization;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Api;

/// <summary>Refusals in the words and codes of gRPC: the one place where they are mapped.</summary>
public static class Refusals
{
    public static string Describe(Rejection rejection) => rejection switch
    {
        Rejection.NoPlaybook => "no playbook is published yet: publish one first, for example with `orc playbook publish FILE`",
        Rejection.UnknownSignalType r => $"unknown signal type `{r.Type}`{(r.Nearest is null ? "" : $"; did you mean `{r.Nearest}`?")}",
        Rejection.BadSignal r => r.Reason,
        Rejection.DuplicateWithOtherContent r => $"the id `{r.SignalId}` was used before for a signal with other content",
        Rejection.InTheFuture r => $"the time {Utc(r.Time)} is in the future: it is {Utc(r.Now)} here, at most 5 minutes ahead are taken",
        Rejection.NoSuchAccount r => $"no signal has ever named the account `{r.Account}`; send one, or look it up by an identifier of one of its people",
        Rejection.NoSuchContact r => $"the account `{r.Account}` has no contact `{r.Contact}`",
        Rejection.UnknownChannel r => $"unknown channel `{r.Channel}`{(r.Nearest is null ? "" : $"; did you mean `{r.Nearest}`?")}",
        Rejection.NoSuchReservation r => $"no such reservation: `{r.Reservation}`",
        Rejection.ReservationOver r => $"the reservation `{r.Reservation}` was {r.How} before",
        Rejection.StaleVersion r => $"version {r.Expected.ToString(CultureInfo.InvariantCulture)} was expected to be the latest, it is {r.Latest.ToString(CultureInfo.InvariantCulture)}: look at what changed, then publish again",
        Rejection.NoSuchDraft r => $"no draft `{r.Name}`{(r.Nearest is null ? "" : $"; did you mean `{r.Nearest}`?")}",
        Rejection.StaleDraft { Expected: 0 } r => $"there is a draft `{r.Name}` already, at revision {r.Latest.ToString(CultureInfo.InvariantCulture)} by `{r.By}`: look at it, then save with that revision as the one expected",
        Rejection.StaleDraft r => $"revision {r.Expected.ToString(CultureInfo.InvariantCulture)} of draft `{r.Name}` was expected to be the latest, it is {r.Latest.ToString(CultureInfo.InvariantCulture)} by `{r.By}`: look at what changed, then save again",
        Rejection.BadAnswer r => r.Why,
        Rejection.MovedTo r => $"the account was merged into `{r.Account}`: ask there",
        Rejection.ChangedMeanwhile r => $"something happened to the account `{r.Account}` meanwhile: look again, then ask again",
        Rejection.NeedsLevel r => $"{r.What} needs feature level {r.Needed.ToString(CultureInfo.InvariantCulture)}, the cluster has {r.Level.ToString(CultureInfo.InvariantCulture)}: raise it with `orc cluster raise-level {r.Needed.ToString(CultureInfo.InvariantCulture)}` once every silo reads it",
        Rejection.Broken r => $"our fault: {r.Error}; it is kept as a dead letter",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The status with which a call ends whose command was not accepted.</summary>
    public static RpcException StatusOf(Outcome outcome) => outcome switch
    {
        Outcome.Rejected r => new RpcException(CodeOf(r.Rejection), Describe(r.Rejection)),
        Outcome.Overloaded o => Overloaded(o.RetryAfter),
        Outcome.Unavailable u => new RpcException(StatusCode.Unavailable, u.Reason),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static RpcException Overloaded(TimeSpan retryAfter)
    {
        var exception = new RpcException(StatusCode.ResourceExhausted, $"too much is waiting at this account's partition; try again in {retryAfter.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms");
        exception.Trailers.Add("grpc-retry-pushback-ms", retryAfter.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture));
        return exception;
    }

    private static StatusCode CodeOf(Rejection rejection) => rejection switch
    {
        Rejection.NoPlaybook or Rejection.MovedTo or Rejection.NeedsLevel or Rejection.ReservationOver => StatusCode.FailedPrecondition,
        Rejection.UnknownSignalType or Rejection.BadSignal or Rejection.BadAnswer or Rejection.InTheFuture or Rejection.UnknownChannel => StatusCode.InvalidArgument,
        Rejection.DuplicateWithOtherContent => StatusCode.AlreadyExists,
        Rejection.NoSuchAccount or Rejection.NoSuchContact or Rejection.NoSuchReservation or Rejection.NoSuchDraft => StatusCode.NotFound,
        Rejection.StaleVersion or Rejection.StaleDraft or Rejection.ChangedMeanwhile => StatusCode.Aborted,
        Rejection.Broken => StatusCode.Internal,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Utc(DateTimeOffset at) => at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
