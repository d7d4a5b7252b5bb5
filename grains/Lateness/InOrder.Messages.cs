using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.WhatIf;
using Orchestrator.V1;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Lateness;

// What accounts send themselves, and bring along when they become part of this one.
public sealed partial class InOrder
{
    private readonly HashSet<string> arrivals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AccountCommand> mail = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RecordedTurn> expected = new(StringComparer.Ordinal);
    private readonly HashSet<(string Type, long At)> fired = [];
    private readonly List<Signal> own = [];
    private readonly HashSet<string> sent = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Request> asks = new(StringComparer.Ordinal);

    /// <summary>The account whose people, or that itself, became part of this one with this fact; null: none did.</summary>
    internal static string? SourceOf(StoredAccountEvent stored) => stored.Absorbed?.From.Account ?? stored.TookIn?.From;

    /// <summary>Whether something that was one is not any more.</summary>
    private static bool Parts(StoredAccountEvent stored) => RecordedCause.BringsHistory(stored) && SourceOf(stored) is null;

    private static string ArrivalOf(StoredAccountEvent stored) => stored.Absorbed is { } absorbed ? $"{absorbed.From.Account}\n{absorbed.From.Contact}" : stored.TookIn.From;

    private static string? ArrivalOf(AccountCommand command) => command switch
    {
        AccountCommand.MoveIn c => $"{c.From.Affinity}\n{c.From.Id}",
        AccountCommand.TakeIn c => c.From,
        _ => null,
    };

    private void NoteOwn(RecordedTurn turn)
    {
        foreach (var stored in turn.OfAccount)
        {
            if (stored.OfCustomer?.ExpansionTriggered is { } trigger)
            {
                fired.Add((trigger.Signal, trigger.At));
            }
            else if (stored.SignalRecorded is { Signal: var signal } && IsOwn(signal))
            {
                own.Add(signal);
            }
            else if (stored.ActionOffered is { Action.Request: { } request } offered)
            {
                asks[offered.Action.Id] = RequestForm.Read(request);
            }
        }
    }

    /// <summary>Whether the account itself sent the signal, since it was ready to buy more.</summary>
    private bool IsOwn(Signal signal) => signal.Source == "expansion" && fired.Contains((signal.Type, SignalTime.Of(signal, default).UtcTicks));

    /// <summary>What the turn just run sent to accounts that are judged here. What really arrived arrives when it did.</summary>
    private void Deliver(IReadOnlyList<Effect> effects, DateTimeOffset at)
    {
        foreach (var effect in effects)
        {
            if (effect is not Effect.Send(AccountCommand command) || !members.Contains(command.Target))
            {
                continue;
            }

            if (ArrivalOf(command) is { } arrival && arrivals.Contains(arrival))
            {
                mail[arrival] = command;
                if (expected.Remove(arrival, out var arrived))
                {
                    Arrive(arrived);
                }
            }
            else if (command is AccountCommand.Record { Signal.Source: "expansion" } record)
            {
                Tell(record, at);
            }
            else if (command is AccountCommand.MoveIn or AccountCommand.TakeIn or AccountCommand.MergeInto)
            {
                Run(command, PlaceOf(at), at);
            }
        }
    }

    /// <summary>
    /// The account tells itself. What it told itself at another time for the same reason bears the same id: whoever heard of a deal under that id finds it again.
    /// </summary>
    private void Tell(AccountCommand.Record record, DateTimeOffset at)
    {
        var signal = record.Signal;
        if (own.Exists(o => o.Id == signal.Id))
        {
            sent.Add(signal.Id);
            return;
        }

        if (own.Find(o => o.Type == signal.Type && !sent.Contains(o.Id) && SignalTime.Of(o, at) >= at) is { } told)
        {
            var (id, known) = (signal.Id, told.Id);
            signal = signal.Clone();
            signal.Id = known;
            foreach (var value in signal.Properties.Values)
            {
                value.Text = value.Text == id ? known : value.Text;
            }

            // Not in its place, but now.
            own.Remove(told);
        }

        Run(record with { Signal = signal }, PlaceOf(at), at);
    }

    /// <summary>Somebody, or a whole account, becomes part of this one, as they would be by now.</summary>
    private void Arrive(RecordedTurn turn)
    {
        foreach (var stored in turn.OfAccount)
        {
            if (SourceOf(stored) is null)
            {
                continue;
            }

            if (mail.Remove(ArrivalOf(stored), out var command))
            {
                Run(command, turn.Position, turn.At);
            }
            else if (members.Contains(GrainKey.Account(turn.Account.Tenant, SourceOf(stored)!)) && world.Find(GrainKey.Account(turn.Account.Tenant, SourceOf(stored)!)) is { Exists: true, ForwardedTo.Length: 0 })
            {
                // By the clock of another machine they have not left yet.
                expected[ArrivalOf(stored)] = turn;
            }
            else
            {
                Stand(turn);
                return;
            }
        }
    }

    /// <summary>With what an account, or somebody of it, leaves; null: nobody does.</summary>
    private AccountCommand? MoveOf(RecordedTurn turn)
    {
        if (turn.Account == key)
        {
            // Whoever leaves this account is the journal's to say.
            return null;
        }

        foreach (var stored in turn.OfAccount)
        {
            if (stored.History?.MergeBegan is { } began)
            {
                return new AccountCommand.MergeInto(turn.Account, began.Into);
            }

            if (stored.ContactLeft is { } left)
            {
                var to = KeyForm.ReadContact(left.To, turn.Account.Tenant);
                // Where they were known already, people had asked for the move.
                return new AccountCommand.MoveOut(turn.Account, left.Contact, to) { Known = world.Find(GrainKey.Account(to.Tenant, to.Affinity)) is { Provisional: false } && world.Find(turn.Account) is { Provisional: false } };
            }
        }

        return null;
    }

    private void Move(AccountCommand command, RecordedTurn turn)
    {
        if (world.Find(turn.Account) is { Exists: true, ForwardedTo.Length: 0 })
        {
            Run(command, turn.Position, turn.At);
        }
    }

    /// <summary>Where the signal belonged when it happened: to an account that has become part of this one since, or to the one that took it.</summary>
    private GrainKey OwnerAt(AccountCommand.Record record)
    {
        foreach (var member in members)
        {
            if (member != record.Target && world.Find(member) is { Exists: true, ForwardedTo.Length: 0 } account && (record.Signal.Account.Length > 0
                ? record.Signal.Account == member.Affinity
                : record.Names.Any(account.Identifiers.ContainsKey) && !record.Names.Any(n => world.Find(record.Target)?.Identifiers.ContainsKey(n) == true)))
            {
                return member;
            }
        }

        return record.Target;
    }

    private TurnPosition PlaceOf(DateTimeOffset at) => new(0, at.UtcTicks, (int)(StableHash.Of(key.Affinity) % int.MaxValue));
}
