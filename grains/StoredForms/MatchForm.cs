using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Matching;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;
using MatchOverride = Orchestrator.Grains.Matching.MatchOverride;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Stored forms of how people find their account.</summary>
internal static class MatchForm
{
    public static StoredOverride Write(MatchOverride said) =>
        new() { Contact = said.Contact, Account = said.Account, Belongs = said.Belongs, By = said.By, Reason = said.Reason, At = Ticks.Of(said.At) };

    public static MatchOverride Read(StoredOverride stored) => new(stored.Contact, stored.Account, stored.Belongs, stored.By, stored.Reason, Ticks.Instant(stored.At));

    public static StoredMatchIndex? Write(MatchIndex? index) =>
        index is null ? null : new() { Accounts = { index.Accounts }, Waiting = { index.Waiting.Select(KeyForm.WriteContact) } };

    public static MatchIndex? Read(StoredMatchIndex? stored, GrainKey key) =>
        stored is null ? null : new([.. stored.Accounts], [.. stored.Waiting.Select(w => KeyForm.ReadContact(w, key.Tenant))]);

    public static StoredIdentityEvent Write(IdentityEvent @event) => @event switch
    {
        IdentityEvent.Claimed e => new() { Claimed = new() { Account = e.Account, Claimed = e.IsClaimed, At = Ticks.Of(e.At) } },
        IdentityEvent.Waits e => new() { Waits = KeyForm.WriteContact(e.Contact) },
        _ => throw new UnreachableException(),
    };

    public static IdentityEvent Read(StoredIdentityEvent stored, GrainKey key) => stored.Claimed is { } e
        ? new IdentityEvent.Claimed(e.Account, e.Claimed, Ticks.Instant(e.At))
        : new IdentityEvent.Waits(KeyForm.ReadContact(stored.Waits, key.Tenant));

    public static HistoryEvent.Matched Read(StoredMatched stored) => new(stored.Contact, stored.Rule, [.. stored.Accounts], Ticks.Instant(stored.At));

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static HistoryEvent Read(StoredHistoryEvent stored, GrainKey key) => stored.KindCase switch
    {
        StoredHistoryEvent.KindOneofCase.Overridden => new HistoryEvent.Overridden(Read(stored.Overridden)),
        StoredHistoryEvent.KindOneofCase.Remembered => new HistoryEvent.Remembered([.. stored.Remembered.Said.Select(Read)]),
        StoredHistoryEvent.KindOneofCase.MergeBegan or StoredHistoryEvent.KindOneofCase.AccountParted or StoredHistoryEvent.KindOneofCase.AccountRestored => MergeForm.Read(stored, key),
        _ => throw new InvalidDataException($"an event of {key} has a form that this version does not know"),
    };

    public static StoredIdentityCommand Write(GrainCommand command) => command switch
    {
        AccountCommand.TakeIn c => new() { TakeIn = IdentityForm.Write(c) },
        AccountCommand.Alike c => new() { Alike = new() { Kind = c.Kind, Accounts = { c.Accounts }, Adds = c.Adds, Value = c.Value } },
        AccountCommand.DismissTwin c => new() { DismissTwin = new() { Other = c.Other, By = c.By, Reason = c.Reason } },
        AccountCommand.Part c => new() { Part = MergeForm.Write(c) },
        AccountCommand.TakeBack c => new() { TakeBack = MergeForm.Write(c) },
        AccountCommand.Sought c => new() { Sought = new() { Contact = c.Contact, Rule = c.Rule, Accounts = { c.Accounts } } },
        AccountCommand.Override c => new() { Override = new() { Contact = c.Contact, Account = c.To, Belongs = c.Belongs, By = c.By, Reason = c.Reason } },
        IdentityCommand.Claim c => new() { Claim = new() { Account = c.Account, Claimed = c.IsClaimed } },
        IdentityCommand.Seek c => new() { Seek = new() { Contact = KeyForm.WriteContact(c.Contact), Rule = c.Rule } },
        _ => throw new UnreachableException(),
    };

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static GrainCommand Read(StoredIdentityCommand stored, GrainKey target) => stored.KindCase switch
    {
        StoredIdentityCommand.KindOneofCase.TakeIn => IdentityForm.Read(stored.TakeIn, target),
        StoredIdentityCommand.KindOneofCase.Alike => new AccountCommand.Alike(target, stored.Alike.Kind, [.. stored.Alike.Accounts]) { Adds = stored.Alike.Adds, Value = stored.Alike.Value },
        StoredIdentityCommand.KindOneofCase.DismissTwin when stored.DismissTwin is { } d => new AccountCommand.DismissTwin(target, d.Other, d.By, d.Reason),
        StoredIdentityCommand.KindOneofCase.Part => MergeForm.Read(stored.Part, target),
        StoredIdentityCommand.KindOneofCase.TakeBack => MergeForm.Read(stored.TakeBack, target),
        StoredIdentityCommand.KindOneofCase.Sought => new AccountCommand.Sought(target, stored.Sought.Contact, stored.Sought.Rule, [.. stored.Sought.Accounts]),
        StoredIdentityCommand.KindOneofCase.Override when stored.Override is { } o => new AccountCommand.Override(target, o.Contact, o.Account, o.Belongs, o.By, o.Reason),
        StoredIdentityCommand.KindOneofCase.Claim => new IdentityCommand.Claim(target, stored.Claim.Account, stored.Claim.Claimed),
        StoredIdentityCommand.KindOneofCase.Seek => new IdentityCommand.Seek(target, KeyForm.ReadContact(stored.Seek.Contact, target.Tenant), stored.Seek.Rule),
        _ => throw new InvalidDataException($"a command to {target} has a form that this version does not know"),
    };
}
