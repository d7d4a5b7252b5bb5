using Orchestrator.Grains.Lateness;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Lateness;
using Orchestrator.V1;
using CorrectedRoom = Orchestrator.Grains.Lateness.CorrectedRoom;

namespace Orchestrator.Silo.Insight;

public sealed partial class AccountService
{
    private const int MostLate = 1_000;

    public async Task<CorrectionsResponse> Corrections(CorrectionsRequest request, CallContext call)
    {
        if (request.ToleranceSeconds is < 0 or > 366L * 86_400)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`tolerance_seconds` must be 1 to {366L * 86_400}, or 0 for the playbook's; it is {request.ToleranceSeconds}");
        }

        var account = await people.AccountAsync(request.Account, call.CancellationToken);
        var past = await PastOf.ReadAsync(account, runtime, call.CancellationToken);
        if (past.Missing.Length > 0)
        {
            throw new RpcException(StatusCode.FailedPrecondition, $"{past.Missing}: history can be judged anew only for as long as the journal goes back to its beginning");
        }

        var delays = Delays.Of(shelf.Current.PlaybookOf(account)?.Definition.Lateness);
        delays = request.ToleranceSeconds > 0 ? delays with { Tolerance = TimeSpan.FromSeconds(request.ToleranceSeconds) } : delays;
        var late = LateSignals.Of(past.Frames, delays);
        var response = new CorrectionsResponse { Made = LatenessText.Write(account.Lateness), LateCount = late.Count };
        response.Late.AddRange(late.Take(MostLate).Select(LatenessText.Write));
        if (late.Count > 0)
        {
            var since = late.Min(l => l.HappenedAt);
            past = await past.WithOthersAsync(since, delays, runtime, call.CancellationToken);
            var found = past.JudgeAnew(shelf.Current, since, runtime.Now, delays);
            response.Would = LatenessText.Write(new Grains.Lateness.Correction(
                runtime.Now, since, [.. late.Take(LatenessState.MostPending)], account.Stage, found.Undetermined.Length > 0 ? account.Stage : found.Stage, [.. found.Changed], found.Unlisted,
                [.. LatenessText.AlsoOf(found)], found.Undetermined)
            {
                Rooms = [.. found.Rooms.Select(r => new CorrectedRoom(r.Room, r.Changes))],
            });
        }

        return response;
    }
}
