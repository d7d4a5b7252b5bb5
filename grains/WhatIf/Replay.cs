using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Grains.WhatIf;

/// <summary>
/// Replays the recorded history of one partition under a draft and compares turn by turn. What came from outside (signals, settlements, questions, moves) is fed in as it came, at its
/// instant and with its seed; wakes are those that each playbook asks for.
/// </summary>
/// <remarks>Frames in order of sequence; belongs to one thread at a time. Accounts of other tenants are passed over.</remarks>
public sealed partial class Replay
{
    private const int MostWakesInARow = 100_000;

    private readonly string tenant;
    private readonly int partition;
    private readonly int examples;
    private readonly ReplayWorld draft;
    private readonly ReplayWorld? baseline;
    private readonly Func<Signal, string?> refuses;
    private readonly Dictionary<GrainKey, Track> tracks = [];
    private readonly Dictionary<string, (string Play, string Treatment, string Contact)> offered = new(StringComparer.Ordinal);
    private readonly TurnOutcome before = new();
    private readonly TurnOutcome after = new();
    private readonly TurnOutcome recorded = new();

    /// <param name="draft">Begins empty.</param>
    /// <param name="baseline">Begins empty; null = what the journal says did happen.</param>
    /// <param name="refuses">Why the draft's schema refuses a signal that was taken; null = it does not.</param>
    /// <param name="examples">Most differences that are kept as examples.</param>
    /// <param name="likeness">Of the draft's playbook and the baseline's: what is the same under both is then replayed once. Null: everything is replayed under each.</param>
    public Replay(string tenant, int partition, ReplayWorld draft, ReplayWorld? baseline, Func<Signal, string?> refuses, int examples, Likeness? likeness = null)
    {
        if (likeness is not null && baseline is { Criteria: null, Watch: null } && draft is { Criteria: null, Watch: null })
        {
            this.likeness = likeness;
            rival = new Rival(baseline.Playbook, likeness);
        }

        (this.tenant, this.partition, this.draft, this.baseline) = (tenant, partition, draft, baseline);
        (this.refuses, this.examples) = (refuses, examples);
    }

    public Comparison Result { get; } = new();

    public void Take(RecordedFrame frame)
    {
        Result.From ??= frame.At;
        Result.To = frame.At;
        foreach (var entry in frame.Accounts)
        {
            if (entry.Account.Tenant != tenant)
            {
                continue;
            }

            if (!tracks.ContainsKey(entry.Account))
            {
                tracks.Add(entry.Account, new Track { IsWhole = entry.Previous == 0, IsShared = rival is not null });
                Result.Accounts += entry.Previous == 0 ? 1 : 0;
                Result.LeftOut += entry.Previous == 0 ? 0 : 1;
            }
        }

        foreach (var turn in frame.Turns)
        {
            if (tracks.TryGetValue(turn.Account, out var track) && track.IsWhole)
            {
                Take(turn, track);
                Forget(turn);
            }
        }

        foreach (var entry in frame.Accounts)
        {
            if (tracks.TryGetValue(entry.Account, out var track))
            {
                track.Wake = entry.Wake;
            }
        }
    }

    /// <summary>History ends: time goes on to its last instant for everybody.</summary>
    public void End()
    {
        if (Result.To is not { } horizon)
        {
            return;
        }

        foreach (var (key, track) in tracks)
        {
            if (!track.IsWhole)
            {
                continue;
            }

            // A wake that was due and had not had its turn when the journal was read is still to come: not a difference.
            RunWakes(key, track, baseline is null && track.Wake is { } due && due <= horizon ? due.AddTicks(-1) : horizon);
            var was = baseline is null ? track : Standing(track.IsShared ? draft : baseline, key);
            var becomes = Standing(draft, key);
            Count(Result.Before, was);
            Count(Result.After, becomes);
            if (was.Stage != becomes.Stage)
            {
                track.Differs = true;
                Result.AccountsElsewhere++;
                if (Result.Elsewhere.Count < examples)
                {
                    Result.Elsewhere.Add((key.Affinity, was.Stage, becomes.Stage));
                }
            }

            Result.AccountsChanged += track.Differs ? 1 : 0;
        }

        if (baseline?.Criteria is { } counted)
        {
            Result.Before.Criteria.Add(counted);
        }

        if (draft.Criteria is { } counts)
        {
            Result.After.Criteria.Add(counts);
        }
    }

