using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Matching;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Identities;

/// <summary>One identifier of a person (e-mail, user id, anonymous id, CRM id): answers which contact it is.</summary>
public sealed record Identity : GrainState
{
    private Identity(GrainKey key)
        : base(key)
    {
    }

    /// <summary>The contact that this identifier means; null while nobody is known under it.</summary>
    public GrainKey? Contact { get; init; }

    /// <summary>True while the contact lives under a provisional account.</summary>
    public bool Provisional { get; init; }

    public DateTimeOffset Since { get; init; }

    /// <summary>
    /// While the history of a moved person is on its way: where they were. Signals go through there, behind the history, so that one sent again meets the id window
    /// that has seen it; a direct way would overtake.
    /// </summary>
    public GrainKey? Via { get; init; }

    /// <summary>
    /// Sent after the last signal that went through <see cref="Via"/>, on the same way: when it comes back, all of them have arrived. 0 = none is on its way, or a
    /// signal has followed it.
    /// </summary>
    public ulong Marker { get; init; }

    /// <summary>Of a value that people and accounts find each other by; null = it is an identifier, or nobody has it.</summary>
    public MatchIndex? Matches { get; init; }

    public static Identity Unknown(GrainKey key) => new(key);

    public static Verdict Decide(IdentityCommand command, in TurnContext context)
    {
        context.Grains.TryGet(command.Target, out var state);
        var identity = (Identity?)state ?? Unknown(command.Target);
        return command switch
        {
            IdentityCommand.Route c => Route(identity, c, context),
            IdentityCommand.Bind c => Bind(identity, c, context),
            IdentityCommand.Arrived c => Arrived(identity, c, context),
            IdentityCommand.Claim c => Claim(identity, c, context),
            IdentityCommand.Seek c => Seek(identity, c),
            IdentityCommand.Rebind c => Rebind(identity, c, context),
            IdentityCommand.PassReferral c => Pass(identity, c),
            IdentityCommand.Introduce c => Introduce(identity, c),
            _ => throw new UnreachableException(),
        };
    }

    public static Identity Evolve(Identity identity, IdentityEvent @event) => @event switch
    {
        IdentityEvent.Bound e => identity with { Contact = e.Contact, Provisional = e.Provisional, Since = e.At, Via = e.Via, Marker = e.Marker },
        IdentityEvent.Claimed e => identity with { Matches = (identity.Matches ?? MatchIndex.Empty).With(e.Account, e.IsClaimed) },
        IdentityEvent.Waits e => identity with { Matches = (identity.Matches ?? MatchIndex.Empty).With(e.Contact) },
        IdentityEvent.Arrived => identity with { Via = null, Marker = 0 },
        _ => throw new UnreachableException(),
    };

    /// <summary>The account under which a person lives whom only this identifier names.</summary>
    public static string ProvisionalAccount(string identifier) => StableIds.Format('p', StableHash.Of(identifier));

    /// <summary>Sends the signal on to the account of the person it names; a person whom nobody knows gets a provisional account.</summary>
    private static Verdict Route(Identity identity, IdentityCommand.Route command, in TurnContext context)
    {
        var facts = new List<Fact>();
        var contact = identity.Contact;
        if (contact is null)
        {
            var account = ProvisionalAccount(identity.Key.Affinity);
            contact = GrainKey.Contact(identity.Key.Tenant, account, ContactIds.Of(account, PersonName.Parse(identity.Key.Affinity)));
            facts.Add(new Fact(identity.Key, new IdentityEvent.Bound(contact.Value, Provisional: true, context.Now, Via: null)));
        }

        else if (identity.Marker != 0)
        {
            // This signal goes behind the marker, so what the marker tells when it comes back is not enough any more.
            facts.Add(new Fact(identity.Key, Marked(identity, 0)));
        }

        var through = identity.Via ?? contact.Value;
        var record = new AccountCommand.Record(GrainKey.Account(identity.Key.Tenant, through.Affinity), command.Signal, through.Id, command.ReceivedAt);
        return new Verdict.Accepted(facts, [], [new Effect.Send(record)], new Answer.Recorded(context.Position.Sequence, Duplicate: false));
    }

