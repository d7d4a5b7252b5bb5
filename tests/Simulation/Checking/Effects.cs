using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Partitions;
using Orchestrator.Simulation.Machine;

namespace Orchestrator.Simulation.Checking;

/// <summary>What the world gets to see: effects and answers, each compared at once with what is durable.</summary>
internal sealed class Effects(SimMachine simulation, Journals journals)
{
    private readonly HashSet<(int Partition, long Sequence, int Index)> _released = [];
    private readonly HashSet<string> _settled = [];
    private readonly Dictionary<string, OpenAction> _seen = [];

    public int Offers { get; private set; }

    public int Answers { get; private set; }

    public int Settlements { get; private set; }

    public void Released(in ReleasedEffect released)
    {
        simulation.Trace.Note(simulation.Now, "released", released.Partition, released.Sequence, released.Index, released.Effect is Effect.Offer o ? o.Action.Id : null);
        Must(released.Sequence <= journals.Durable(released.Partition), "I4", $"an effect of frame {released.Sequence} of partition {released.Partition} was released, and frame {journals.Durable(released.Partition)} is the last");
        Must(released.Sequence == 0 || _released.Add((released.Partition, released.Sequence, released.Index)), "I6", $"effect {released.Index} of frame {released.Sequence} of partition {released.Partition} was released twice");
        if (released.Effect is Effect.Offer offer)
        {
            Offers++;
            if (!journals.Offered.TryGetValue(offer.Action.Id, out var known))
            {
                simulation.Break(released.Sequence == 0 ? "I6" : "I4", $"action {offer.Action.Id} was offered and is in no frame");
                return;
            }

            // Also across a restore: whoever was offered it may still hold it.
            Must(_seen.TryAdd(offer.Action.Id, offer.Action) || Same(_seen[offer.Action.Id], offer.Action), "I6", $"action {offer.Action.Id} was offered as {_seen[offer.Action.Id]} and is now offered as {offer.Action}");
            Must(known.Account == offer.Account && Same(known.Action, offer.Action), "I6", $"action {offer.Action.Id} was decided as {known.Action} and offered as {offer.Action}");
        }
    }

    public void Answered(GrainCommand command, Outcome outcome)
    {
        Answers++;
        simulation.Trace.Note(simulation.Now, "answered", outcome is Outcome.Accepted a ? a.Partition : -1, outcome is Outcome.Accepted b ? b.Sequence : 0, text: outcome is Outcome.Unavailable gone ? gone.Reason : outcome.GetType().Name);
        if (outcome is Outcome.Accepted accepted)
        {
            journals.Acknowledge(accepted.Partition, accepted.Sequence);
            Must(accepted.Sequence <= journals.Durable(accepted.Partition), "I4", $"{command.GetType().Name} was answered with frame {accepted.Sequence} of partition {accepted.Partition}, and frame {journals.Durable(accepted.Partition)} is the last");
            if (accepted.Answer is Answer.Recorded && SignalOf(command) is { } id)
            {
                Must(journals.Signals.ContainsKey(id) || journals.IsCarried(id) || command is not AccountCommand.Record, "I3", $"signal {id} was acknowledged and is in no frame");
            }
        }
    }

    /// <summary>Somebody heard that their settlement ended an action.</summary>
    public void Settled(string action)
    {
        Settlements++;
        Must(_settled.Add(action), "I3", $"two settlements of action {action} were told that they count");
        Must(journals.Ended.ContainsKey(action), "I4", $"a settlement of action {action} was told that it counts, and the action has no end");
    }

    /// <summary>What was released before a restore may be released again.</summary>
    public void Forget()
    {
        _released.Clear();
        _settled.Clear();
    }

    private static string? SignalOf(GrainCommand command) => (command as AccountCommand.Record)?.Signal.Id ?? (command as Grains.Identities.IdentityCommand.Route)?.Signal.Id;

    // Attempts and pauses come and go with settlements; all else was decided once. Compared as stored: a request has lists, and two records with equal lists are not equal.
    private static bool Same(OpenAction one, OpenAction other) => AnswerForm.Write(one with { Attempt = other.Attempt, NotBefore = other.NotBefore }).Equals(AnswerForm.Write(other));

    private void Must(bool holds, string invariant, string how)
    {
        if (!holds)
        {
            simulation.Break(invariant, how);
        }
    }
}
