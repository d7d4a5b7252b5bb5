using System.Globalization;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Silo.Sample;

/// <summary>A summary as lines of text.</summary>
internal static class SummaryText
{
    /// <param name="playbook">For the stages and plays that nothing reached; they are listed too.</param>
    public static IEnumerable<string> Write(SampleSummary summary, Playbook? playbook, SampleProgress progress)
    {
        yield return "";
        yield return $"Summary, counted from the journal ({progress.Origin:yyyy-MM-dd} to {progress.Reached:yyyy-MM-dd})";
        yield return "";
        yield return $"  {"stage",-24} {"accounts now",12} {"times entered",14}";
        foreach (var stage in (playbook?.Definition.Stages.Select(s => s.Id) ?? []).Union(summary.Stages.Keys))
        {
            yield return $"  {stage,-24} {Number(summary.Stages.GetValueOrDefault(stage)),12} {Number(summary.Entered.GetValueOrDefault(stage)),14}";
        }

        yield return $"  {"all",-24} {Number(summary.Accounts),12}";
        yield return "";
        yield return $"  {"play",-24} {"offered",12} {"done",10} {"expired",10} {"revoked",10} {"refused",10} {"open",8}";
        foreach (var play in (playbook?.Definition.Plays.Select(p => p.Id) ?? []).Union(summary.Plays.Keys))
        {
            var count = summary.Plays.GetValueOrDefault(play) ?? new PlayCount();
            yield return Row(play, count.Offered, count.Done, count.Expired, count.Revoked, count.Refused, count.Open);
        }

        var all = summary.Plays.Values;
        yield return Row("all", all.Sum(p => p.Offered), all.Sum(p => p.Done), all.Sum(p => p.Expired), all.Sum(p => p.Revoked), all.Sum(p => p.Refused), all.Sum(p => p.Open));
        yield return "";
        yield return $"  {"decided to do nothing, because",-52} {"times",10}";
        foreach (var (reason, times) in summary.Nones.OrderByDescending(n => n.Value).ThenBy(n => n.Key))
        {
            yield return $"  {NoneReasons.Describe(reason),-52} {Number(times),10}";
        }

        yield return $"  {"all",-52} {Number(summary.Nones.Values.Sum()),10}";
        yield return "";
        yield return $"  signals {Number(summary.Signals.Values.Sum())}: {string.Join(", ", summary.Signals.Select(s => $"{s.Key} {Number(s.Value)}"))}";
        yield return $"  wakes handled {Number(summary.Wakes)}, frames {Number(summary.Frames)}, signals recorded twice {Number(summary.Doubled)}, dead letters {Number(summary.DeadLetters)}";
        yield return string.Create(CultureInfo.InvariantCulture, $"  replayed in {progress.Wall.TotalSeconds:0.0} s: {summary.Signals.Values.Sum() / Math.Max(0.001, progress.Wall.TotalSeconds):#,##0} signals/s");
        yield return "";
    }

    private static string Row(string play, long offered, long done, long expired, long revoked, long refused, long open) =>
        $"  {play,-24} {Number(offered),12} {Number(done),10} {Number(expired),10} {Number(revoked),10} {Number(refused),10} {Number(open),8}";

    private static string Number(long number) => number.ToString("#,##0", CultureInfo.InvariantCulture);
}
