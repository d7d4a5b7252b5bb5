using System.Text;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Shadows;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;

namespace Orchestrator.Silo.Shadows;

/// <summary>Starts, shows and stops the shadow over gRPC. Any silo answers: what it says is in the store. Any thread.</summary>
/// <param name="follower">Of this silo.</param>
/// <param name="clock">Business time.</param>
public sealed class ShadowService(PlaybookShelf shelf, IStore store, ShadowFollower follower, TimeProvider clock)
{
    private const int DefaultExamples = 20;

    public async Task<StartShadowResponse> StartShadow(StartShadowRequest request, CallContext call)
    {
        var live = shelf.Current.Current(Tenants.Default) ?? throw new RpcException(StatusCode.FailedPrecondition, "no playbook is published yet, so there is nothing to decide beside");
        if (request.Share is not (>= 0 and <= 1))
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`share` must be above 0 to 1, or 0 for all; it is {request.Share}");
        }

        var shadow = ShadowOf(request, live.Version);
        if (await ShadowSettings.ReadAsync(store, call.CancellationToken) is { StoppedAt: 0 } there)
        {
            throw new RpcException(StatusCode.FailedPrecondition, $"`{there.Playbook}` decides as a shadow since {Ticks.Instant(there.StartedAt):yyyy-MM-ddTHH:mm:ssZ} already; stop it first");
        }

        var now = clock.GetUtcNow();
        (shadow.Run, shadow.StartedAt) = (Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)), Ticks.Of(now));
        shadow.Share = request.Share == 0 ? 1 : request.Share;
        shadow.From.AddRange((await store.PartitionsAsync(call.CancellationToken)).Select(r => r.NextSequence));
        await ShadowSettings.WriteAsync(store, shadow, call.CancellationToken);
        follower.Poke();
        return new() { Shadow = await StatusAsync(shadow, DefaultExamples, call.CancellationToken) };
    }

    public async Task<GetShadowResponse> GetShadow(GetShadowRequest request, CallContext call)
    {
        if (request.Examples is < 0 or > ShadowFollower.MostExamples)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`examples` must be 1 to {ShadowFollower.MostExamples}, or 0 for {DefaultExamples}; it is {request.Examples}");
        }

        var shadow = await ShadowSettings.ReadAsync(store, call.CancellationToken) ?? throw new RpcException(StatusCode.NotFound, "no shadow was ever started; `orc playbook shadow start` does it");
        return new() { Shadow = await StatusAsync(shadow, request.Examples == 0 ? DefaultExamples : request.Examples, call.CancellationToken) };
    }

    public async Task<StopShadowResponse> StopShadow(StopShadowRequest request, CallContext call)
    {
        if (await ShadowSettings.ReadAsync(store, call.CancellationToken) is not { StoppedAt: 0 } shadow)
        {
            throw new RpcException(StatusCode.FailedPrecondition, "no shadow decides");
        }

        if (follower.ProgressOf(shadow) is { } here)
        {
            await ShadowSettings.WriteAsync(store, here.Progress, call.CancellationToken);
        }

        shadow.StoppedAt = Ticks.Of(clock.GetUtcNow());
        await ShadowSettings.WriteAsync(store, shadow, call.CancellationToken);
        follower.Poke();
        return new() { Shadow = await StatusAsync(shadow, DefaultExamples, call.CancellationToken) };
    }

    private StoredShadow ShadowOf(StartShadowRequest request, int latest)
    {
        if (request.DecidesCase == StartShadowRequest.DecidesOneofCase.Text)
        {
            var file = request.File.Length > 0 ? request.File : "shadow.yaml";
            if (Encoding.UTF8.GetByteCount(request.Text) > PlaybookService.MostBytes)
            {
                throw new RpcException(StatusCode.InvalidArgument, "the text is over 1 MiB");
            }

            // The number that it would have if it were published.
            var compiled = PlaybookCompiler.Compile(request.Text, file, latest + 1);
            var playbook = compiled.Playbook ?? throw new RpcException(StatusCode.InvalidArgument, string.Join("\n", compiled.Diagnostics.Where(d => d.Severity == Severity.Error).Take(20)));
            Check(request.Playbook, playbook.Name, StatusCode.InvalidArgument);
            return new StoredShadow { Playbook = playbook.Name, Text = request.Text, File = file, Number = latest + 1 };
        }

        var found = request.DecidesCase == StartShadowRequest.DecidesOneofCase.Version && request.Version > 0
            ? shelf.Current.Find(Tenants.Default, request.Version) ?? throw new RpcException(StatusCode.NotFound, $"there is no version {request.Version}; `orc playbook list` shows all")
            : throw new RpcException(StatusCode.InvalidArgument, "neither `version` nor `text` says what decides");
        Check(request.Playbook, found.Name, StatusCode.NotFound);
        return new StoredShadow { Playbook = found.Name, Version = found.Version, Number = found.Version };
    }

    private static void Check(string asked, string found, StatusCode code)
    {
        if (asked.Length > 0 && asked != found)
        {
            throw new RpcException(code, $"expected the playbook `{asked}`, found `{found}`");
        }
    }

    private async Task<ShadowStatus> StatusAsync(StoredShadow shadow, int examples, CancellationToken cancel)
    {
        var here = shadow.StoppedAt == 0 ? follower.ProgressOf(shadow) : null;
        var progress = here?.Progress ?? await ShadowSettings.ProgressAsync(store, shadow, cancel);
        var tally = ShadowTallyForm.Read(progress);
        var status = new ShadowStatus
        {
            Running = shadow.StoppedAt == 0,
            Playbook = shadow.Playbook,
            Version = shadow.Version,
            File = shadow.File,
            Share = shadow.Share,
            StartedAt = Timestamp.FromDateTimeOffset(Ticks.Instant(shadow.StartedAt)),
            StoppedAt = shadow.StoppedAt == 0 ? null : Timestamp.FromDateTimeOffset(Ticks.Instant(shadow.StoppedAt)),
            Decisions = tally.Decisions,
            Same = tally.Same,
            Stood = tally.Comparison.Stood,
            LeftOut = tally.LeftOut,
            FramesBehind = shadow.StoppedAt == 0 ? (await store.PartitionsAsync(cancel)).Zip(progress.Next, (row, next) => Math.Max(0, row.NextSequence - next)).Sum() : 0,
            Report = WhatIfForm.Write(tally.Comparison, "the live playbook", examples),
            BusySeconds = here?.Busy.TotalSeconds ?? 0,
        };
        status.Agreements.AddRange(tally.Agreements
            .OrderBy(a => a.Key.Of).ThenByDescending(a => a.Value.LiveOnly + a.Value.ShadowOnly).ThenBy(a => a.Key.Name, StringComparer.Ordinal)
            .Select(a => new V1.ShadowAgreement { Of = (V1.ShadowAgreement.Types.Of)a.Key.Of, Name = a.Key.Name, Same = a.Value.Same, LiveOnly = a.Value.LiveOnly, ShadowOnly = a.Value.ShadowOnly }));
        return status;
    }
}
