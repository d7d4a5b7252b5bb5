using YamlDotNet.RepresentationModel;

namespace Orchestrator.Cli.Mapping;

/// <summary>The names and values of one YAML mapping, in its order.</summary>
/// <param name="what">For messages.</param>
sealed class MappingEntries(string what, Place place)
{
    MappingEntries? below;

    public Place Place => place;

    public List<(string Key, YamlNode Value)> All { get; } = [];

    /// <summary>What is not here is looked for there.</summary>
    public MappingEntries Over(MappingEntries other)
    {
        below = other;
        return this;
    }

    public YamlNode? Get(string name) => All.FirstOrDefault(pair => pair.Key == name).Value ?? below?.Get(name);

    /// <exception cref="CommandFailure">It is missing.</exception>
    public YamlNode Need(string name) => Get(name) ?? throw place.Wrong($"expected `{name}` in {what}, found none");

    /// <exception cref="CommandFailure">It is there, and has no meaning there.</exception>
    public Template? Refuse(string name, string goesWith) =>
        Get(name) is null ? null : throw place.Wrong($"`{name}` goes with `as: {goesWith}` only");
}
