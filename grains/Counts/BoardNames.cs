using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Counts;

/// <summary>What conditions may ask about counts and goals: <c>count.reached('customers')</c>, <c>goal.reached('new-customers')</c>. The answer is what the account was told.</summary>
internal sealed class BoardNames(PlaybookDefinition definition)
{
    private const string Count = BoardKind.Count;
    private const string Goal = BoardKind.Goal;

    /// <summary>The tag of what depends on a goal.</summary>
    public const string Tag = "goal";

    public void Declare(CelEnvironment<Facts>.Builder builder) => builder
        .Function("count.reached", [CelType.String], BindCount)
        .Function("goal.reached", [CelType.String], BindGoal);

    private CelBinding<Facts> BindCount(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryText(out var name) || definition.Counts.FirstOrDefault(c => c.Id == name) is not { } count)
        {
            return call.Refuse(0, $"{call.Arguments[0].Source} is not a declared count", (call.Arguments[0].Value as string) ?? "", definition.Counts.Select(c => c.Id));
        }

        var board = Count + count.Id;
        var level = count.AtLeast;
        return call.Bind(CelTerms.Bool((Facts f, ref CelFault _) => f.Account.Boards is { } boards && boards.Told.TryGetValue(board, out var news) && news.Level >= level), $"count:{count.Id}");
    }

    private CelBinding<Facts> BindGoal(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryText(out var name) || definition.Goals.FirstOrDefault(g => g.Id == name) is not { } goal)
        {
            return call.Refuse(0, $"{call.Arguments[0].Source} is not a declared goal", (call.Arguments[0].Value as string) ?? "", definition.Goals.Select(g => g.Id));
        }

        var board = Goal + goal.Id;
        return call.Bind(
            CelTerms.Bool((Facts f, ref CelFault _) => Until(f, board) is { } until && until > f.Now, new CelTemporal<Facts>.Step(f => Until(f, board) is { } until && until > f.Now ? until : null)),
            Tag);
    }

    /// <summary>When the period ends in which the goal was reached last; null: it never was.</summary>
    private static DateTimeOffset? Until(Facts facts, string board) => facts.Account.Boards is { } boards && boards.Told.TryGetValue(board, out var news) ? news.Until : null;
}
