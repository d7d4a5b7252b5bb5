using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;

namespace Orchestrator.Grains.WhatIf;

/// <summary>A frame of the journal, sorted into the turns of its accounts. What concerns no account (identities, catalogs) is left out: no playbook decides it.</summary>
/// <param name="At">The frame's instant.</param>
/// <param name="Turns">In the order they were decided.</param>
/// <param name="Accounts">Each account that has an entry, once.</param>
public sealed record RecordedFrame(DateTimeOffset At, IReadOnlyList<RecordedTurn> Turns, IReadOnlyList<RecordedEntry> Accounts)
{
    public static RecordedFrame Of(int partition, long sequence, StoredFrame frame)
    {
        var at = Ticks.Instant(frame.At);
        var turns = new List<RecordedTurn?>();
        var accounts = new List<RecordedEntry>();
        foreach (var entry in frame.Entries)
        {
            var kind = (GrainKind)entry.Grain.Kind;
            if (kind is not (GrainKind.Account or GrainKind.Contact))
            {
                continue;
            }

            var key = KeyForm.Read(entry.Grain);
            if (kind == GrainKind.Account)
            {
                accounts.Add(new RecordedEntry(key, entry.Previous, Ticks.InstantOrNone(entry.Wake)));
            }

            foreach (var stored in entry.Events)
            {
                var turn = TurnOf(turns, checked((int)stored.Turn), key, partition, sequence, at, frame.Incarnation);
                if (stored.Account is { } ofAccount)
                {
                    turn.OfAccount.Add(ofAccount);
                }
                else if (stored.Contact is { } ofContact)
                {
                    turn.OfContacts.Add((key.Id, ofContact));
                }
            }
        }

        return new RecordedFrame(at, [.. turns.OfType<RecordedTurn>()], accounts);
    }

    private static RecordedTurn TurnOf(List<RecordedTurn?> turns, int number, GrainKey key, int partition, long sequence, DateTimeOffset at, long incarnation)
    {
        while (turns.Count <= number)
        {
            turns.Add(null);
        }

        // A turn is one command's, hence one account's.
        return turns[number] ??= new RecordedTurn(
            key.Kind == GrainKind.Account ? key : GrainKey.Account(key.Tenant, key.Affinity), new TurnPosition(partition, sequence, number) { Incarnation = incarnation }, at);
    }
}

/// <param name="Previous">Sequence of the account's entry before; 0 = its history begins here.</param>
/// <param name="Wake">When it wanted to be woken after the frame.</param>
public readonly record struct RecordedEntry(GrainKey Account, long Previous, DateTimeOffset? Wake);

/// <summary>What the journal has of one turn of one account and its people: each grain's events in order.</summary>
public sealed record RecordedTurn(GrainKey Account, TurnPosition Position, DateTimeOffset At)
{
    public List<StoredAccountEvent> OfAccount { get; } = [];

    public List<(string Contact, StoredContactEvent Event)> OfContacts { get; } = [];
}
