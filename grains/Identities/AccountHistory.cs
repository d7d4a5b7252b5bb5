using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Matching;
using Orchestrator.Grains.Partitioning;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Identities;

/// <summary>What an account keeps of where its people and signals came from; accounts that are only ever told what happens now, by people they know, have none.</summary>
public sealed record AccountHistory
{
    /// <summary>How long after its last back-filled signal an account that is known from history only is looked at by the clock again.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromHours(1);

    /// <summary>Of so many types a provisional account keeps the last signal.</summary>
    public const int MostLatest = 8;

    /// <summary>
    /// History is being loaded, by the partition's clock until then: signals are judged at their own times, and nothing is decided. Null = the account lives.
    /// </summary>
    public DateTimeOffset? SettlesAt { get; init; }

    /// <summary>
    /// Of a provisional account: the last signal of each type, by time, so that the account in which its people turn out to be at home can judge its stages by them.
    /// At most <see cref="MostLatest"/>.
    /// </summary>
    public ImmutableArray<Signal> Latest { get; init; } = [];

    /// <summary>At most so many names are sent on; the oldest is forgotten first.</summary>
    public const int MostParted = 64;

    /// <summary>Names of people who were part of somebody here and are not any more, oldest first.</summary>
    public ImmutableArray<Parted> Parted { get; init; } = [];

    /// <summary>Accounts that were part of this one and are not any more, oldest first: signals that name them go on to them. At most <see cref="MostParted"/>.</summary>
    public ImmutableArray<string> PartedAccounts { get; init; } = [];

    /// <summary>The account that this one has begun to leave for; empty = none.</summary>
    public string Merging { get; init; } = "";

    /// <summary>At most so many words are remembered; the oldest is forgotten first.</summary>
    public const int MostOverrides = 128;

    /// <summary>What people said about who belongs here and who does not, oldest first.</summary>
    public ImmutableArray<MatchOverride> Overrides { get; init; } = [];

    /// <param name="first">The account has recorded nothing before.</param>
    internal static AccountHistory? After(AccountHistory? history, AccountEvent.SignalRecorded recorded, bool provisional, bool first)
    {
        // Who lives does not stop living because somebody loads what was long ago.
        DateTimeOffset? settlesAt = recorded.Signal.BackFill && (first || history?.SettlesAt is not null) ? recorded.At + Settling : null;
        var latest = provisional ? With(history is null ? [] : history.Latest, recorded) : history is null ? [] : history.Latest;
        return history is null && settlesAt is null && latest.IsEmpty ? null : (history ?? new()) with { SettlesAt = settlesAt, Latest = latest };
    }

    /// <summary>The history is loaded once the clock comes to <see cref="SettlesAt"/>.</summary>
    internal static AccountHistory? Woken(AccountHistory? history, DateTimeOffset due) =>
        history?.SettlesAt <= due ? history with { SettlesAt = null } : history;

    private static ImmutableArray<Signal> With(ImmutableArray<Signal> latest, AccountEvent.SignalRecorded recorded)
    {
        var time = SignalTime.Of(recorded.Signal, recorded.At);
        var others = latest;
        foreach (var known in latest)
        {
            if (known.Type == recorded.Signal.Type)
            {
                if (SignalTime.Of(known, recorded.At) > time)
                {
                    return latest;
                }

                others = latest.Remove(known);
                break;
            }
        }

        var at = others.Length;
        while (at > 0 && SignalTime.Of(others[at - 1], recorded.At) > time)
        {
            at--;
        }

        var all = others.Insert(at, Dated(recorded.Signal, recorded.At));
        return all.Length > MostLatest ? all.RemoveAt(0) : all;
    }

    /// <summary>A signal without a time happened when it came.</summary>
    private static Signal Dated(Signal signal, DateTimeOffset at)
    {
        if (signal.Time is not null)
        {
            return signal;
        }

        var dated = signal.Clone();
        dated.Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(at);
        return dated;
    }

    internal static AccountHistory Said(AccountHistory? history, IReadOnlyList<MatchOverride> said)
    {
        history ??= new();
        ImmutableArray<MatchOverride> all = [.. history.Overrides, .. said.Where(s => !history.Overrides.Contains(s))];
        return history with { Overrides = all.Length > MostOverrides ? all[^MostOverrides..] : all };
    }

    /// <summary>Signals under these names go to somebody else from now on.</summary>
    internal static AccountHistory Part(AccountHistory? history, IEnumerable<string> names, GrainKey to)
    {
        history ??= new();
        ImmutableArray<Parted> all = [.. history.Parted.Where(p => !names.Contains(p.Name)), .. names.Select(n => new Parted(n, to))];
        return history with { Parted = all.Length > MostParted ? all[^MostParted..] : all };
    }

    /// <summary>A whole account is one of its own again, with these people.</summary>
    internal static AccountHistory Part(AccountHistory? history, string account, IReadOnlyList<Parted> people)
    {
        history ??= new();
        ImmutableArray<Parted> all = [.. history.Parted.Where(p => people.All(o => o.Name != p.Name)), .. people];
        ImmutableArray<string> accounts = [.. history.PartedAccounts.Remove(account), account];
        return history with { Parted = all.Length > MostParted ? all[^MostParted..] : all, PartedAccounts = accounts.Length > MostParted ? accounts[^MostParted..] : accounts };
    }

    /// <summary>An account is part of this one: what was said of it before is over.</summary>
    internal static AccountHistory? TookIn(AccountHistory? history, string account) =>
        history is null || !history.PartedAccounts.Contains(account) ? history : history with { PartedAccounts = history.PartedAccounts.Remove(account) };

    /// <summary>Somebody here is known under these names: what was said of them before is over.</summary>
    internal static AccountHistory? Joined(AccountHistory? history, string contact, IReadOnlyList<PersonName> names) =>
        history is null || history.Parted.IsEmpty ? history : history with { Parted = history.Parted.RemoveAll(p => p.To.Id != contact && names.Any(n => n.ToString() == p.Name)) };
}
