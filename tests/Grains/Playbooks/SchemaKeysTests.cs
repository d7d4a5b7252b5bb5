using System.Text.RegularExpressions;
using Orchestrator.Grains.Playbooks.Schema;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed partial class SchemaKeysTests
{
    /// <summary>Keys are read off the sources of the bindings, so a form that the schema's probes do not reach is found here.</summary>
    [Fact]
    public void C1_every_key_that_a_binding_asks_for_is_in_the_schema()
    {
        var keys = Samples.Files("grains", "*Binding.cs").Concat(Samples.Files("grains", "*Bindings.cs")).SelectMany(text => Asked().Matches(text).Select(m => m.Groups[1].Value)).Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.True(keys.Count > 150, $"only {keys.Count} keys were found in the sources");
        var schema = PlaybookSchema.OfPlaybook();
        Assert.Equal("", string.Join(' ', keys.Where(key => !schema.Contains($"\"{key}\": {{", StringComparison.Ordinal))));
    }

    [GeneratedRegex(@"section\.(?:Optional|Required|Many|Telling|Needed)(?:<[^(]*>)?\(""([^""]+)""")]
    private static partial Regex Asked();
}
