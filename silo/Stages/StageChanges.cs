using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Stages;

/// <summary>Reads stage changes off a frame of the journal, in the order in which they happened.</summary>
internal static class StageChanges
{
    /// <summary>Transition of an account that stands where it would stand without a merge.</summary>
    public const string Unmerged = "unmerge";

    public static List<StageChange> Of(int partition, long sequence, StoredFrame frame, string tenant, PlaybookShelf shelf)
    {
        var changes = new List<StageChange>();
        var found = new List<(uint Turn, StageChange Change)>();
        foreach (var entry in frame.Entries)
        {
            if (entry.Grain.Tenant != tenant || (GrainKind)entry.Grain.Kind is not (GrainKind.Account or GrainKind.Contact))
            {
                continue;
            }

            foreach (var stored in entry.Events)
            {
                if ((stored.Account is { } ofAccount ? Of(ofAccount) : stored.Contact is { } ofContact ? Of(ofContact) : null) is { } change)
                {
                    change.Account = entry.Grain.Affinity;
                    change.Contact = entry.Grain.Id;
                    found.Add((stored.Turn, change));
                }
            }
        }

        // Entries are by grain; turns are what came one after the other.
        foreach (var (_, change) in found.OrderBy(f => f.Turn))
        {
            change.Commit = new Position { Partition = partition, Sequence = sequence };
            change.Id = string.Create(CultureInfo.InvariantCulture, $"{partition}-{sequence}-{changes.Count}");
            if (change.Journey.Length == 0)
            {
                var playbook = change.PlaybookVersion > 0 ? shelf.Current.Find(tenant, change.PlaybookVersion) : shelf.Current.Current(tenant);
                change.Accountable = AccountableOf(playbook, change.To);
                change.AccountableBefore = AccountableOf(playbook, change.From);
            }

            changes.Add(change);
        }

        return changes;
    }

    private static StageChange? Of(StoredAccountEvent stored) => stored switch
    {
        { StageEntered: { } e } => Change("", e.From, e.To, e.Transition, e.At, e.Reason, e.PlaybookVersion),
        { Opened: { } e } => Change("", "", e.Stage, "", e.At, "", 0),
        { Standing.JourneyEntered: { } e } => Of(e),
        { Forwarded: { } e } => new StageChange { At = At(e.At), MergedInto = e.Account },
        { History.AccountParted: { } e } => Change("", "", e.State.Stage, Unmerged, e.At, "", 0),
        { History.AccountRestored: { } e } => Change("", "", e.State.Stage, Unmerged, e.At, "", 0),
        _ => null,
    };

    private static StageChange? Of(StoredContactEvent stored) => stored.Standing?.JourneyEntered is { } step ? Of(step) : null;

    private static StageChange Of(StoredJourneyStep step) => Change(step.Journey, step.From, step.To, step.Transition, step.At, step.Reason, step.PlaybookVersion);

    private static StageChange Change(string journey, string from, string to, string transition, long at, string reason, int version) =>
        new() { Journey = journey, From = from, To = to, Transition = transition, At = At(at), Reason = reason, PlaybookVersion = version };

    private static Timestamp At(long ticks) => Timestamp.FromDateTimeOffset(Ticks.Instant(ticks));

    private static string AccountableOf(Playbook? playbook, string stage) => playbook is not null && playbook.Stages.TryGetValue(stage, out var known) ? known.Definition.Accountable?.Id ?? "" : "";
}
