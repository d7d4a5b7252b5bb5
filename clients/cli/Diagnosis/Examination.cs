using System.Diagnostics;
using System.Globalization;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Cli.Diagnosis;

/// <summary>The checks of <c>orc doctor</c>, in the order in which one rests on another.</summary>
static class Examination
{
    // Signals more than five minutes ahead of the silo's clock are refused; a tenth of it is worth a word.
    static readonly TimeSpan ClockRefuses = TimeSpan.FromMinutes(5);
    static readonly TimeSpan ClockWarns = TimeSpan.FromSeconds(30);

    static readonly string[] Services =
    [
        SignalsReflection.Descriptor.Services[0].FullName, ActionsReflection.Descriptor.Services[0].FullName, PlaybooksReflection.Descriptor.Services[0].FullName,
        AccountsReflection.Descriptor.Services[0].FullName, PoliciesReflection.Descriptor.Services[0].FullName,
    ];

    public static async Task<IReadOnlyList<Finding>> RunAsync(Session session)
    {
        var findings = new List<Finding>();
        var call = session.Once();
        var (reached, health) = await ReachAsync(session, call);
        var ours = session.Terminal.Clock.GetUtcNow();
        findings.Add(reached);
        if (reached.Result == Result.Failed)
        {
            return findings;
        }

        findings.Add(health);
        findings.Add(await TryAsync("services", () => ServicesAsync(session)));
        findings.Add(await TryAsync("playbook", () => PlaybookAsync(session)));
        findings.Add(Clock(ours, call));
        return findings;
    }

    static async Task<(Finding Reached, Finding Health)> ReachAsync(Session session, CallContext call)
    {
        var since = Stopwatch.GetTimestamp();
        Finding health;
        try
        {
            var response = await session.Client.Channel.Create<IHealth>(HealthReflection.Descriptor.Services[0]).Check(new(), call);
            health = response.Status == HealthCheckResponse.Types.ServingStatus.Serving
                ? new("health", Result.Ok, "serving")
                : new("health", Result.Failed, $"expected serving, found {response.Status}");
        }
        catch (RpcException failure) when (failure.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            return (new("reach", Result.Failed, $"no silo answers at `{session.Address}` ({failure.Status.Detail}); `orc serve` starts one", failure.Code), new("health", Result.Failed, ""));
        }
        catch (RpcException failure)
        {
            // Something speaks gRPC there, which answers the first question.
            health = new("health", Result.Failed, failure.Message, failure.Code);
        }

        var took = Stopwatch.GetElapsedTime(since);
        return (new("reach", Result.Ok, $"`{session.Address}` answered in {Durations.Show(took)}"), health);
    }

    static async Task<Finding> ServicesAsync(Session session)
    {
        var reflection = session.Client.Channel.Create<IReflection>(ReflectionReflection.Descriptor.Services[0]);
        await foreach (var response in reflection.ServerReflectionInfo(One(new ServerReflectionRequest { ListServices = "" }), session.Once()))
        {
            var served = response.ListServicesResponse?.Service.Select(service => service.Name).ToHashSet() ?? [];
            var missing = Services.Where(service => !served.Contains(service)).ToList();
            return missing.Count == 0
                ? new("services", Result.Ok, $"all {Services.Length} are served")
                : new("services", Result.Failed, $"not served: {string.Join(", ", missing)}");
        }

        return new("services", Result.Warning, "reflection ended without an answer");
    }

    static async Task<Finding> PlaybookAsync(Session session)
    {
        var versions = (await session.Client.Playbooks.List(new(), session.Repeatable())).Versions;
        return versions.Count > 0
            ? new("playbook", Result.Ok, $"{versions[0].Name} version {versions[0].Version}, published {Printing.Show(versions[0].PublishedAt)}")
            : new("playbook", Result.Warning, "none is published, so nothing is decided; `orc playbook publish` does it");
    }

    // HTTP's own date, to the second: no call of ours tells the silo's time without naming an account.
    static Finding Clock(DateTimeOffset ours, CallContext call)
    {
        if (!DateTimeOffset.TryParseExact(call.ResponseHeaders.Get("date"), "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var theirs))
        {
            return new("clock", Result.Warning, "the silo does not tell its time");
        }

        var ahead = ours - theirs;
        var detail = $"this machine's is {Durations.Show(ahead.Duration())} {(ahead < TimeSpan.Zero ? "behind" : "ahead of")} the silo's";
        return ahead.Duration() < TimeSpan.FromSeconds(2) ? new("clock", Result.Ok, "agrees with the silo's to two seconds")
            : ahead > ClockRefuses ? new("clock", Result.Failed, detail + "; signals stamped here are refused")
            : new("clock", ahead.Duration() > ClockWarns ? Result.Warning : Result.Ok, detail);
    }

    static async Task<Finding> TryAsync(string check, Func<Task<Finding>> run)
    {
        try
        {
            return await run();
        }
        catch (RpcException failure)
        {
            return new(check, Result.Failed, failure.Message, failure.Code);
        }
    }

    static async IAsyncEnumerable<T> One<T>(T item)
    {
        await Task.CompletedTask;
        yield return item;
    }
}

/// <summary>gRPC's health service, as far as we ask it.</summary>
interface IHealth
{
    Task<HealthCheckResponse> Check(HealthCheckRequest request, CallContext call);
}

/// <summary>gRPC's reflection service.</summary>
interface IReflection
{
    IAsyncEnumerable<ServerReflectionResponse> ServerReflectionInfo(IAsyncEnumerable<ServerReflectionRequest> requests, CallContext call);
}
