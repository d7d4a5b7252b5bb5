using Google.Protobuf.Reflection;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

/// <summary>Refuses what an older silo could not read while the store's feature level is lower than what this build writes. Not on the way of anything else.</summary>
internal static class LevelGate
{
    /// <summary>Null if a silo of this level knows the command.</summary>
    public static Rejection.NeedsLevel? Refusal(GrainCommand command, int level) =>
        TypeOf(command) is { } type && BuiltInSignals.LevelOf(type) is var needed && needed > level ? new Rejection.NeedsLevel($"the signal type `{type}`", needed, level)
        : FormLevels.Find(CommandForm.Write(command), level) is { } above ? Of(command, above, level)
        : null;

    /// <summary>Null if a silo of this level reads what follows from the command.</summary>
    public static Rejection.NeedsLevel? Refusal(GrainCommand command, MessageDescriptor form, ReadOnlySpan<byte> written, int level) =>
        FormLevels.Find(form, written, level) is { } above ? Of(command, above, level) : null;

    private static string? TypeOf(GrainCommand command) => command switch
    {
        AccountCommand.Record record => record.Signal.Type,
        IdentityCommand.Route route => route.Signal.Type,
        _ => null,
    };

    private static Rejection.NeedsLevel Of(GrainCommand command, AboveLevel above, int level) => new($"{Partition.Describe(command)} (`{above.Name}`)", above.Level, level);
}
