using System.Text.Json.Nodes;
using Orchestrator.Grains.Playbooks.Schema;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class SchemaTests
{
    private static readonly JsonNode Schema = JsonNode.Parse(PlaybookSchema.OfPlaybook())!;

    private static JsonNode Root => Part((string)Schema["allOf"]![0]!["$ref"]!);

    private static JsonNode Part(string reference) => Schema["definitions"]![reference["#/definitions/".Length..]]!;

    [Fact]
    public void C1_every_key_that_is_read_is_a_key_of_the_schema()
    {
        Assert.Equal(["playbook", "stages", "title", "currency"], ((JsonObject)Root["properties"]!).Select(p => p.Key).Take(4));
        Assert.Equal(["playbook", "stages", "currency", "time-zone"], Root["required"]!.AsArray().Select(r => (string)r!));
        Assert.False((bool)Root["additionalProperties"]!);
        var play = Part((string)Root["properties"]!["plays"]!["items"]!["$ref"]!);
        Assert.Equal(["contact", "owner"], play["properties"]!["for"]!["enum"]!.AsArray().Select(w => (string)w!));
        Assert.Equal("boolean", (string)play["properties"]!["mandatory"]!["type"]!);
        Assert.Equal("^[0-9]+[smhdw]$", (string)play["properties"]!["valid-for"]!["pattern"]!);
    }

    [Fact]
    public void C1_what_is_needed_sometimes_is_not_required()
    {
        // A mandatory play needs no goal.
        var play = Part((string)Root["properties"]!["plays"]!["items"]!["$ref"]!);
        Assert.DoesNotContain("goal", play["required"]!.AsArray().Select(r => (string)r!));
        Assert.Contains("valid-for", play["required"]!.AsArray().Select(r => (string)r!));
    }

    [Fact]
    public void C1_every_part_of_the_language_is_in_one_of_the_schemas()
    {
        var all = PlaybookSchema.OfPlaybook() + PlaybookSchema.OfFixtures();
        Assert.All(PlaybookSchema.Parts, part => Assert.Contains($"\"{part}\": {{", all, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("playbook.schema.json")]
    [InlineData("playbook-tests.schema.json")]
    public void C1_the_schema_beside_the_samples_is_what_the_readers_read(string file) =>
        Assert.Equal(file == "playbook.schema.json" ? PlaybookSchema.OfPlaybook() : PlaybookSchema.OfFixtures(), Samples.File($"deploy/playbooks/{file}"));
}
