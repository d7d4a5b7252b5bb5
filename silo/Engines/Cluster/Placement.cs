using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>A silo that may be given partitions: alive, and neither told to leave, nor cordoned, nor draining.</summary>
/// <param name="Level">The highest feature level that it can read; newer silos fill up first.</param>
/// <param name="Build">The version of its program, where the engine knows it: of silos of one level the newer fill up first; null is older than any.</param>
public readonly record struct Candidate(string Silo, int Level, Version? Build = null);

/// <summary>
/// Who should run which partition: rendezvous hashing with bounded load. Pure: every silo with the same view comes to the same answer, and nobody has to agree on
/// anything, since the epochs decide.
/// </summary>
/// <remarks>
/// A partition stays with its owner as long as that has room, so only what must move does: what a dead silo leaves, and what is above the bound when a silo joins.
/// Highest random weight (Thaler and Ravishankar 1998) chooses among those with room.
/// </remarks>
public static class Placement
{
    /// <summary>Assigns every partition to a candidate; none gets more than its share, rounded up.</summary>
    /// <param name="owners">By partition: the candidate that runs it, or null if it is to be given to somebody. Others than candidates count as null.</param>
    /// <param name="candidates">In any order; each once.</param>
    /// <returns>By partition: the candidate that should run it; null only if there is no candidate.</returns>
    public static string?[] Assign(IReadOnlyList<string?> owners, IReadOnlyCollection<Candidate> candidates)
    {
        var assigned = new string?[owners.Count];
        if (candidates.Count == 0)
        {
            return assigned;
        }

        var most = (owners.Count + candidates.Count - 1) / candidates.Count;
        var seats = candidates.OrderBy(c => c.Silo, StringComparer.Ordinal).Select(c => new Seat(c)).ToArray();
        foreach (var seat in seats)
        {
            Keep(seat, owners, assigned, most);
        }

        for (var partition = 0; partition < assigned.Length; partition++)
        {
            if (assigned[partition] is null)
            {
                var chosen = Best(seats, partition, most, owners.Count / candidates.Count);
                chosen.Load++;
                assigned[partition] = chosen.Candidate.Silo;
            }
        }

        return assigned;
    }

    /// <summary>The silos of a view that may be given partitions.</summary>
    public static List<Candidate> CandidatesOf(ClusterView view) =>
        [.. view.Silos.Where(s => s is { Alive: true, Leaving: false, Marks: SiloMarks.None } && s.Level >= view.Level).Select(s => new Candidate(s.Silo, s.Level))];

    /// <summary>By partition: its owner if that is a candidate, else null. Those of silos that keep theirs though they take no more (cordoned) stay out of the account.</summary>
    public static string?[] Settled(IReadOnlyList<Ownership> owners, IReadOnlyCollection<Candidate> candidates)
    {
        var keeps = candidates.Select(c => c.Silo).ToHashSet();
        return [.. owners.Select(o => keeps.Contains(o.Owner) ? o.Owner : null)];
    }

    /// <summary>How uneven the load is: the difference between the most and the least loaded candidate, as a share of the mean. A difference of one partition is even.</summary>
    public static double Spread(IReadOnlyList<string?> owners, IReadOnlyCollection<Candidate> candidates)
    {
        if (candidates.Count == 0 || owners.Count == 0)
        {
            return 0;
        }

        var loads = candidates.Select(c => owners.Count(o => o == c.Silo)).ToArray();
        var difference = loads.Max() - loads.Min();
        return difference <= 1 ? 0 : difference * candidates.Count / (double)owners.Count;
    }

    private static void Keep(Seat seat, IReadOnlyList<string?> owners, string?[] assigned, int most)
    {
        var held = new List<int>();
        for (var partition = 0; partition < owners.Count; partition++)
        {
            if (owners[partition] == seat.Candidate.Silo)
            {
                held.Add(partition);
            }
        }

        var kept = held.Count <= most ? held : held.OrderByDescending(seat.WeightOf).ThenBy(p => p).Take(most);
        foreach (var partition in kept)
        {
            assigned[partition] = seat.Candidate.Silo;
            seat.Load++;
        }
    }

    private static Seat Best(Seat[] seats, int partition, int most, int least)
    {
        // Nobody gets its last one while somebody has less than everybody will have: a newcomer fills up, rather than those that have nearly enough.
        var limit = seats.Any(s => s.Load < least) ? least : most;
        Seat? best = null;
        foreach (var seat in seats)
        {
            if (seat.Load < limit && (best is null || Compare(seat, best, partition) > 0))
            {
                best = seat;
            }
        }

        // All seats together have room for more than all partitions.
        return best!;
    }

    private static int Compare(Seat a, Seat b, int partition) =>
        a.Candidate.Level != b.Candidate.Level ? a.Candidate.Level.CompareTo(b.Candidate.Level)
        : a.Candidate.Build != b.Candidate.Build ? Comparer<Version?>.Default.Compare(a.Candidate.Build, b.Candidate.Build)
        : a.WeightOf(partition).CompareTo(b.WeightOf(partition));

    private sealed class Seat(Candidate candidate)
    {
        private readonly ulong _name = StableHash.Of(candidate.Silo);

        public Candidate Candidate => candidate;

        public int Load { get; set; }

        public ulong WeightOf(int partition) => StableHash.Of(_name, (ulong)partition);
    }
}
