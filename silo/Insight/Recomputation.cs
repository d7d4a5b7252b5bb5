using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Partitions;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

/// <summary>
/// A past decision made once more: the states are folded from the journal up to just before its turn, and the same pure function judges the same command at
/// the same instant, place and playbook version, with recording on.
/// </summary>
/// <param name="Decision">As the journal has it.</param>
/// <param name="Playbook">The version that decided.</param>
/// <param name="Command">What was judged.</param>
/// <param name="Facts">What judging it gave; empty if it was refused.</param>
/// <param name="Trace">Every candidate.</param>
/// <param name="Before">The states just before the turn.</param>
/// <param name="Reproduced">True if the facts are the journal's, byte for byte.</param>
internal sealed record Recomputation(
    PastDecision Decision, Playbook Playbook, AccountCommand Command, IReadOnlyList<Fact> Facts, DecisionTrace Trace, FoldedGrains Before, bool Reproduced)
{
    /// <exception cref="RpcException">NOT_FOUND: retention has dropped the beginning of the journal, from which states are folded.</exception>
    public static async Task<Recomputation> MakeAsync(PastDecision decision, SiloRuntime runtime, PlaybookShelf shelf, CancellationToken cancel)
    {
        var histories = new Dictionary<GrainKey, History> { [decision.Account] = decision.History };
        var incarnation = await runtime.IncarnationOfAsync(decision.Account.PartitionOf(runtime.Partitions), decision.Sequence, cancel);
        Recomputation? first = null;
        foreach (var command in CommandsOf(decision))
        {
            var grains = await LoadAsync(command, decision, histories, runtime, cancel);

            // Nor does it say at which feature level of the store: below the highest some facts were written without what older silos could not read, and some not at all.
            for (var level = FormLevels.Highest; level > 0; level--)
            {
                var made = Judge(command, level, decision, incarnation, grains, histories, runtime, shelf);
                if (made.Reproduced)
                {
                    return made;
                }

                first ??= made;
            }
        }

        return first!;
    }

    /// <summary>The account and its people as the choice saw them: with all that the turn had done before it chose.</summary>
    public FoldedGrains WhenChoosing()
    {
        var grains = Before.Copy();
        foreach (var fact in Facts.TakeWhile(f => f.Event is not (AccountEvent.ActionOffered { Action.Request: null } or AccountEvent.NoneDecided)))
        {
            grains.TryGet(fact.Grain, out var state);
            grains.Set(fact.Grain, GrainTurn.Evolve(fact.Grain, state, fact.Event));
        }

        return grains;
    }

    /// <summary>
    /// The command behind a decision, the likeliest first. A signal that came through an identity, or after its person, brought a contact along; one that
    /// followed an account's forwarding address did not. The journal does not say which, so both may have to be tried: only the right one gives the same facts.
    /// </summary>
    private static IEnumerable<AccountCommand> CommandsOf(PastDecision decision)
    {
        switch (decision.Cause)
        {
            case AccountEvent.SignalRecorded e:
                var bound = e.Signal.Account == decision.Account.Affinity ? "" : e.Contact;
                yield return new AccountCommand.Record(decision.Account, e.Signal, bound, e.At);
                if (e.Contact.Length > 0)
                {
                    yield return new AccountCommand.Record(decision.Account, e.Signal, bound.Length > 0 ? "" : e.Contact, e.At);
                }

                break;
            case AccountEvent.Woken e:
                yield return new AccountCommand.Wake(decision.Account, e.Due);
                break;
            case AccountEvent.Asked e:
                yield return new AccountCommand.Ask(decision.Account, e.Contact, e.Channel);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static async Task<FoldedGrains> LoadAsync(AccountCommand command, PastDecision decision, Dictionary<GrainKey, History> histories, SiloRuntime runtime, CancellationToken cancel)
    {
        var grains = new FoldedGrains();
        while (true)
        {
            var missing = new HashSet<GrainKey>();
            GrainTurn.Need(command, grains, missing);
            if (missing.Count == 0)
            {
                return grains;
            }

            foreach (var key in missing)
            {
                if (!histories.TryGetValue(key, out var history))
                {
                    histories[key] = history = new History(runtime, key);
                }

                await history.ReadAllAsync(cancel);
                if (!history.IsComplete)
                {
                    throw new RpcException(StatusCode.NotFound, $"{history.Dropped}: the journal no longer goes back to the beginning of `{(key.Id.Length > 0 ? key.Id : key.Affinity)}`, so its decisions cannot be recomputed any more");
                }

                var state = FoldedGrains.Fold(history, decision.Sequence, decision.Turn);

                // A wake is no event: that the account was due when it was woken is known from its having been woken.
                grains.Set(key, state is Account account && decision.Cause is AccountEvent.Woken woken ? account with { Wake = woken.Due } : state);
            }
        }
    }

    private static Recomputation Judge(AccountCommand command, int level, PastDecision decision, long incarnation, FoldedGrains grains, Dictionary<GrainKey, History> histories, SiloRuntime runtime, PlaybookShelf shelf)
    {
        var tenant = decision.Account.Tenant;
        var library = shelf.Current.AsOf(tenant, decision.LatestVersion);
        var workspace = new DecisionWorkspace { Trace = new DecisionTrace() };
        var position = new TurnPosition(decision.Account.PartitionOf(runtime.Partitions), decision.Sequence, checked((int)decision.Turn)) { Incarnation = incarnation };
        var verdict = GrainTurn.Decide(command, new TurnContext(position, decision.At, library, grains, workspace) { Level = level });
        IReadOnlyList<Fact> facts = verdict is Verdict.Accepted accepted ? accepted.Facts : [];
        var playbook = library.Find(tenant, decision.PlaybookVersion) ?? throw new RpcException(StatusCode.Internal, $"version {decision.PlaybookVersion} of the playbook is not known here");
        return new Recomputation(decision, playbook, command, facts, workspace.Trace, grains, IsSame(facts, decision, histories));
    }

    private static bool IsSame(IReadOnlyList<Fact> facts, PastDecision decision, Dictionary<GrainKey, History> histories)
    {
        var recomputed = facts.ToLookup(f => f.Grain, f => EventForm.Write(f.Event, decision.Turn).ToByteString());
        return recomputed.All(g => histories.ContainsKey(g.Key))
            && histories.All(h => recomputed[h.Key].SequenceEqual(JournaledOf(h.Value, decision)));
    }

    private static IEnumerable<ByteString> JournaledOf(History history, PastDecision decision) =>
        history.Entries.Where(e => e.Sequence == decision.Sequence).SelectMany(e => e.Entry.Events).Where(e => e.Turn == decision.Turn).Select(e => e.ToByteString());
}
