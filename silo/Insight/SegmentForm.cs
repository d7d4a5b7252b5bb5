using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.V1;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

/// <summary>The policies of a segment in the form of the contract.</summary>
internal static class SegmentForm
{
    /// <summary>Null if there is no such segment.</summary>
    public static SegmentPolicy? Write(Playbook playbook, string segment)
    {
        if (playbook.Definition.Segments.FirstOrDefault(s => s.Id == segment) is not { } definition)
        {
            return null;
        }

        var written = new SegmentPolicy
        {
            Segment = segment,
            Cadence = definition.Cadence is { } cadence ? Duration.FromTimeSpan(cadence) : null,
            PeoplePerWeek = definition.PeoplePerWeek ?? 0,
        };
        written.Plays.AddRange(definition.Plays.Select(p => p.Id));
        foreach (var training in definition.Training)
        {
            written.Training.Add(training.Department.Id, training.Content.In(LocalizedText.DefaultLanguage));
        }

        written.Caps.AddRange(playbook.Policy.Definition.Caps.Where(c => c.Segments.Any(s => s.Id == segment)).Select(PolicyGate.Describe));
        return written;
    }
}
