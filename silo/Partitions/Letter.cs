using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

/// <summary>A command on its way to its turn, and who waits for the outcome.</summary>
/// <param name="Command">What is wished; gone once it is <see cref="Decided"/>.</param>
/// <param name="To">Who waits; null = nobody.</param>
/// <param name="State">Theirs.</param>
/// <param name="Bytes">Estimated size, for the mailbox's bound.</param>
internal readonly record struct Letter(GrainCommand Command, IAnswered? To, object? State, int Bytes)
{
    private const int Envelope = 128;
    private const int MovedState = 64 * 1024;

    /// <summary>
    /// What is left of it once its turn has come: who waits. Commands that wait for the disk are among what every young collection copies, 1.4 kB of small
    /// objects for each signal, so they are let go of here.
    /// </summary>
    public Letter Decided() => new(null!, To, To?.Decided(State), Bytes);

    public static Letter Of(GrainCommand command, IAnswered? to, object? state) => new(command, to, state, SizeOf(command));

    public static int SizeOf(GrainCommand command) => Envelope + command switch
    {
        AccountCommand.Record c => c.Signal.CalculateSize(),
        IdentityCommand.Route c => c.Signal.CalculateSize(),
        CatalogCommand.Publish c => c.Text.Length * 2,
        CatalogCommand.SaveDraft c => c.Text.Length * 2,
        // A contact's whole state travels; an upper estimate keeps frames bounded without measuring each one.
        AccountCommand.MoveIn or AccountCommand.TakeIn or AccountCommand.Unmerge or AccountCommand.Reinstate => MovedState,
        _ => Envelope,
    };
}

/// <summary>A wish to see grains as they are committed.</summary>
internal sealed class ReadRequest(IReadOnlyList<GrainKey> keys)
{
    public IReadOnlyList<GrainKey> Keys => keys;

    /// <summary>Completed by the loop; never inline, since the reader's code is not the loop's.</summary>
    public TaskCompletionSource<ReadResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Grains as they are committed.</summary>
/// <param name="States">In the order asked; null where there is no such grain.</param>
/// <param name="LastEntries">Sequence of each grain's last entry; 0 = none.</param>
public sealed record ReadResult(GrainState?[] States, long[] LastEntries)
{
    /// <summary>In the order asked, null where a grain is not in quarantine; null if none is.</summary>
    public IReadOnlyList<StoredQuarantine?>? Quarantines { get; init; }
}
