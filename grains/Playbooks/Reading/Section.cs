using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks.Schema;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>A map with known keys. The keys asked for are the known ones, so the list in a message cannot go stale.</summary>
internal sealed class Section(Findings findings, SectionKind kind, Field self, ImmutableArray<Field>? entries)
{
    readonly List<string> asked = [];

    /// <summary>Set where a schema is made: every key that is asked for is there, and noted.</summary>
    public (SchemaObject Keys, Names Names, YamlNode.Probe Probe)? Noting { get; init; }

    public Field? Optional(string key)
    {
        if (Noting is not null)
        {
            return Note(key, required: false);
        }

        asked.Add(key);
        var found = entries?.FirstOrDefault(entry => entry.Key == key);
        if (found is not null)
        {
            findings.Need(key, LanguageLevels.LevelOf(kind.ToString(), key), found.KeyAt);
        }

        return found;
    }

    /// <summary>A key by which a part with several forms is told from its other forms: a schema has a form with it and one without.</summary>
    public Field? Telling(string key) => Noting is not { } noting ? Optional(key) : noting.Probe.Look.Flag ? Note(key, required: true) : null;

    /// <summary>A key that must be there, which the reader refuses in its own words.</summary>
    public Field? Needed(string key) => Noting is not null ? Note(key, required: true) : Optional(key);

    /// <summary>The value of a key that must be there. What is no map was refused already.</summary>
    public Field? Required(string key)
    {
        if (Noting is not null)
        {
            return Note(key, required: true);
        }

        var found = Optional(key);
        if (found is null && entries is not null)
        {
            findings.Error(self.KeyAt, self.Path, $"{kind.Word()} needs `{key}`");
        }

        return found;
    }

    public T Optional<T>(string key, Func<Field, T> read, T absent) => Optional(key) is { } found ? read(found) : absent;

    public T? Optional<T>(string key, Func<Field, T> read)
        where T : class => Optional(key) is { } found ? read(found) : null;

    public ImmutableArray<T> Many<T>(string key, Func<Field, ImmutableArray<T>> read) => Optional(key) is { } found ? read(found) : [];

    public T Required<T>(string key, Func<Field, T> read, T absent) => Required(key) is { } found ? read(found) : absent;

    /// <summary>Refuses every key that nobody asked for.</summary>
    public void Close()
    {
        foreach (var entry in entries ?? [])
        {
            if (asked.Contains(entry.Key))
            {
                continue;
            }

            if (entry.Key == "<<")
            {
                entry.RefuseKey("merge keys are not supported; write the keys out");
            }
            else
            {
                entry.RefuseKey($"unknown key `{Field.Short(entry.Key)}` in {kind.Word()}{findings.Suggest(entry.Key, asked)}{KnownKeys()}");
            }
        }
    }

    Field Note(string key, bool required)
    {
        var (keys, names, probe) = Noting!.Value;
        return new Field(findings, names, probe.Within(keys.Ask(key, required)), DocumentPath.Root, key, SourcePosition.Start);
    }

    string KnownKeys() => $"; known keys: {string.Join(", ", asked)}";
}