    private void Take(RecordedTurn turn, Track track)
    {
        Result.Turns++;
        recorded.Clear();
        recorded.Take(turn);
        Note(turn, track);
        var cause = RecordedCause.Of(turn);
        if (cause is AccountCommand.Wake(_, var due))
        {
            RunWakes(turn.Account, track, due.AddTicks(-1));
            Wake(turn, (AccountCommand.Wake)cause, track);
            return;
        }

        RunWakes(turn.Account, track, turn.At);
        before.Clear();
        after.Clear();
        switch (cause)
        {
            case null when turn.OfAccount.Exists(e => e.Flight is not null || e.StageEntered is { Transition: StageWalk.InFlight }):
                // A publish visited the account; here each side goes by one version from the beginning.
                Result.Visits++;
                break;
            case null:
                Stand(turn, track);
                return;
            case AccountCommand.Settle { ActionId: var id } when offered.TryGetValue(id, out var meant) && meant.Play.Length == 0:
                // People answered what people were asked; what follows from it is theirs.
                Stand(turn, track);
                return;
            case AccountCommand.Settle settle:
                Settle(settle, turn, track);
                break;
            case AccountCommand.Record record:
                Result.Signals++;
                var refused = refuses(record.Signal);
                if (track.IsShared && (refused is not null || !MayShare(record.Signal)))
                {
                    Part(turn.Account, track);
                }

                if (Share(record, turn.Position, turn.At, track))
                {
                    break;
                }

                baseline?.Run(record, turn.Position, turn.At, before);
                if (refused is { } fault)
                {
                    (after.Happened, after.Refused) = (true, fault);
                }
                else
                {
                    draft.Run(record, turn.Position, turn.At, after);
                }

                break;
            default:
                if (!Share(cause, turn.Position, turn.At, track))
                {
                    baseline?.Run(cause, turn.Position, turn.At, before);
                    draft.Run(cause, turn.Position, turn.At, after);
                }

                break;
        }

        Compare(turn.Account, track, turn.At, cause, baseline is null ? recorded : before);
    }

    /// <summary>The facts are what came from outside: they stand on both sides.</summary>
    private void Stand(RecordedTurn turn, Track track)
    {
        Result.Stood++;
        Result.MovedIn += turn.OfAccount.Exists(e => e.Absorbed is not null) ? 1 : 0;
        if (!ShareFacts(turn, track))
        {
            baseline?.Fold(turn);
            draft.Fold(turn);
        }

        Result.Before.Take(recorded, turn.At);
        Result.After.Take(recorded, turn.At);
    }

    /// <summary>A recorded wake, for the sides that wanted to be woken at that very instant.</summary>
    private void Wake(RecordedTurn turn, AccountCommand.Wake wake, Track track)
    {
        before.Clear();
        after.Clear();
        Wake(turn.Account, track, wake, turn.Position, turn.At, BaselineWake(turn.Account, track) == wake.Due, draft.Find(turn.Account)?.Wake == wake.Due);
        Compare(turn.Account, track, turn.At, wake, baseline is null ? recorded : before);
    }

    /// <summary>The wakes that either side asks for and that did not happen: at their own instants, in order, with a seed that both sides share.</summary>
    private void RunWakes(GrainKey account, Track track, DateTimeOffset until)
    {
        for (var i = 0; i < MostWakesInARow; i++)
        {
            var first = BaselineWake(account, track);
            var second = draft.Find(account)?.Wake;
            var next = first is null || second < first ? second : first;
            if (next is not { } due || due > until)
            {
                return;
            }

            var wake = new AccountCommand.Wake(account, due);
            var position = new TurnPosition(partition, due.UtcTicks, (int)(StableHash.Of(account.Affinity) % int.MaxValue));
            before.Clear();
            after.Clear();
            Wake(account, track, wake, position, due, first == due, second == due);
            Compare(account, track, due, wake, before);
        }
    }

    private static void Run(ReplayWorld world, AccountCommand.Wake wake, TurnPosition position, DateTimeOffset now, TurnOutcome outcome)
    {
        world.Run(wake, position, now, outcome);
        Rest(world, wake);
    }

    private static void Rest(ReplayWorld world, AccountCommand.Wake wake)
    {
        if (world.Find(wake.Account) is { Wake: { } next } && next <= wake.Due)
        {
            // A silo backs off here and says so in its journal.
            world.LetSleep(wake.Account);
        }
    }

