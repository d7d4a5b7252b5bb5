using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.WhatIf;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Grains.Lateness;

/// <summary>
/// Judges an account's recent history anew, each signal at the instant at which it happened, by the turns that judge live ones and by the versions that held then. Up to the
/// beginning the account is what the journal says. Accounts that became part of it since are judged beside it, so that what happened to them before that counts for them.
/// </summary>
/// <remarks>What it takes is bounded by <see cref="MostTurns"/> and <see cref="MostWakes"/>, whatever the account has behind it.</remarks>
public sealed partial class InOrder
{
    /// <summary>Beyond so many turns since the earliest late signal nothing is put right.</summary>
    public const int MostTurns = 50_000;

    /// <summary>Nor beyond so many instants at which time alone would have had a turn.</summary>
    public const int MostWakes = 50_000;

    private readonly GrainKey key;
    private readonly PlaybookLibrary library;
    private readonly DateTimeOffset since;
    private readonly Delays delays;
    private readonly ReplayWorld world;
    private readonly TurnOutcome outcome = new();
    private readonly List<(DateTimeOffset At, int Version)> versions = [];

    private InOrder(GrainKey key, PlaybookLibrary library, Playbook first, DateTimeOffset since, Delays delays)
    {
        (this.key, this.library, this.since, this.delays) = (key, library, since, delays);
        world = new ReplayWorld(key.Tenant, library.AsOf(key.Tenant, first.Version));
    }

    /// <param name="account">As it is now.</param>
    /// <param name="people">Those of it who are known now, as they are.</param>
    /// <param name="past">All of its history, oldest first.</param>
    /// <param name="library">All versions.</param>
    /// <param name="since">The earliest instant at which something happened that came late.</param>
    /// <param name="now">Up to when it is judged.</param>
    /// <param name="delays">What counts as late; null: as the account's playbook says.</param>
    /// <param name="others">Of accounts that became part of this one: all of their history; null for one that lives on and only sent somebody, which stands as it came.</param>
    public static Rederived Of(
        Account account, IReadOnlyList<Contact> people, IReadOnlyList<PastFrame> past, PlaybookLibrary library, DateTimeOffset since, DateTimeOffset now,
        Delays? delays = null, IReadOnlyDictionary<GrainKey, IReadOnlyList<PastFrame>?>? others = null)
    {
        if (account.ForwardedTo.Length > 0)
        {
            return Rederived.No($"the account is part of `{account.ForwardedTo}` now");
        }

        var late = delays ?? Delays.Of(library.PlaybookOf(account)?.Definition.Lateness);
        // Who left at the instant at which they arrived left before.
        List<PastFrame> all = others is null or { Count: 0 } ? [.. past] : [.. others.Values.SelectMany(o => o ?? []).Concat(past).OrderBy(f => f.At)];
        since = ReachOf(all, since, late);
        if (Against(all.Where(f => f.At >= since), others) is { } against)
        {
            return Rederived.No(against);
        }

        var version = all.SelectMany(f => f.Turns).Select(VersionOf).FirstOrDefault(v => v > 0);
        if ((library.Find(account.Key.Tenant, version) ?? library.Current(account.Key.Tenant)) is not { } first)
        {
            return Rederived.No("no playbook is published");
        }

        var run = new InOrder(account.Key, library, first, since, late);
        run.Begin(all, others);
        run.Live(all, now);
        return run.wakesLeft <= 0 ? Rederived.No($"time alone would have had more than {MostWakes} turns since") : run.Compare(account, people, now);
    }

    /// <summary>Why it cannot be judged anew; null: it can.</summary>
    private static string? Against(IEnumerable<PastFrame> frames, IReadOnlyDictionary<GrainKey, IReadOnlyList<PastFrame>?>? others)
    {
        var turns = 0;
        foreach (var turn in frames.SelectMany(f => f.Turns))
        {
            turns++;
            foreach (var stored in turn.OfAccount)
            {
                if (Parts(stored))
                {
                    return $"others parted from it at {turn.At:yyyy-MM-ddTHH:mm:ssZ}, after the late signal had happened: what they took along has no order any more";
                }

                if (SourceOf(stored) is { } source && others?.ContainsKey(GrainKey.Account(turn.Account.Tenant, source)) != true)
                {
                    return $"`{source}` became part of the account at {turn.At:yyyy-MM-ddTHH:mm:ssZ}, after the late signal had happened, and its history cannot be read to its beginning: what it brought along has no order any more";
                }
            }
        }

        return turns > MostTurns ? $"{turns} turns have happened since; at most {MostTurns} are judged anew" : null;
    }

    /// <summary>
    /// What came since may itself have come late: then what happened before it was judged without it, too, and an earlier correction that put that right is among what is judged anew.
    /// So everything begins with the earliest of them.
    /// </summary>
    internal static DateTimeOffset ReachOf(IReadOnlyList<PastFrame> past, DateTimeOffset since, Delays delays)
    {
        for (var i = past.Count - 1; i >= 0 && past[i].At >= since; i--)
        {
            foreach (var turn in past[i].Turns)
            {
                foreach (var stored in turn.OfAccount)
                {
                    if (stored.SignalRecorded is { } recorded && delays.IsLate(recorded.Signal, turn.At, out var happened) && happened < since)
                    {
                        since = happened;
                    }
                }
            }
        }

        return since;
    }
}
