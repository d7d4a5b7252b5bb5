using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Grains.WhatIf;

/// <summary>Accounts and their people as they would be under one playbook: all in memory, decided by the same turns as those of a silo. Nothing of it reaches the world.</summary>
/// <remarks>Belongs to one thread at a time.</remarks>
public sealed class ReplayWorld : IGrains
{
    private readonly Dictionary<GrainKey, GrainState?> states = [];
    private readonly DecisionWorkspace workspace = new();
    private PlaybookLibrary library;

    /// <param name="tenant">Whose accounts they are.</param>
    /// <param name="playbook">Decides from the beginning, whatever its number.</param>
    public ReplayWorld(string tenant, Playbook playbook) => (Playbook, library) = (playbook, PlaybookLibrary.Only(tenant, playbook));

    /// <summary>A world in which several versions are known, and each account goes by its own.</summary>
    public ReplayWorld(string tenant, PlaybookLibrary library) =>
        (Playbook, this.library) = (library.Current(tenant) ?? throw new ArgumentException("no playbook is published", nameof(library)), library);

    /// <summary>The latest.</summary>
    public Playbook Playbook { get; private set; }

    /// <summary>Whether the next turns are recorded in <see cref="Trace"/>.</summary>
    public bool IsTraced { get; set; }

    /// <summary>Every candidate of the latest turn; null if it was not to be recorded.</summary>
    public DecisionTrace? Trace => workspace.Trace;

    /// <summary>Set to be told of everything that happens here.</summary>
    public Action<DateTimeOffset, IReadOnlyList<Fact>>? Watch { get; init; }

    /// <summary>Whether the facts that <see cref="Run"/> returns are good only until the next turn; spares their copies.</summary>
    public bool LendsFacts
    {
        init => workspace = new DecisionWorkspace { LendsVerdicts = value };
    }

    /// <summary>What the latest turn that <see cref="Run"/> judged wanted of the world; empty if it was refused.</summary>
    public IReadOnlyList<Effect> Effects { get; private set; } = [];

    /// <summary>Set to count what removed each candidate.</summary>
    public CriterionCounts? Criteria { get; init; }

    public bool TryGet(GrainKey key, out GrainState? state)
    {
        // What is not here does not exist: a world begins empty, or with all that a turn may touch.
        states.TryGetValue(key, out state);
        return true;
    }

    public void Set(GrainState state) => states[state.Key] = state;

    public Account? Find(GrainKey account) => states.TryGetValue(account, out var state) ? (Account?)state : null;

    /// <summary>The open action that a settlement is of: the one with this id if that is the same offer, else the same offer made another time. Null: there is none here.</summary>
    public OpenAction? FindOpen(GrainKey account, string id, Func<OpenAction, bool> isMeant)
    {
        var open = Find(account)?.OpenActions ?? [];
        return open.FirstOrDefault(a => a.Id == id && isMeant(a)) ?? open.FirstOrDefault(isMeant);
    }

    /// <summary>Judges a command and keeps what follows.</summary>
    /// <returns>The facts; empty if it was refused, which <paramref name="outcome"/> then says.</returns>
    public IReadOnlyList<Fact> Run(AccountCommand command, TurnPosition position, DateTimeOffset now, TurnOutcome outcome)
    {
        workspace.Trace = Criteria is null && !IsTraced ? null : new DecisionTrace();
        var verdict = AccountTurn.Decide(command, new TurnContext(position, now, library, this, workspace));
        Criteria?.Take(workspace.Trace!);
        outcome.Take(verdict);
        if (verdict is not Verdict.Accepted accepted)
        {
            Effects = [];
            return [];
        }

        Effects = accepted.Effects;

        Keep(accepted);
        Watch?.Invoke(now, accepted.Facts);
        return accepted.Facts;
    }

    /// <summary>Judges a command for another playbook, too; keeps what follows if that is the same under both.</summary>
    /// <param name="people">Everybody of the account whose state is kept here; grows.</param>
    /// <returns>Whether it is. If not, nothing has happened.</returns>
    internal bool TryRun(AccountCommand command, TurnPosition position, DateTimeOffset now, TurnOutcome outcome, Rival rival, HashSet<GrainKey> people)
    {
        workspace.Trace = null;
        workspace.Rival = rival;
        var verdict = AccountTurn.Decide(command, new TurnContext(position, now, library, this, workspace));
        workspace.Rival = null;
        if (rival.Differs)
        {
            return false;
        }

        outcome.Take(verdict);
        if (outcome.Nones.Count != rival.Nones.Count)
        {
            // The playbook is paused, or a choice was set aside: what it came to is for each side to say.
            outcome.Clear();
            return false;
        }

        if (verdict is Verdict.Accepted accepted)
        {
            Keep(accepted, people);
        }

        return true;
    }

