using System.Diagnostics;
using System.Text;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.InFlight;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Authoring;

/// <summary>Answers over gRPC what a playbook would do. Changes nothing; any thread.</summary>
public sealed partial class AuthoringService(SiloRuntime runtime, PlaybookShelf shelf, IStore store, People people)
{
    private readonly PlaybookService catalog = new(runtime);
    private const int MostExamples = 10_000;
    private const int DefaultExamples = 20;
    private static readonly TimeSpan BetweenProgress = TimeSpan.FromMilliseconds(300);

    public async IAsyncEnumerable<WhatIfResponse> WhatIf(WhatIfRequest request, CallContext call)
    {
        var examples = ExamplesOf(request.Examples);
        var draft = Compile(request.Text, request.File.Length > 0 ? request.File : "draft.yaml");
        var (baseline, against) = AgainstOf(request);
        if (baseline is null && request.Criteria)
        {
            throw new RpcException(StatusCode.InvalidArgument, "`criteria` cannot be compared with what is recorded: the journal does not keep what removed candidates; compare with a version");
        }

        var began = Stopwatch.GetTimestamp();
        var run = new WhatIfRun(store, draft, baseline, request.Criteria, examples);
        var running = Task.Run(() => run.RunAsync(call.CancellationToken), call.CancellationToken);
        while (!await EndsSoonAsync(running, call.CancellationToken))
        {
            yield return new WhatIfResponse { Progress = new WhatIfProgress { Frames = run.Frames, FramesInAll = run.FramesInAll, Signals = run.Signals } };
        }

        var report = WhatIfForm.Write(await running, against, examples);
        report.Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        report.SignalsPerSecond = run.Busy > TimeSpan.Zero ? report.Signals / run.Busy.TotalSeconds : 0;
        yield return new WhatIfResponse { Report = report };
    }

    public async IAsyncEnumerable<PlanResponse> Plan(PlanRequest request, CallContext call)
    {
        var examples = ExamplesOf(request.Examples);
        var version = shelf.Current.All(Tenants.Default).Length + 1;
        var draft = Compile(request.Text, request.File.Length > 0 ? request.File : "draft.yaml", version);
        var planning = new PublishPlanning(runtime, store, shelf.Current.With(Tenants.Default, draft), examples);
        var running = Task.Run(() => planning.RunAsync(call.CancellationToken), call.CancellationToken);
        while (!await EndsSoonAsync(running, call.CancellationToken))
        {
            yield return new PlanResponse { Progress = planning.Progress };
        }

        var plan = await running;
        plan.SignOffs.AddRange(draft.Definition.Transitions.SelectMany(t => t.AgreedBy.Select(d => $"{d.Id} (for {t.Id})")).Distinct());
        plan.Diagnostics.AddRange(PlaybookCompiler.Compile(request.Text, request.File, version).Diagnostics.Select(PlaybookService.Write));
        yield return new PlanResponse { Plan = plan };
    }

    public async Task<ForwardResponse> Forward(ForwardRequest request, CallContext call)
    {
        var account = await people.AccountAsync(request.Account, call.CancellationToken);
        var library = request.Text.Length == 0 ? shelf.Current : PlaybookLibrary.Only(Tenants.Default, Compile(request.Text, request.File.Length > 0 ? request.File : "draft.yaml"));
        return await new ForwardRun(runtime, library).RunAsync(account, request.Steps, call.CancellationToken);
    }

    public async Task<GetRolloutResponse> GetRollout(GetRolloutRequest request, CallContext call) =>
        await FlightStatus.ReadAsync(store, shelf.Current.All(Tenants.Default).Length, runtime.Partitions, call.CancellationToken);

    /// <summary>Whether it ends before its progress is due to be told again.</summary>
    private static async Task<bool> EndsSoonAsync(Task running, CancellationToken cancel)
    {
        if (await Task.WhenAny(running, Task.Delay(BetweenProgress, cancel)) == running)
        {
            return true;
        }

        cancel.ThrowIfCancellationRequested();
        return false;
    }

    private static int ExamplesOf(int asked) => asked switch
    {
        0 => DefaultExamples,
        < 0 or > MostExamples => throw new RpcException(StatusCode.InvalidArgument, $"`examples` must be 1 to {MostExamples}, or 0 for {DefaultExamples}; it is {asked}"),
        _ => asked,
    };

    private (Playbook? Baseline, string Words) AgainstOf(WhatIfRequest request)
    {
        switch (request.AgainstCase)
        {
            case WhatIfRequest.AgainstOneofCase.Recorded when request.Recorded:
                return (null, "what did happen");
            case WhatIfRequest.AgainstOneofCase.Version:
                var found = shelf.Current.Find(Tenants.Default, request.Version)
                    ?? throw new RpcException(StatusCode.NotFound, $"there is no version {request.Version} to compare with; `orc playbook list` shows all");
                return (found, $"version {found.Version}");
            case WhatIfRequest.AgainstOneofCase.OtherText:
                return (Compile(request.OtherText, "other.yaml"), "the other text");
            default:
                var latest = shelf.Current.Current(Tenants.Default)
                    ?? throw new RpcException(StatusCode.FailedPrecondition, "no playbook is published yet, so there is no history");
                return (latest, $"version {latest.Version}");
        }
    }

    private static Playbook Compile(string text, string file, int version = 1)
    {
        if (Encoding.UTF8.GetByteCount(text) > PlaybookService.MostBytes)
        {
            throw new RpcException(StatusCode.InvalidArgument, "the text is over 1 MiB");
        }

        var compiled = PlaybookCompiler.Compile(text, file, version);
        return compiled.Playbook ?? throw new RpcException(StatusCode.InvalidArgument, string.Join("\n", compiled.Diagnostics.Where(d => d.Severity == Severity.Error).Take(20)));
    }
}
