using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Contrasts;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using ContrastRow = Orchestrator.V1.ContrastRow;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

/// <summary>Answers over gRPC what can be learned from all accounts together. Reads only; any thread.</summary>
/// <param name="runtime">Where the catalog is asked when versions were published; null = nowhere.</param>
public sealed partial class InsightService(PlaybookShelf shelf, IStore store, TimeProvider clock, SiloRuntime? runtime = null)
{
    private const int MostRows = 1_000;
    private const int DefaultRows = 50;
    private const int DefaultLeast = 5;
    private static readonly TimeSpan DefaultFirst = TimeSpan.FromDays(14);
    private static readonly TimeSpan DefaultLast = TimeSpan.FromDays(90);
    private static readonly TimeSpan DefaultWithin = TimeSpan.FromDays(90);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3_653);

    public async Task<ContrastResponse> Contrast(ContrastRequest request, CallContext call)
    {
        var playbook = PlaybookNow();
        var confidence = ConfidenceOf(request.Confidence);
        var limit = Between(request.Limit, DefaultRows, MostRows, "limit");
        var least = Between(request.Least, DefaultLeast, int.MaxValue, "least");
        var outcome = OutcomeOf(request, playbook);
        var window = SpanOf(request.Window, "window") ?? (outcome is ContrastOutcome.Reached ? DefaultFirst : DefaultLast);
        var read = await ContrastRun.ReadAsync(store, outcome, window, clock.GetUtcNow(), call.CancellationToken);
        var rows = Grains.Contrasts.Contrast.Of(read.Cases, least, confidence);
        return new ContrastResponse
        {
            Succeeded = read.Cases.Count(c => c.Succeeded),
            Others = read.Cases.Count(c => !c.Succeeded),
            Neither = read.Neither,
            Rows = { rows.Take(limit).Select(Write) },
            Compared = rows.Count,
            Confidence = confidence,
            Since = read.Since is { } since ? Timestamp.FromDateTimeOffset(since) : null,
        };
    }

    private Playbook PlaybookNow() =>
        shelf.Current.Current(Tenants.Default) ?? throw new RpcException(StatusCode.FailedPrecondition, "no playbook is published yet, so there is nothing to compare");

    private static double ConfidenceOf(double asked) =>
        asked is 0 ? 0.95 : asked is 0.8 or 0.9 or 0.95 or 0.99 ? asked : throw Invalid($"`confidence` must be 0.8, 0.9, 0.95 or 0.99; it is {asked}");

    private static ContrastOutcome OutcomeOf(ContrastRequest request, Playbook playbook) => request.OutcomeCase switch
    {
        ContrastRequest.OutcomeOneofCase.Reached => ReachedOf(request, playbook),
        ContrastRequest.OutcomeOneofCase.Transitions => new ContrastOutcome.Moved(
            [TransitionOf(request.Transitions.Succeeded, "succeeded", playbook)], [TransitionOf(request.Transitions.Failed, "failed", playbook)]),
        ContrastRequest.OutcomeOneofCase.Promoters when request.Promoters => new ContrastOutcome.Promoted(),
        _ => throw Invalid("no outcome is set: `reached`, `transitions` or `promoters` must tell the two groups apart"),
    };

    private static ContrastOutcome.Reached ReachedOf(ContrastRequest request, Playbook playbook)
    {
        var parts = request.Reached.Split('/', 2);
        var sets = playbook.Definition.Customer.Milestones;
        var set = sets.FirstOrDefault(s => s.Id == parts[0])
            ?? throw Invalid($"the playbook has no set of milestones `{parts[0]}`{Nearest(parts[0], sets.Select(s => s.Id))}");
        ImmutableArray<MilestoneDefinition> milestones = parts.Length == 1 ? set.Milestones : [.. set.Milestones.Where(m => m.Id == parts[1])];
        if (milestones.IsEmpty)
        {
            throw Invalid($"`{set.Id}` has no milestone `{parts[1]}`{Nearest(parts[1], set.Milestones.Select(m => m.Id))}");
        }

        var within = SpanOf(request.Within, "within") ?? milestones.Max(m => m.Within) ?? DefaultWithin;
        return new ContrastOutcome.Reached(set.Id, [.. milestones.Select(m => m.Id)], within);
    }

    private static string TransitionOf(string id, string field, Playbook playbook)
    {
        var known = playbook.Definition.Transitions.Select(t => t.Id).ToList();
        return known.Contains(id) ? id : throw Invalid($"`transitions.{field}`: the playbook has no transition `{id}`{Nearest(id, known)}");
    }

    private static string Nearest(string found, IEnumerable<string> known) =>
        known.ToList() is { Count: > 0 } names
            ? Words.Nearest(found, names) is { Length: > 0 } near ? $"; did you mean `{near}`?" : $"; it has {string.Join(", ", names.Order(StringComparer.Ordinal).Take(12))}"
            : "; it has none";

    private static TimeSpan? SpanOf(Duration? duration, string field)
    {
        if (duration is null)
        {
            return null;
        }

        var seconds = duration.Seconds;
        return seconds > 0 && seconds <= Longest.TotalSeconds
            ? TimeSpan.FromSeconds(seconds) + TimeSpan.FromTicks(duration.Nanos / 100)
            : throw Invalid($"`{field}` must be 1 second to {Longest.TotalDays} days; it is {seconds} seconds");
    }

    private static int Between(int value, int absent, int most, string field) =>
        value >= 0 && value <= most ? (value == 0 ? absent : value) : throw Invalid($"`{field}` must be 1 to {most}, or 0 for {absent}; it is {value}");

    private static RpcException Invalid(string message) => new(StatusCode.InvalidArgument, message);

    private static ContrastRow Write(Grains.Contrasts.ContrastRow row) => new()
    {
        Did = row.Did,
        Succeeded = row.Succeeded,
        All = row.All,
        OthersSucceeded = row.OthersSucceeded,
        Others = row.Others,
        Difference = Write(row.Difference),
        Lift = Write(row.Lift),
    };

    private static ContrastEstimate Write(Estimate estimate) => new() { Value = estimate.Value, Low = estimate.Low, High = estimate.High };
}
