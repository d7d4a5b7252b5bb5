using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.InFlight;

/// <summary>Works out what a publish would do to each account, by judging its visit on the state it has now, and keeping nothing.</summary>
internal sealed class PublishPlanning
{
    private readonly SiloRuntime runtime;
    private readonly IStore store;
    private readonly PlaybookLibrary library;
    private readonly Playbook draft;
    private readonly int examples;
    private readonly PublishPlan plan;
    private readonly Dictionary<string, StagePlan> stages = new(StringComparer.Ordinal);
    private readonly DecisionWorkspace workspace = new();
    private long seen;
    private int partitions;
    private int partitionsInAll;

    /// <param name="library">With the draft as its latest version.</param>
    /// <param name="examples">Most accounts that are named.</param>
    public PublishPlanning(SiloRuntime runtime, IStore store, PlaybookLibrary library, int examples)
    {
        (this.runtime, this.store, this.library, this.examples) = (runtime, store, library, examples);
        draft = library.Current(Tenants.Default)!;
        plan = new PublishPlan { Version = draft.Version };
    }

    public PlanProgress Progress => new() { Accounts = Volatile.Read(ref seen), Partitions = Volatile.Read(ref partitions), PartitionsInAll = Volatile.Read(ref partitionsInAll) };

    public async Task<PublishPlan> RunAsync(CancellationToken cancel)
    {
        foreach (var stage in draft.Definition.Stages)
        {
            Of(stage.Id);
        }

        var rows = await store.PartitionsAsync(cancel);
        Volatile.Write(ref partitionsInAll, rows.Count);
        foreach (var row in rows)
        {
            await foreach (var (account, _) in AccountsOf.PartitionAsync(store, row, "", cancel))
            {
                await JudgeAsync(account, cancel);
            }

            Volatile.Write(ref partitions, partitions + 1);
        }

        plan.Stages.AddRange(stages.Values);
        return plan;
    }

    private async Task JudgeAsync(GrainKey key, CancellationToken cancel)
    {
        var command = new AccountCommand.Adopt(key);
        var grains = new FoldedGrains();
        var missing = new List<GrainKey>();
        for (GrainTurn.Need(command, grains, missing); missing.Count > 0; GrainTurn.Need(command, grains, missing))
        {
            var states = await runtime.ReadAsync(missing, cancel);
            for (var i = 0; i < states.Length; i++)
            {
                grains.Set(missing[i], states[i]);
            }

            missing.Clear();
        }

        grains.TryGet(key, out var state);
        if (state is not Account { Exists: true, ForwardedTo.Length: 0 } account)
        {
            return;
        }

        Volatile.Write(ref seen, seen + 1);
        plan.Accounts++;
        var now = account.LastSignalAt > runtime.Now ? account.LastSignalAt : runtime.Now;
        if (GrainTurn.Decide(command, new TurnContext(default, now, library, grains, workspace)) is Verdict.Accepted accepted)
        {
            Count(account, accepted);
        }
    }

    private void Count(Account account, Verdict.Accepted accepted)
    {
        var from = Of(account.Stage);
        from.Before++;
        string? to = null, why = null;
        var pinned = account.Flight is { Pinned: > 0 };
        foreach (var fact in accepted.Facts)
        {
            switch (fact.Event)
            {
                case AccountEvent.StageEntered e:
                    (to, why) = (e.To, e.Reason.Length > 0 ? e.Reason : $"the criterion of `{e.Transition}` holds");
                    break;
                case AccountEvent.OfFlight(var flight):
                    pinned = flight is FlightEvent.Pinned;
                    break;
                case AccountEvent.ActionEnded { How: EndedHow.Revoked }:
                    plan.Revoked++;
                    break;
                default:
                    break;
            }
        }

        plan.Rescheduled += accepted.Wakes.Count > 0 ? 1 : 0;
        plan.Pinned += pinned ? 1 : 0;
        from.Pinned += pinned ? 1 : 0;
        var after = Of(to ?? account.Stage);
        after.After++;
        if (to is null || to == account.Stage)
        {
            from.Stay++;
            return;
        }

        var exits = draft.Stages.TryGetValue(to, out var stage) && stage.Definition.Kind == StageKind.EndOfEffort;
        plan.Moved++;
        from.Moved++;
        plan.Exited += exits ? 1 : 0;
        from.Exited += exits ? 1 : 0;
        if (plan.Examples.Count < examples)
        {
            plan.Examples.Add(new AccountPlan { Account = account.Key.Affinity, From = account.Stage, To = to, Why = why });
        }
    }

    private StagePlan Of(string stage)
    {
        if (!stages.TryGetValue(stage, out var plan))
        {
            stages.Add(stage, plan = new StagePlan { Stage = stage, Gone = !draft.Stages.ContainsKey(stage) });
        }

        return plan;
    }
}
