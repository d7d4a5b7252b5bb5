using Google.Protobuf;
using Google.Protobuf.Reflection;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.V1;

namespace Orchestrator.Simulation.Store;

/// <summary>What a build of a lower feature level finds in a snapshot: the parts that it does not know are not there for it, and not in what it saves afterwards.</summary>
internal static class OlderForm
{
    public static byte[] Of(byte[] snapshot, int level)
    {
        var state = StoredState.Parser.ParseFrom(snapshot);
        Strip(state, level);
        return state.ToByteArray();
    }

    private static void Strip(IMessage message, int level)
    {
        var form = FormLevels.NameOf(message.Descriptor);
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.ContainingOneof is { } one && one.Accessor.GetCaseFieldDescriptor(message) != field)
            {
                // Clearing it would clear what is there in its place.
                continue;
            }

            if (FormLevels.LevelOf(form, field.FieldNumber) > level)
            {
                field.Accessor.Clear(message);
            }
            else if (FormLevels.ContentOf(field) is { FieldType: FieldType.Message } content && FormLevels.Messages.Contains(content.MessageType))
            {
                foreach (var within in Within(field, field.Accessor.GetValue(message)))
                {
                    Strip(within, level);
                }
            }
        }
    }

    private static IEnumerable<IMessage> Within(FieldDescriptor field, object? value) => value switch
    {
        null => [],
        System.Collections.IDictionary map => map.Values.OfType<IMessage>(),
        System.Collections.IEnumerable list when field.IsRepeated => list.OfType<IMessage>(),
        _ => value is IMessage one ? [one] : [],
    };
}