    /// <summary>Takes a turn's facts as they are for another playbook, too, if both then want to be woken for the same reasons.</summary>
    /// <param name="people">As in <see cref="TryRun"/>.</param>
    /// <returns>Whether they do. If not, nothing has happened.</returns>
    internal bool TryFold(RecordedTurn recorded, Rival rival, HashSet<GrainKey> people)
    {
        workspace.Rival = rival;
        var accepted = Folded(recorded);
        workspace.Rival = null;
        if (rival.Differs)
        {
            return false;
        }

        Keep(accepted, people);
        return true;
    }

    private void Keep(Verdict.Accepted accepted, HashSet<GrainKey> people)
    {
        foreach (var state in accepted.Folded!)
        {
            if (state is Contacts.Contact)
            {
                people.Add(state.Key);
            }
        }

        Keep(accepted);
    }

    /// <summary>Wakes an account and keeps what follows if that is nothing but the next wake.</summary>
    /// <returns>Whether it is. If not, nothing has happened.</returns>
    internal bool TryIdle(AccountCommand.Wake wake, TurnPosition position, DateTimeOffset now, TurnOutcome outcome)
    {
        workspace.Trace = null;
        var before = Find(wake.Account);
        if (AccountTurn.Decide(wake, new TurnContext(position, now, library, this, workspace)) is not Verdict.Accepted accepted || accepted.Folded!.Any(s => !ReferenceEquals(s, before)))
        {
            return false;
        }

        outcome.Take(accepted);
        Keep(accepted);
        return true;
    }

    internal void Remove(GrainKey key) => states.Remove(key);

    /// <summary>From here on these versions are known.</summary>
    public void Go(PlaybookLibrary versions, string tenant) => (library, Playbook) = (versions, versions.Current(tenant) ?? Playbook);

    /// <summary>What would be decided for one person, or for the account as a whole, with recording on. Nothing is kept.</summary>
    public DecisionTrace Judge(Account account, Contacts.Contact? person, Signal? signal, DateTimeOffset now)
    {
        workspace.Trace = new DecisionTrace();
        workspace.Facts.Set(library.PlaybookOf(account) ?? Playbook, account, null, signal, now);
        NextBestAction.Decide(workspace, person is null ? [] : [person], channel: null, seed: 0);
        return workspace.Trace;
    }

    /// <summary>Takes a turn's facts as they are; stages that this playbook does not have are not entered.</summary>
    public void Fold(RecordedTurn recorded)
    {
        var accepted = Folded(recorded);
        Keep(accepted);
        Watch?.Invoke(recorded.At, accepted.Facts);
    }

    private Verdict.Accepted Folded(RecordedTurn recorded)
    {
        var turn = workspace.Turn;
        turn.Begin(new TurnContext(recorded.Position, recorded.At, library, this, workspace), recorded.Account);
        workspace.Facts.Contact = null;
        foreach (var stored in recorded.OfAccount)
        {
            if (stored.StageEntered is not { } entered || Playbook.Stages.ContainsKey(entered.To))
            {
                turn.Add((AccountEvent)EventForm.Read(new StoredEvent { Account = stored }, recorded.Account));
            }
        }

        foreach (var (contact, stored) in recorded.OfContacts)
        {
            turn.Add(contact, (Contacts.ContactEvent)EventForm.Read(new StoredEvent { Contact = stored }, GrainKey.Contact(recorded.Account.Tenant, recorded.Account.Affinity, contact)));
        }

        return (Verdict.Accepted)turn.Accept(Answer.Nothing.Instance, Playbook, recorded.At);
    }

    /// <summary>The account is not woken again before something happens to it.</summary>
    public void LetSleep(GrainKey account) => states[account] = Find(account)! with { Wake = null };

    private void Keep(Verdict.Accepted accepted)
    {
        foreach (var state in accepted.Folded!)
        {
            states[state.Key] = state;
        }

        foreach (var wake in accepted.Wakes)
        {
            if (states.TryGetValue(wake.Grain, out var state) && state is not null && state.Wake != wake.At)
            {
                states[wake.Grain] = state with { Wake = wake.At };
            }
        }
    }
}

/// <summary>How many candidates each step of deciding removed, by play.</summary>
public sealed class CriterionCounts
{
    /// <summary>Null as a step: it reached arbitration.</summary>
    public Dictionary<(string Play, RemovedAt? At), long> Counts { get; } = [];

    internal void Take(DecisionTrace trace)
    {
        foreach (var candidate in trace.Candidates)
        {
            Counts[(candidate.Play, candidate.RemovedAt)] = Counts.GetValueOrDefault((candidate.Play, candidate.RemovedAt)) + 1;
        }
    }

    public void Add(CriterionCounts other)
    {
        foreach (var (what, count) in other.Counts)
        {
            Counts[what] = Counts.GetValueOrDefault(what) + count;
        }
    }
}
