using System.Collections.Immutable;
using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Promises;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.Scores;

namespace Orchestrator.Grains.Handoffs;

/// <summary>What goes along with an account, so that nothing is lost on the way: as known at the instant of the handoff.</summary>
internal static class Packet
{
    /// <summary>Of what there is much, so many go along: the strongest or newest.</summary>
    private const int Most = 5;

    public static ImmutableArray<PacketItem> Of(TurnBuilder turn, Playbook playbook, HandoffDefinition handoff)
    {
        var facts = turn.Context.Workspace.Facts;
        facts.Account = turn.Account;
        var items = ImmutableArray.CreateBuilder<PacketItem>();
        foreach (var part in handoff.Packet)
        {
            var before = items.Count;
            items.AddRange(part switch
            {
                PacketPart.Engagement => Engagement(facts),
                PacketPart.Topics => Topics(facts),
                PacketPart.Insights => Insights(facts),
                PacketPart.Promises => Promises(facts),
                PacketPart.Answers => Answers(facts),
                PacketPart.MeetingNote => Notes(facts),
                PacketPart.Expectations => Expectations(facts),
            });
            if (items.Count == before)
            {
                // Whoever takes over must see that there was nothing, not wonder whether it was left out.
                items.Add(new PacketItem(Word(part), "nothing is known"));
            }
        }

        return items.ToImmutable();
    }

    private static IEnumerable<PacketItem> Engagement(Facts facts)
    {
        foreach (var score in facts.Playbook.Definition.Scores)
        {
            if (score is ScoreDefinition.Engagement && facts.Account.FindScore(score.Id) is { } known)
            {
                yield return new PacketItem($"engagement/{score.Id}", Number(known.ValueAt(facts.Now)));
            }
            else if (score is ScoreDefinition.Fit && facts.Playbook.Grades.TryGetValue(score.Id, out var grade))
            {
                yield return new PacketItem($"engagement/{score.Id}", $"{grade.LetterOf(facts)} ({Number(grade.PointsOf(facts))} points)");
            }
        }

        foreach (var (id, contact) in facts.Account.Contacts.Where(c => c.Value.LastSignalAt > DateTimeOffset.MinValue).OrderByDescending(c => c.Value.LastSignalAt).ThenBy(c => c.Key, StringComparer.Ordinal).Take(Most))
        {
            var names = facts.Account.Identifiers.Where(i => i.Value == id).Select(i => i.Key);
            yield return new PacketItem($"engagement/{id}", $"{string.Join(", ", names.Concat(contact.Roles))}, last active {Day(contact.LastSignalAt)}");
        }
    }

    private static IEnumerable<PacketItem> Topics(Facts facts) =>
        facts.Playbook.Definition.Scores.OfType<ScoreDefinition.Momentum>().Where(m => m.By is not null).SelectMany(m => facts.Account.Tallies
            .Where(t => t.Name.Length > m.Id.Length + 1 && t.Name.StartsWith(m.Id + "|", StringComparison.Ordinal))
            .Select(t => (Topic: t.Name[(m.Id.Length + 1)..], Count: t.CountIn(m.Window + m.Versus, facts.Now)))
            .Where(t => t.Count > 0)
            .OrderByDescending(t => t.Count).ThenBy(t => t.Topic, StringComparer.Ordinal).Take(Most)
            .Select(t => new PacketItem($"topics/{t.Topic}", $"{t.Count.ToString(CultureInfo.InvariantCulture)} times in {(m.Window + m.Versus).TotalDays.ToString(CultureInfo.InvariantCulture)} days")));

    private static IEnumerable<PacketItem> Insights(Facts facts) =>
        (facts.Account.Dealings?.Insights ?? []).Select(i => new PacketItem($"insights/{i.About}", $"{i.Text} ({(i.By.Length > 0 ? i.By : "unsaid by whom")}, {Day(i.NotedAt)}{(i.IsStale ? ", stale" : "")})"));

    private static IEnumerable<PacketItem> Promises(Facts facts) =>
        (facts.Account.Dealings?.Promises ?? []).Select(p => new PacketItem(
            $"promises/{p.Id}", $"{p.Text} ({PromiseWords.Of(p.Standing)}{(p.DueAt is { } due && p.Standing == PromiseStanding.Open ? $", due {Day(due)}" : "")}{(p.By.Length > 0 ? $", promised by {p.By}" : "")})"));

    private static IEnumerable<PacketItem> Answers(Facts facts)
    {
        if (facts.Playbook.Deals is not { } deals)
        {
            yield break;
        }

        var deal = DealNames.AtHand(facts) ?? facts.Account.Dealings?.Deals.Where(d => !d.IsOpen).MaxBy(d => d.ClosedAt);
        foreach (var question in deals.Definition.Questions)
        {
            var answer = deal?.Find(question.Id);
            var dated = answer?.At is { } at ? $", {Day(at)}" : answer is { Awaits.Length: > 0 } ? $", awaiting {answer.Awaits}" : "";
            yield return new PacketItem($"answers/{question.Id}", answer is null ? "not answered" : $"{answer.Text}{dated} ({(answer.Observed ? "observed" : "asserted")}{(answer.By.Length > 0 ? $" by {answer.By}" : "")}, {Day(answer.GivenAt)})");
        }
    }

    private static IEnumerable<PacketItem> Notes(Facts facts) =>
        (facts.Account.Dealings?.Notes ?? []).Reverse().Select(n => new PacketItem("meeting-note", $"{n.Text} ({n.Signal}{(n.By.Length > 0 ? $", {n.By}" : "")}, {Day(n.At)})"));

    private static IEnumerable<PacketItem> Expectations(Facts facts) => facts.Playbook.Definition.Experience
        .Where(e => e.Stage.Id == facts.Account.Stage)
        .Select(e => new PacketItem($"expectations/{e.Role.Id}", $"{e.Expects.In(LocalizedText.DefaultLanguage)} (delivered by {e.DeliveredBy.Id})"));

    private static string Word(PacketPart part) => part switch
    {
        PacketPart.Engagement => "engagement",
        PacketPart.Topics => "topics",
        PacketPart.Insights => "insights",
        PacketPart.Promises => "promises",
        PacketPart.Answers => "answers",
        PacketPart.MeetingNote => "meeting-note",
        PacketPart.Expectations => "expectations",
    };

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Day(DateTimeOffset at) => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
