using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;
using ContrastRow = Orchestrator.V1.ContrastRow;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

public sealed partial class InsightService
{
    private const int MostContrasted = 1_000;

    public async Task<DraftCampaignResponse> DraftCampaign(DraftCampaignRequest request, CallContext call)
    {
        var silo = runtime ?? throw new RpcException(StatusCode.Unimplemented, "accounts cannot be read here");
        var playbook = PlaybookNow();
        var asked = request.Contrast?.Clone() ?? throw Invalid("no contrast is set: it says what goes with success");
        asked.Limit = MostContrasted;
        var contrast = await Contrast(asked, call);
        var row = RowOf(request, contrast, playbook);
        var (type, property) = ThingOf(row.Did);
        var stages = StagesOf(request, asked, playbook);
        var tally = property is { } p ? $"{type}{{{p.Name}={p.Text}}}" : type;
        var (notYet, done, known) = await CampaignRun.ReadAsync(store, silo, stages, type, property, tally, call.CancellationToken);
        var counts = known && playbook.Signals[type].Tallies.Any(t => t.Name == tally);
        var id = IdOf(property?.Text ?? type);
        var mark = counts ? "" : $"lacks_{id.Replace('-', '_')}";
        var response = new DraftCampaignResponse { Row = row, Stages = { stages }, Accounts = { notYet }, Done = done, Mark = mark, Since = contrast.Since };
        response.Fragment = Fragment(response, request, contrast, id, type, property, playbook);
        return response;
    }

    private static ContrastRow RowOf(DraftCampaignRequest request, ContrastResponse contrast, Playbook playbook)
    {
        if (request.Did.Length == 0)
        {
            return contrast.Rows.FirstOrDefault(r => r.Difference.Low > 0 && IsThing(r.Did, playbook))
                ?? throw new RpcException(StatusCode.FailedPrecondition, $"of {contrast.Compared} things compared among {contrast.Succeeded + contrast.Others} accounts nothing that was done goes with success surely enough");
        }

        return contrast.Rows.FirstOrDefault(r => r.Did == request.Did) is not { } row
            ? throw Invalid($"`{request.Did}` is not among what was compared{Nearest(request.Did, contrast.Rows.Select(r => r.Did))}")
            : !IsThing(row.Did, playbook) ? throw Invalid($"`{row.Did}` is nothing that an account can be brought to do; expected a signal such as `product.used{{feature=report}}`")
            : row;
    }

    private static bool IsThing(string did, Playbook playbook) => Thing().Match(did) is { Success: true } match && playbook.Signals.ContainsKey(match.Groups["type"].Value);

    private static (string Type, (string Name, string Text)? Property) ThingOf(string did)
    {
        var match = Thing().Match(did);
        return (match.Groups["type"].Value, match.Groups["name"].Success ? (match.Groups["name"].Value, match.Groups["text"].Value) : null);
    }

    private static List<string> StagesOf(DraftCampaignRequest request, ContrastRequest contrast, Playbook playbook)
    {
        var unknown = request.Stages.FirstOrDefault(s => !playbook.Stages.ContainsKey(s));
        if (unknown is not null)
        {
            throw Invalid($"the playbook has no stage `{unknown}`{Nearest(unknown, playbook.Definition.Stages.Select(s => s.Id))}");
        }

        List<string> stages =
        [
            .. request.Stages.Count > 0 ? request.Stages
                : contrast.Transitions is { } moved ? playbook.Definition.Transitions.First(t => t.Id == moved.Succeeded).From.Select(f => f.Id)
                : [],
        ];
        return stages.Count > 0 ? stages : throw Invalid("`stages` must say whose accounts are addressed, since no transition of success does");
    }

    private static string Fragment(
        DraftCampaignResponse draft, DraftCampaignRequest request, ContrastResponse contrast, string id, string type, (string Name, string Text)? property, Playbook playbook)
    {
        var department = request.Department;
        if (department.Length > 0 && playbook.Definition.Departments.All(d => d.Id != department))
        {
            throw Invalid($"the playbook has no department `{department}`{Nearest(department, playbook.Definition.Departments.Select(d => d.Id))}");
        }

        var channel = request.Channel.Length > 0 ? request.Channel : department.Length > 0 ? "task" : "in-app";
        if (!playbook.Channels.ContainsKey(channel))
        {
            throw Invalid($"the playbook has no channel `{channel}`{Nearest(channel, playbook.Channels.Keys)}");
        }

        var counted = property is { } p ? $"signals.count('{type}', {{'{p.Name}': '{p.Text}'}}) == 0" : $"signals.count('{type}') == 0";
        var condition = draft.Mark.Length > 0 ? $"account.{draft.Mark} && {counted}" : counted;
        var row = draft.Row;
        var yaml = new StringBuilder().Append(CultureInfo.InvariantCulture,
            $"# Of accounts that did `{row.Did}` {row.Succeeded} of {row.All} succeeded, of the others {row.OthersSucceeded} of {row.Others}: lift {row.Lift.Value:0.##} ({row.Lift.Low:0.##} to {row.Lift.High:0.##}),\n"
            + $"# one of {contrast.Compared} things compared. What goes together is not yet what causes: keep a hold-out.\n"
            + $"# {draft.Accounts.Count} accounts stand at {string.Join(", ", draft.Stages)} without it, {draft.Done} with it{(draft.Since is null ? "" : $", as far as the history goes: {draft.Since.ToDateTimeOffset():yyyy-MM-dd}")}.\n");
        if (draft.Mark.Length > 0)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"# So far nothing counts it, so conditions do not know who did: set `{draft.Mark}` to true for these accounts first.\nattributes:\n  account: {{{draft.Mark}: bool}}\n");
        }

        return yaml.Append(CultureInfo.InvariantCulture,
            $"plays:\n  - id: adopt-{id}\n    for: {(department.Length > 0 ? $"owner\n    department: {department}" : "contact")}\n    stages: [{string.Join(", ", draft.Stages)}]\n"
            + $"    goal: {type}\n    horizon: 30d\n    cool-down: 30d\n    eligible: {InsightRows.Quoted(condition)}\n    value: 1000   # what success is worth, in minor units: yours to say\n    valid-for: 14d\n"
            + $"    treatments: [{{id: adopt-{id}-{channel}, channel: {channel}}}]\n").ToString();
    }

    private static string IdOf(string text) => NotOfAnId().Replace(text.ToLowerInvariant(), "-").Trim('-');

    [GeneratedRegex(@"^(?<type>[A-Za-z0-9_.-]+)(?:\{(?<name>[A-Za-z0-9_]+)=(?<text>[^'\\{}]+)\})?$")]
    private static partial Regex Thing();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotOfAnId();
}
