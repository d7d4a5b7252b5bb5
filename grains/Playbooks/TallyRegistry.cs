using System.Collections.Immutable;
using System.Globalization;

namespace Orchestrator.Grains.Playbooks;

/// <summary>Collects what the conditions of one playbook count, so that signals post exactly that.</summary>
internal sealed class TallyRegistry
{
    /// <summary>No window may be longer.</summary>
    public static readonly TimeSpan LongestWindow = TimeSpan.FromDays(1100);

    private readonly Dictionary<(string Signal, string Name), TallyDefinition> tallies = [];

    /// <summary>Registers a tally and gives its canonical name; the longest window asked for it counts.</summary>
    public string Add(string signal, SortedDictionary<string, object> filter, string? sum, TimeSpan window)
    {
        var conditions = string.Join(",", filter.Select(f => $"{f.Key}={Convert.ToString(f.Value, CultureInfo.InvariantCulture)}"));
        var name = signal + (conditions.Length > 0 ? $"{{{conditions}}}" : "") + (sum is null ? "" : $"+{sum}");
        Put(signal, new TallyDefinition(name, [.. filter], sum, By: null, window));
        return name;
    }

    public void AddMomentum(ScoreDefinition.Momentum momentum)
    {
        foreach (var on in momentum.On)
        {
            Put(on.Id, new TallyDefinition(momentum.Id, [], Sum: null, momentum.By, momentum.Window + momentum.Versus));
        }
    }

    public ImmutableArray<TallyDefinition> Of(string signal) =>
        [.. tallies.Where(t => t.Key.Signal == signal).Select(t => t.Value).OrderBy(t => t.Name, StringComparer.Ordinal)];

    private void Put(string signal, TallyDefinition tally)
    {
        var key = (signal, tally.Name);
        tallies[key] = tallies.TryGetValue(key, out var known) && known.KeepFor > tally.KeepFor ? known : tally;
    }
}