    /// <summary>
    /// Ties the identifier to a contact. A known contact replaces a provisional one, whose history then moves; among two known ones the first stays, the rest is left to
    /// people; among two provisional ones the lower key stays, so that every identifier that both have, in whatever order it hears of them, says the same.
    /// Within one account the account has the last word.
    /// </summary>
    private static Verdict Bind(Identity identity, IdentityCommand.Bind command, in TurnContext context)
    {
        if (identity.Contact is not { } held)
        {
            return Bound(identity, command, context, move: null);
        }

        if (held == command.Contact || held.Affinity == command.Contact.Affinity)
        {
            return held == command.Contact && (identity.Provisional == command.Provisional || command.Provisional)
                ? new Verdict.Accepted([], [], [], Answer.Nothing.Instance)
                : Bound(identity, command, context, move: null);
        }

        if (identity.Provisional && (!command.Provisional || IsLower(command.Contact, held)))
        {
            return Bound(identity, command, context, Move(held, command.Contact));
        }

        if (!command.Provisional && !identity.Provisional && context.Playbooks.Current(identity.Key.Tenant)?.AccountQuality?.Definition.Twins is { Contacts: true })
        {
            // Two companies know one person: perhaps they are one.
            return new Verdict.Accepted([], [], [Shared(identity, held, command.Contact), Shared(identity, command.Contact, held)], Answer.Nothing.Instance);
        }

        // Whoever was met provisionally turns out to be somebody met before: they move there.
        return new Verdict.Accepted([], [], command.Provisional ? [Move(command.Contact, held)] : [], Answer.Nothing.Instance);
    }

    /// <summary>Where the person is known already is their home; otherwise they are at home where they were introduced.</summary>
    private static Verdict Introduce(Identity identity, IdentityCommand.Introduce command)
    {
        var message = identity is { Contact: { } home, Provisional: false } && home.Affinity != command.Contact.Affinity
            ? new AccountCommand.OfMembership(GrainKey.Account(identity.Key.Tenant, home.Affinity), home.Id, command.Joins)
            : new AccountCommand.OfMembership(GrainKey.Account(identity.Key.Tenant, command.Contact.Affinity), command.Contact.Id, Memberships.MembershipMessage.Alone.Instance);
        return new Verdict.Accepted([], [], [new Effect.Send(message)], Answer.Nothing.Instance);
    }

    private static Verdict Bound(Identity identity, IdentityCommand.Bind command, in TurnContext context, Effect? move)
    {
        // Somebody who moves twice is still reached the whole way round: each place forwards to the next.
        var via = identity.Via ?? (move is null ? null : identity.Contact);
        return new Verdict.Accepted(
            [new Fact(identity.Key, new IdentityEvent.Bound(command.Contact, command.Provisional, context.Now, via))], [], move is null ? [] : [move], Answer.Nothing.Instance);
    }

    /// <summary>
    /// The history is where the identifier points to. Signals may still be on the long way, and a direct one would overtake them: a marker goes behind them, and
    /// only if it comes back with none behind it do signals go directly from now on.
    /// </summary>
    private static Verdict Arrived(Identity identity, IdentityCommand.Arrived command, in TurnContext context)
    {
        if (identity.Via is not { } via || identity.Contact?.Affinity != command.Contact.Affinity)
        {
            return new Verdict.Accepted([], [], [], Answer.Nothing.Instance);
        }

        if (identity.Marker != 0)
        {
            return new Verdict.Accepted(command.Marker == identity.Marker ? [new Fact(identity.Key, new IdentityEvent.Arrived())] : [], [], [], Answer.Nothing.Instance);
        }

        // Unique for ever: an earlier marker that comes back late must not be taken for this one.
        var marker = context.Position.Seed;
        var follow = new AccountCommand.Follow(GrainKey.Account(identity.Key.Tenant, via.Affinity), via.Id, identity.Key, marker);
        return new Verdict.Accepted([new Fact(identity.Key, Marked(identity, marker))], [], [new Effect.Send(follow)], Answer.Nothing.Instance);
    }

