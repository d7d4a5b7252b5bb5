using System.Collections.Frozen;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms.Levels;

/// <summary>
/// Which feature level each part of the stored forms belongs to. Builds of several levels may share a store as long as nothing is written that the oldest of them cannot read;
/// the check looks at bytes, so no way of writing them gets past it.
/// </summary>
public static partial class FormLevels
{
    /// <summary>The highest level that there is.</summary>
    public const int Highest = 2;

    /// <summary>From this level on: deals, owners, requests, customers and what else stands beside stages and plays; before, what needs them is left out.</summary>
    public const int OfRevenueModel = 2;

    private static readonly Lazy<FrozenDictionary<(string Form, int Number), int>> s_levels = new(Read);
    private static readonly Lazy<FrozenDictionary<string, Form>> s_forms = new(Compile);

    /// <summary>The first part of a message that belongs to a higher level, or null if a build of this level reads all of it.</summary>
    /// <param name="message">Of any of the stored forms.</param>
    /// <param name="level">What may be written, from 1.</param>
    public static AboveLevel? Find(IMessage message, int level) => level >= Highest ? null : Find(message.Descriptor, message.ToByteArray(), level);

    /// <inheritdoc cref="Find(IMessage, int)"/>
    /// <param name="of">Which form the bytes are.</param>
    /// <param name="bytes">As they are stored.</param>
    /// <param name="level">What may be written, from 1.</param>
    public static AboveLevel? Find(MessageDescriptor of, ReadOnlySpan<byte> bytes, int level) => level >= Highest ? null : s_forms.Value[of.FullName].Find(bytes, level);

    /// <summary>The level of a field or an enum value.</summary>
    /// <param name="form">The message or enum, without its package: <c>StoredAction</c>, <c>StoredRejection.Kind</c>.</param>
    /// <param name="number">Of the field or value.</param>
    /// <returns>0 if nobody has given it one.</returns>
    public static int LevelOf(string form, int number) => s_levels.Value.GetValueOrDefault((form, number));

    /// <summary>All that the table speaks of.</summary>
    public static IEnumerable<(string Form, int Number)> Known => s_levels.Value.Keys;

    /// <summary>Its name in the table.</summary>
    public static string NameOf(IDescriptor form) => form.FullName[(form.File.Package.Length + 1)..];

    /// <summary>The forms that are stored, and those that stand within them.</summary>
    public static IReadOnlyCollection<MessageDescriptor> Messages { get; } = Reachable();

    private static List<MessageDescriptor> Reachable()
    {
        var found = new List<MessageDescriptor>();
        var files = new HashSet<FileDescriptor>();
        Look(JournalReflection.Descriptor);
        Look(JournalShadowReflection.Descriptor);
        return found;

        void Look(FileDescriptor file)
        {
            if (files.Add(file))
            {
                foreach (var dependency in file.Dependencies.Where(d => d.Package == file.Package))
                {
                    Look(dependency);
                }

                foreach (var message in file.MessageTypes.Where(m => m.Name.StartsWith("Stored", StringComparison.Ordinal)))
                {
                    Add(message);
                }
            }
        }

        void Add(MessageDescriptor message)
        {
            if (message.File.Package != JournalReflection.Descriptor.Package || found.Contains(message))
            {
                return;
            }

            found.Add(message);
            foreach (var field in message.Fields.InFieldNumberOrder())
            {
                if (ContentOf(field) is { FieldType: FieldType.Message } content)
                {
                    Add(content.MessageType);
                }
            }
        }
    }

    /// <summary>Of a map, what its values are.</summary>
    public static FieldDescriptor ContentOf(FieldDescriptor field) => field.IsMap ? field.MessageType.FindFieldByNumber(2) : field;

    private static FrozenDictionary<(string, int), int> Read()
    {
        var levels = new Dictionary<(string, int), int>();
        foreach (var line in Table.Split('\n').Where(l => !l.StartsWith('#')))
        {
            foreach (var said in line.Split(';', StringSplitOptions.TrimEntries))
            {
                var groups = said.Split('|');
                var (name, first) = groups[0].IndexOf(' ', StringComparison.Ordinal) is > 0 and var end ? (groups[0][..end], groups[0][end..]) : (groups[0], "");
                for (var level = 1; level <= groups.Length; level++)
                {
                    foreach (var range in (level == 1 ? first : groups[level - 1]).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    {
                        var bounds = range.Split('-');
                        for (var number = Number(bounds[0]); number <= Number(bounds[^1]); number++)
                        {
                            levels.Add((name, number), level);
                        }
                    }
                }
            }
        }

        return levels.ToFrozenDictionary();

        static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static FrozenDictionary<string, Form> Compile()
    {
        var forms = Messages.ToDictionary(m => m.FullName, m => new Form(NameOf(m)), StringComparer.Ordinal);
        foreach (var message in Messages)
        {
            forms[message.FullName].Fill(message, forms);
        }

        return forms.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

/// <summary>A part of a stored form that a build of a lower level cannot read.</summary>
/// <param name="Name">Message and field, or enum and number: <c>StoredAccountEvent.of_customer</c>.</param>
/// <param name="Level">The first level at which it may be written.</param>
public readonly record struct AboveLevel(string Name, int Level);