    private DateTimeOffset? BaselineWake(GrainKey account, Track track) => track.IsShared ? track.BaselineWake : baseline?.Find(account)?.Wake;

    private void Settle(ReplayWorld? world, AccountCommand.Settle settle, RecordedTurn turn, SideCounts counts, TurnOutcome outcome)
    {
        if (world?.Find(turn.Account) is null || !offered.TryGetValue(settle.ActionId, out var meant))
        {
            return;
        }

        if (world.FindOpen(turn.Account, settle.ActionId, IsMeant) is not { } action)
        {
            counts.Unmatched++;
            return;
        }

        world.Run(settle with { ActionId = action.Id }, turn.Position, turn.At, outcome);

        bool IsMeant(OpenAction open) => open.Play == meant.Play && open.Treatment == meant.Treatment && open.Contact == meant.Contact;
    }

    /// <summary>What the journal itself says became of the account.</summary>
    private void Note(RecordedTurn turn, Track track)
    {
        foreach (var stored in turn.OfAccount)
        {
            switch (stored.KindCase)
            {
                case StoredAccountEvent.KindOneofCase.Opened:
                    track.Stage = stored.Opened.Stage;
                    break;
                case StoredAccountEvent.KindOneofCase.StageEntered:
                    track.Stage = stored.StageEntered.To;
                    break;
                case StoredAccountEvent.KindOneofCase.Forwarded:
                    track.IsGone = true;
                    break;
                case StoredAccountEvent.KindOneofCase.History when (stored.History.AccountParted?.State ?? stored.History.AccountRestored?.State) is { } state:
                    // Two accounts again: each is where it stood.
                    (track.Stage, track.IsGone) = (state.Stage, false);
                    break;
                case StoredAccountEvent.KindOneofCase.ActionOffered:
                    var action = stored.ActionOffered.Action;
                    offered[action.Id] = (action.Play, action.Treatment, action.Contact);
                    break;
                default:
                    break;
            }
        }
    }

    private void Forget(RecordedTurn turn)
    {
        foreach (var stored in turn.OfAccount)
        {
            if (stored.ActionEnded is { } ended)
            {
                offered.Remove(ended.Id);
            }
        }
    }

    private void Compare(GrainKey account, Track track, DateTimeOffset at, AccountCommand? cause, TurnOutcome was)
    {
        if (was.Happened)
        {
            Result.Before.Take(was, at);
        }

        if (after.Happened)
        {
            Result.After.Take(after, at);
        }

        var difference = TurnDifference.Of(was, after, cause is AccountCommand.Wake);
        if (!difference.Any)
        {
            return;
        }

        difference.Count(Result);
        track.Differs = true;
        if (Result.Examples.Count < examples)
        {
            Result.Examples.Add(new Difference(account.Affinity, at, Describe(cause), was.Describe(), after.Describe()));
        }
    }

    internal static string Describe(AccountCommand? cause) => cause switch
    {
        AccountCommand.Record c => $"signal {c.Signal.Type} ({c.Signal.Id})",
        AccountCommand.Wake => "time",
        AccountCommand.Settle c => $"settlement of {c.ActionId}",
        AccountCommand.Ask c => $"a visit on {c.Channel}",
        null => "a publish",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Track Standing(ReplayWorld world, GrainKey account) =>
        world.Find(account) is { Exists: true } known ? new Track { Stage = known.Stage, IsGone = known.ForwardedTo.Length > 0 } : new Track();

    private static void Count(SideCounts counts, Track standing)
    {
        if (standing is { Stage: { Length: > 0 } stage, IsGone: false })
        {
            SideCounts.Count(counts.Stages, stage);
        }
    }

    /// <summary>What is known of an account besides its states.</summary>
    private sealed class Track
    {
        public bool IsWhole { get; init; }

        public string Stage { get; set; } = "";

        public bool IsGone { get; set; }

        public bool Differs { get; set; }

        /// <summary>Whether both sides are one so far: the draft's world has it, and the baseline's does not.</summary>
        public bool IsShared { get; set; }

        /// <summary>While it is shared: when it is to be woken under the baseline.</summary>
        public DateTimeOffset? BaselineWake { get; set; }

        /// <summary>While it is shared: everybody of the account who has a state.</summary>
        public HashSet<GrainKey> People { get; } = [];

        /// <summary>As the journal has it.</summary>
        public DateTimeOffset? Wake { get; set; }
    }
}