    /// <summary>
    /// A merge was undone: the name means who it meant before. Signals may still be on the way to where it was merged, so those to come go that way too until the marker
    /// that goes behind them has come back.
    /// </summary>
    private static Verdict Rebind(Identity identity, IdentityCommand.Rebind command, in TurnContext context)
    {
        if (identity.Contact is not { } held || held.Affinity != command.From.Affinity)
        {
            return new Verdict.Accepted([], [], [], Answer.Nothing.Instance);
        }

        if (command.Contact.Affinity == command.From.Affinity)
        {
            return new Verdict.Accepted([new Fact(identity.Key, new IdentityEvent.Bound(command.Contact, command.Provisional, context.Now, identity.Via))], [], [], Answer.Nothing.Instance);
        }

        var via = identity.Via ?? command.From;
        var marker = context.Position.Seed;
        var follow = new AccountCommand.Follow(GrainKey.Account(identity.Key.Tenant, via.Affinity), via.Id, identity.Key, marker);
        return new Verdict.Accepted(
            [new Fact(identity.Key, new IdentityEvent.Bound(command.Contact, command.Provisional, context.Now, via) { Marker = marker })], [], [new Effect.Send(follow)], Answer.Nothing.Instance);
    }

    /// <summary>An account has the value, or has it no longer; whoever waits for one hears of it.</summary>
    private static Verdict Claim(Identity identity, IdentityCommand.Claim command, in TurnContext context)
    {
        var index = identity.Matches ?? MatchIndex.Empty;
        if (index.Accounts.Contains(command.Account) == command.IsClaimed)
        {
            return new Verdict.Accepted([], [], [], Answer.Nothing.Instance);
        }

        var next = index.With(command.Account, command.IsClaimed);
        var rule = identity.Key.Affinity.Split(':')[1];
        Effect[] told = rule[0] == TwinKinds.Mark ? TwinTurn.Tell(identity.Key, rule[1..], next, command.IsClaimed ? null : command.Account) : command.IsClaimed ? [.. index.Waiting.Select(w => Tell(w, rule, next))] : [];
        return new Verdict.Accepted([new Fact(identity.Key, new IdentityEvent.Claimed(command.Account, command.IsClaimed, context.Now))], [], told, Answer.Nothing.Instance);
    }

    /// <summary>Tells a person's account whose the value is. They wait all the same: it may be nobody's that they may go to.</summary>
    private static Verdict Seek(Identity identity, IdentityCommand.Seek command)
    {
        var index = identity.Matches ?? MatchIndex.Empty;
        Fact[] waits = index.Waiting.Contains(command.Contact) ? [] : [new Fact(identity.Key, new IdentityEvent.Waits(command.Contact))];
        return new Verdict.Accepted(waits, [], [Tell(command.Contact, command.Rule, index)], Answer.Nothing.Instance);
    }

    private static Effect.Send Tell(GrainKey contact, string rule, MatchIndex index) =>
        new(new AccountCommand.Sought(GrainKey.Account(contact.Tenant, contact.Affinity), contact.Id, rule, index.Accounts));

    private static Effect.Send Shared(Identity identity, GrainKey one, GrainKey other) =>
        new(new AccountCommand.Alike(GrainKey.Account(identity.Key.Tenant, one.Affinity), TwinKinds.Contacts, [other.Affinity]) { Adds = true });

    private static IdentityEvent.Bound Marked(Identity identity, ulong marker) =>
        new(identity.Contact!.Value, identity.Provisional, identity.Since, identity.Via) { Marker = marker };

