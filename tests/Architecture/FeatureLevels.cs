using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Playbooks.Reading;
using Orchestrator.Grains.Playbooks.Schema;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Architecture.Tests;

/// <summary>Nothing is stored, and nothing can be published, that nobody has given a feature level: an older silo beside a new one would meet it unwarned.</summary>
public sealed partial class FeatureLevels
{
    [Fact]
    public void Every_field_and_enum_value_of_the_stored_forms_has_a_feature_level_in_the_one_table()
    {
        Assert.True(Stored.Count > 1_000, $"only {Stored.Count} fields were found");
        Assert.Equal("", string.Join("; ", Stored.Where(f => FormLevels.LevelOf(f.Form, f.Number) == 0).Select(f => $"add to FormLevels.Table: {f.Form} | {f.Number}")));
        Assert.Equal("", string.Join("; ", FormLevels.Known.Except(Stored).Select(f => $"no such field any more: {f.Form} {f.Number}")));
        Assert.All(Stored, f => Assert.InRange(FormLevels.LevelOf(f.Form, f.Number), 1, FeatureLevel.Current));
    }

    [Fact]
    public void What_stands_only_within_a_part_of_a_level_is_of_that_level_or_a_later_one()
    {
        // A message all of whose uses are of level 2 cannot have fields of level 1: nobody would have written them.
        var uses = FormLevels.Messages
            .SelectMany(m => m.Fields.InFieldNumberOrder().Select(f => (Content: FormLevels.ContentOf(f), Level: FormLevels.LevelOf(FormLevels.NameOf(m), f.FieldNumber))))
            .Where(u => u.Content.FieldType == FieldType.Message && FormLevels.Messages.Contains(u.Content.MessageType))
            .ToLookup(u => u.Content.MessageType, u => u.Level);
        foreach (var message in FormLevels.Messages.Where(m => uses[m].Any()))
        {
            Assert.All(message.Fields.InFieldNumberOrder(), f => Assert.True(FormLevels.LevelOf(FormLevels.NameOf(message), f.FieldNumber) >= uses[message].Min(), f.FullName));
        }
    }

    [Fact]
    public void Every_key_of_the_language_has_a_feature_level_in_the_one_table()
    {
        using var schema = JsonDocument.Parse(PlaybookSchema.OfPlaybook());
        var keys = schema.RootElement.GetProperty("definitions").EnumerateObject()
            .SelectMany(part => part.Value.GetProperty("properties").EnumerateObject().Select(key => (Part: Number().Replace(part.Name, ""), Key: key.Name)))
            .Distinct().ToList();
        Assert.True(keys.Count > 300, $"only {keys.Count} keys were found");
        Assert.Equal("", string.Join("; ", keys.Where(k => LanguageLevels.LevelOf(k.Part, k.Key) == 0).Select(k => $"add to LanguageLevels.Table: {k.Part} | {k.Key}")));
    }

    [Fact]
    public void Every_signal_that_no_playbook_declares_and_every_name_of_conditions_has_a_feature_level_in_the_one_table()
    {
        Assert.Equal("", string.Join("; ", BuiltInSignals.All.Select(s => s.Id).Where(id => BuiltInSignals.LevelOf(id) == 0).Select(id => $"add to LanguageLevels.Table: @signal | {id}")));
        var grains = Directory.EnumerateFiles(Path.Combine(Root, "grains"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal));
        var names = grains.SelectMany(f => Declared().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).Append("now").Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.True(names.Count > 50, $"only {names.Count} names were found");
        Assert.Equal("", string.Join(" ", names.Where(n => !LanguageLevels.Declared.Any(p => n.StartsWith(p, StringComparison.Ordinal)) && LanguageLevels.LevelOf(LanguageLevels.Names, n) == 0)));
    }

    private static HashSet<(string Form, int Number)> Stored { get; } =
    [
        .. FormLevels.Messages.SelectMany(m => m.Fields.InFieldNumberOrder().Select(f => (FormLevels.NameOf(m), f.FieldNumber))),
        .. FormLevels.Messages.SelectMany(m => m.Fields.InFieldNumberOrder()).Select(FormLevels.ContentOf)
            .Where(f => f.FieldType == FieldType.Enum && f.EnumType.File.Package == f.File.Package).Select(f => f.EnumType).Distinct()
            .SelectMany(e => e.Values.Select(v => (FormLevels.NameOf(e), v.Number))),
    ];

    private static string Root { get; } = RulesOfTheHouse.Root;

    [GeneratedRegex("-[0-9]+$")]
    private static partial Regex Number();

    [GeneratedRegex(@"\.(?:Variable|Function)\(\s*""([a-z_.()]+)""")]
    private static partial Regex Declared();
}
