using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Silo.Api;

/// <summary>Which roles are active at which stage, with what they expect and who sees to it.</summary>
internal static class StageContracts
{
    /// <param name="stage">Empty: all.</param>
    /// <exception cref="RpcException">NOT_FOUND: no such stage.</exception>
    public static IEnumerable<StageContract> Of(PlaybookDefinition playbook, string stage)
    {
        if (stage.Length > 0 && playbook.Stages.All(s => s.Id != stage))
        {
            var nearest = Words.Nearest(stage, playbook.Stages.Select(s => s.Id));
            throw new RpcException(StatusCode.NotFound, $"no stage `{stage}`{(nearest is null ? "" : $"; did you mean `{nearest}`?")}");
        }

        return playbook.Stages.Where(s => stage.Length == 0 || s.Id == stage).Select(s => Of(playbook, s));
    }

    private static StageContract Of(PlaybookDefinition playbook, StageDefinition stage)
    {
        var written = new StageContract { Stage = stage.Id, Accountable = stage.Accountable?.Id ?? "" };
        foreach (var role in playbook.BuyingGroup.Roles)
        {
            var expected = playbook.Experience.FirstOrDefault(e => e.Stage.Id == stage.Id && e.Role.Id == role.Id);
            var plays = playbook.Plays.Where(p => p.Roles.Any(r => r.Id == role.Id) && (p.Stages.Length == 0 || p.Stages.Any(s => s.Id == stage.Id))).ToList();
            if (expected is not null || plays.Count > 0)
            {
                written.Roles.Add(Of(role, expected, plays));
            }
        }

        return written;
    }

    private static RoleContract Of(RoleDefinition role, ExperienceDefinition? expected, List<PlayDefinition> plays)
    {
        var written = new RoleContract
        {
            Role = role.Id,
            DeliveredBy = expected?.DeliveredBy.Id ?? plays.Select(p => p.Department?.Id).FirstOrDefault(d => d is not null) ?? "",
            Criterion = expected?.MeasuredBy?.Text ?? "",
        };
        foreach (var (language, text) in expected?.Expects.ByLanguage ?? LocalizedText.Empty.ByLanguage)
        {
            written.Expects.Add(language, text);
        }

        foreach (var (language, text) in expected?.Motive.ByLanguage ?? LocalizedText.Empty.ByLanguage)
        {
            written.Motive.Add(language, text);
        }

        written.Plays.AddRange(plays.Select(p => p.Id));
        written.Channels.AddRange(plays.SelectMany(p => p.Treatments).Select(t => t.Channel.Id).Distinct().Order(StringComparer.Ordinal));
        written.Contents.AddRange(plays.SelectMany(p => p.Treatments).Select(t => t.Id));
        (bool Said, string What)[] parts =
        [
            (written.Expects.Count > 0, "expectation"),
            (written.DeliveredBy.Length > 0, "department"),
            (written.Channels.Count > 0, "channel"),
            (written.Contents.Count > 0, "content"),
            (written.Criterion.Length > 0, "criterion"),
        ];
        written.Gaps.AddRange(parts.Where(p => !p.Said).Select(p => p.What));
        return written;
    }
}
