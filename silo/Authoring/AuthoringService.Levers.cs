using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.WhatIf;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Authoring;

public sealed partial class AuthoringService
{
    private const int MostPoints = 64;
    private static readonly string[] Measures = ["value", "reach", "accounts", "moves", "actions", "caps", "peak"];

    public async IAsyncEnumerable<SweepResponse> Sweep(SweepRequest request, CallContext call)
    {
        var began = Stopwatch.GetTimestamp();
        var (text, file) = (request.Text, request.File.Length > 0 ? request.File : "draft.yaml");
        if (text.Length == 0)
        {
            text = (await catalog.Get(new GetRequest(), call)).Text;
        }

        var by = ByOf(request);
        var draft = Compile(text, file);
        var levers = LeversOf(request, text);
        var points = Combinations(levers).ToList();
        List<Playbook> playbooks = [draft, .. points.Select(values => CompilePoint(text, file, levers, values))];
        var run = new LeverRun(store, playbooks, shelf.Current.Current(Tenants.Default));
        var running = Task.Run(() => run.RunAsync(call.CancellationToken), call.CancellationToken);
        while (!await EndsSoonAsync(running, call.CancellationToken))
        {
            yield return new SweepResponse { Progress = new SweepProgress { Frames = run.Frames, FramesInAll = run.FramesInAll } };
        }

        var (outcomes, replayed) = await running;
        var report = new SweepReport
        {
            Levers = { levers.Select(l => l.Path) },
            By = { by },
            Currency = draft.Definition.Currency,
            From = replayed.From is { } from ? Timestamp.FromDateTimeOffset(from) : null,
            To = replayed.To is { } to ? Timestamp.FromDateTimeOffset(to) : null,
            Signals = replayed.Signals,
            Accounts = replayed.Accounts,
            Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds,
        };
        report.Points.AddRange(outcomes.Select((o, i) => Write(o, i == 0 ? levers.Select(l => l.Now) : points[i - 1], playbooks[i])));
        var best = TradeOff.Best([.. report.Points.Select(p => (IReadOnlyList<double>)[.. by.Select(m => Measure(p, m))])]);
        for (var i = 0; i < best.Length; i++)
        {
            report.Points[i].Best = best[i];
        }

        report.Remarks.Add("outcomes of actions that were not offered then are not known: what a point offers instead expires, and its expected value is what arbitration expected");
        if (replayed.LeftOut > 0)
        {
            report.Remarks.Add($"{replayed.LeftOut} accounts are left out: retention has dropped the beginning of their history");
        }

        yield return new SweepResponse { Report = report };
    }

    private static List<string> ByOf(SweepRequest request)
    {
        List<string> by = [.. request.By.Count == 0 ? ["value", "actions"] : request.By.Distinct()];
        var unknown = by.Find(m => !Measures.Contains(m));
        return unknown is not null ? throw Refuse($"`{unknown}` cannot be traded off; expected some of {string.Join(", ", Measures.Select(m => $"`{m}`"))}")
            : by.Count < 2 ? throw Refuse("expected two or more measures to trade off, found one")
            : by;
    }

    private static List<Lever> LeversOf(SweepRequest request, string text)
    {
        if (request.Levers.Count == 0)
        {
            throw Refuse("expected at least one lever as `path=value,value`, found none");
        }

        List<Lever> levers;
        try
        {
            levers = [.. request.Levers.Select(l => Lever.Read(text, l))];
            Lever.With(text, levers, [.. levers.Select(l => l.Now)]);
        }
        catch (FormatException fault)
        {
            throw Refuse(fault.Message);
        }

        var count = levers.Aggregate(1L, (all, l) => Math.Min(all * l.Values.Count, int.MaxValue));
        return count <= MostPoints ? levers : throw Refuse($"at most {MostPoints} combinations are replayed, these levers have {count}");
    }

    private static IEnumerable<IReadOnlyList<string>> Combinations(IReadOnlyList<Lever> levers) => levers.Aggregate(
        (IEnumerable<IReadOnlyList<string>>)[[]], (points, lever) => points.SelectMany(p => lever.Values.Select(v => (IReadOnlyList<string>)[.. p, v])));

    private static Playbook CompilePoint(string text, string file, IReadOnlyList<Lever> levers, IReadOnlyList<string> values)
    {
        var compiled = PlaybookCompiler.Compile(Lever.With(text, levers, values), file, version: 1);
        return compiled.Playbook ?? throw Refuse(
            $"with {string.Join(", ", levers.Zip(values, (l, v) => $"`{l.Path}` = `{v}`"))} the text has errors:\n{string.Join("\n", compiled.Diagnostics.Where(d => d.Severity == Severity.Error).Take(5))}");
    }

    private static RpcException Refuse(string why) => new(StatusCode.InvalidArgument, why);

    private static double Measure(SweepPoint point, string by) => by switch
    {
        "value" => point.ExpectedValue,
        "reach" => point.PeopleReached,
        "accounts" => point.AccountsReached,
        "moves" => point.StageChanges,
        "actions" => -point.Actions,
        "caps" => -point.CapsHit,
        "peak" => -point.Departments.Select(d => d.BusiestDay).DefaultIfEmpty().Max(),
        _ => throw new UnreachableException(),
    };

    private static SweepPoint Write(LeverOutcome outcome, IEnumerable<string> values, Playbook playbook)
    {
        var point = new SweepPoint
        {
            Values = { values },
            Actions = outcome.Actions,
            PeopleReached = outcome.People,
            AccountsReached = outcome.Accounts,
            ExpectedValue = outcome.ExpectedValue,
            CapsHit = outcome.CapsHit,
            StageChanges = outcome.Moves.Values.Sum(),
        };
        point.Departments.AddRange(outcome.Departments().Select(d => new SweepDepartment
        {
            Department = d.Department,
            Actions = d.Actions,
            BusiestDay = d.BusiestDay,
            MostOpen = d.MostOpen,
            Capacity = playbook.Definition.Departments.FirstOrDefault(known => known.Id == d.Department)?.Capacity is { } capacity
                ? capacity.PerOwner ? (long)capacity.OpenActions * Math.Max(1, OwnersOf(playbook, d.Department)) : capacity.OpenActions
                : 0,
        }));
        point.Transitions.AddRange(outcome.Moves.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => new SweepTransition { Transition = m.Key, Count = m.Value }));
        return point;
    }

    private static int OwnersOf(Playbook playbook, string department) => playbook.Definition.Departments.First(d => d.Id == department).Owners.Length;
}
