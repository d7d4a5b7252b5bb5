using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.WhatIf;

/// <summary>
/// A second playbook that is asked in the same turn wherever the two differ. As long as it comes to the same, one turn stands for both; where it does not, <see cref="Differs"/> says so, and the
/// turn is judged again under each.
/// </summary>
/// <remarks>Belongs to one thread at a time.</remarks>
internal sealed class Rival(Playbook playbook, Likeness likeness)
{
    /// <summary>Whether the turn would have come to something else, or may have.</summary>
    public bool Differs { get; private set; }

    /// <summary>When the account is woken under this playbook; all else of it is the same under both.</summary>
    public DateTimeOffset? Wake { get; private set; }

    /// <summary>Why nothing was chosen, for each choice of the turn that came to nothing: told to people, and the only thing that may differ.</summary>
    public List<NoneReason> Nones { get; } = [];

    public void Begin(DateTimeOffset? wake)
    {
        (Differs, Wake) = (false, wake);
        Nones.Clear();
    }

    /// <summary>Beside a decision of the other.</summary>
    public void Decide(DecisionWorkspace workspace, ReadOnlySpan<Contact> people, string? channel, ulong seed, in Choice choice)
    {
        var facts = workspace.Facts;
        if (Differs || likeness.At(facts.Account.Stage) is not { HasSamePlays: false })
        {
            Note(choice);
            return;
        }

        var other = facts.Playbook;
        facts.Playbook = playbook;
        var rival = NextBestAction.DecideAlone(workspace, people, channel, seed);
        facts.Playbook = other;
        Differs = rival.DeferUntil != choice.DeferUntil || rival.DeferSignal != choice.DeferSignal
            || !IsSame(rival.Best, choice.Best) || rival.Mandatory.Count != choice.Mandatory.Count;
        for (var i = 0; i < choice.Mandatory.Count && !Differs; i++)
        {
            Differs = !IsSame(rival.Mandatory[i], choice.Mandatory[i]);
        }

        Note(rival);
    }

    private void Note(in Choice choice)
    {
        if (choice.Best is null && choice.Mandatory.Count == 0)
        {
            Nones.Add(playbook.Definition.Paused == Pause.None ? choice.None : NoneReason.Paused);
        }
    }

    /// <summary>Before the first transition is looked for that holds: none that differs may be at work on either side.</summary>
    public void Walk(Facts facts)
    {
        if (Differs || likeness.At(facts.Account.Stage) is not { HasSameTransitions: false } stage)
        {
            return;
        }

        var other = facts.Playbook;
        Differs = AnyAtWork(stage.OfDraft, facts);
        facts.Playbook = playbook;
        Differs |= AnyAtWork(stage.OfBaseline, facts);
        facts.Playbook = other;
    }

    /// <summary>Before the turn ends: when it wants to be woken.</summary>
    /// <param name="other">The playbook that decides.</param>
    /// <param name="before">The account's wake under the other until now.</param>
    /// <param name="wake">From now on.</param>
    public void Plan(TurnBuilder turn, Playbook other, DateTimeOffset? before, DateTimeOffset? wake, DateTimeOffset at) => Wake = Differs ? Wake : Next(turn, other, before, wake, at);

    /// <summary>Whether time has something more to judge before the turn goes on, at another instant than under the other: then it is judged apart.</summary>
    public void Catch(TurnBuilder turn, Playbook other, DateTimeOffset? next, DateTimeOffset at)
    {
        var own = Next(turn, other, turn.Account.Wake, next, at);
        Differs |= own != next && (next <= turn.Now || own <= turn.Now);
    }

    private DateTimeOffset? Next(TurnBuilder turn, Playbook other, DateTimeOffset? before, DateTimeOffset? wake, DateTimeOffset at)
    {
        if (before == Wake && IsSame(turn))
        {
            return wake;
        }

        // People whom a turn did not touch are bounded by the account's wake, which is known for the other playbook only.
        Differs |= before != Wake && (playbook.HasPersonalJourneys || IsPersonal(playbook, turn) || IsPersonal(other, turn));
        var next = AccountWake.Next(turn, playbook, at);
        turn.Context.Workspace.Facts.Playbook = other;
        return next;
    }

    private bool IsSame(TurnBuilder turn) => likeness.At(turn.Account.Stage) is not { IsSame: false };

    private static bool IsPersonal(Playbook playbook, TurnBuilder turn) => playbook.Stages.TryGetValue(turn.Account.Stage, out var stage) && stage.HasPersonal;

    private static bool AnyAtWork(IEnumerable<CompiledTransition> transitions, Facts facts)
    {
        foreach (var transition in transitions)
        {
            if (transition.Definition.RequiresAnswers > 0 || StageWalk.HoldsNow(transition, facts))
            {
                return true;
            }
        }

        return false;
    }

    // How many were arbitrated, hence the probability, and what it is worth are told to people but decide nothing more.
    private bool IsSame(Chosen? one, Chosen? other) =>
        one is null || other is null
            ? one is null && other is null
            : one.Play.Id == other.Play.Id && one.Treatment.Id == other.Treatment.Id && ReferenceEquals(one.Person, other.Person) && likeness.IsSameOnceOffered(one.Play.Id);
}