    private static Effect Move(GrainKey from, GrainKey to) =>
        new Effect.Send(new AccountCommand.MoveOut(GrainKey.Account(from.Tenant, from.Affinity), from.Id, to));

    /// <summary>On to whom this identifier means; nobody, if it means nobody.</summary>
    private static Verdict Pass(Identity identity, IdentityCommand.PassReferral command) => new Verdict.Accepted(
        [],
        [],
        identity.Contact is { } contact ? [new Effect.Send(new AccountCommand.CreditReferral(GrainKey.Account(contact.Tenant, contact.Affinity), contact.Id, command.Referred, command.At))] : [],
        Answer.Nothing.Instance);

    private static bool IsLower(GrainKey one, GrainKey other) => string.CompareOrdinal(one.Affinity, other.Affinity) < 0;
}

/// <summary>What an identifier can be asked.</summary>
public abstract record IdentityCommand : GrainCommand
{
    private IdentityCommand(GrainKey target)
        : base(target)
    {
    }

    /// <summary>A signal that names its person only by this identifier.</summary>
    public sealed record Route(GrainKey Identity, V1.Signal Signal, DateTimeOffset ReceivedAt) : IdentityCommand(Identity);

    /// <summary>This identifier means that contact.</summary>
    public sealed record Bind(GrainKey Identity, GrainKey Contact, bool Provisional) : IdentityCommand(Identity);

    /// <summary>An account has this value of a rule of the matching, or has it no longer.</summary>
    public sealed record Claim(GrainKey Identity, string Account, bool IsClaimed) : IdentityCommand(Identity);

    /// <summary>Which accounts have this value? A person has it.</summary>
    public sealed record Seek(GrainKey Identity, GrainKey Contact, string Rule) : IdentityCommand(Identity);

    /// <summary>The identifier means another contact than the one it came to mean by a merge that is undone.</summary>
    /// <param name="From">Whom it means by the merge.</param>
    public sealed record Rebind(GrainKey Identity, GrainKey Contact, bool Provisional, GrainKey From) : IdentityCommand(Identity);

    /// <summary>What was known of that contact elsewhere has arrived.</summary>
    public sealed record Arrived(GrainKey Identity, GrainKey Contact) : IdentityCommand(Identity)
    {
        /// <summary>It is the marker that came to that contact's account behind the signals; 0 = the history itself.</summary>
        public ulong Marker { get; init; }
    }

    /// <summary>The person whom this identifier means is with that account too.</summary>
    /// <param name="Contact">Who they are there.</param>
    public sealed record Introduce(GrainKey Identity, GrainKey Contact, Memberships.MembershipMessage.Joins Joins) : IdentityCommand(Identity);

    /// <summary>An account came by word of mouth of whoever this identifier means.</summary>
    /// <param name="Referred">The account that came.</param>
    public sealed record PassReferral(GrainKey Identity, string Referred, DateTimeOffset At) : IdentityCommand(Identity);
}

/// <summary>A fact about an identifier.</summary>
public abstract record IdentityEvent : GrainEvent
{
    private IdentityEvent()
    {
    }

    /// <param name="Via">Through whom signals go until the history has arrived; null = directly.</param>
    public sealed record Bound(GrainKey Contact, bool Provisional, DateTimeOffset At, GrainKey? Via) : IdentityEvent
    {
        /// <summary>What was sent behind the signals that went through <see cref="Via"/>; 0 = nothing that still counts.</summary>
        public ulong Marker { get; init; }
    }

    public sealed record Arrived : IdentityEvent;

    public sealed record Claimed(string Account, bool IsClaimed, DateTimeOffset At) : IdentityEvent;

    public sealed record Waits(GrainKey Contact) : IdentityEvent;
}

/// <summary>Ids of contacts.</summary>
public static class ContactIds
{
    /// <summary>The id of the contact whom an account first met under this name.</summary>
    public static string Of(string account, PersonName name) => StableIds.Format('c', StableHash.Of(account, name.ToString()));
}
