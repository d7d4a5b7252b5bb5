using System.Text.Json;
using Orchestrator.Conformance;
using Orchestrator.EndToEnd.Harness;

namespace Orchestrator.EndToEnd;

/// <summary>The schema that editors complete by, before a validator that others wrote.</summary>
public sealed class SchemaTests
{
    [Fact]
    public async Task C1_the_samples_and_the_model_validate_against_the_schema()
    {
        var said = await ValidateAsync("playbook.schema.json", Place.In("deploy/playbooks/saas.yaml"), Place.In("deploy/playbooks/wholesaler.yaml"), Place.In("deploy/playbooks/the-model.yaml"));
        Assert.Equal(3, said.Count);
        Assert.All(said, file => Assert.Empty(file.Value));
    }

    [Fact]
    public async Task C1_the_samples_tests_validate_against_theirs()
    {
        var said = await ValidateAsync("playbook-tests.schema.json", Place.In("deploy/playbooks/saas.tests.yaml"), Place.In("deploy/playbooks/wholesaler.tests.yaml"));
        Assert.Equal(2, said.Count);
        Assert.All(said, file => Assert.Empty(file.Value));
    }

    [Theory]
    [InlineData("kind: inventory, accountable: marketing, title: \"Reads", "kind: inventry, accountable: marketing, title: \"Reads")]
    [InlineData("currency: EUR", "curency: EUR")]
    [InlineData("valid-for: 5d", "valid-for: 5 days")]
    [InlineData("explore: 0\n", "explore: 2\n")]
    public async Task C1_a_mistake_is_seen_by_the_schema(string right, string wrong)
    {
        using var folder = new Folder();
        var text = await File.ReadAllTextAsync(Place.In("deploy/playbooks/saas.yaml"), TestContext.Current.CancellationToken);
        Assert.Contains(right, text, StringComparison.Ordinal);
        var said = await ValidateAsync("playbook.schema.json", folder.Write("wrong.yaml", text.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.NotEmpty(Assert.Single(said).Value);
    }

    /// <summary>Whoever writes by the schema must not learn of a mistake from the silo, nor the other way round.</summary>
    [Theory]
    [InlineData("usage: {weight: 40, on: product.used", "usage: {wieght: 40, on: product.used")]
    [InlineData("usage: {weight: 40, on: product.used", "usage: {weight: 40")]
    [InlineData("adoption: {weight: 20, milestones: onboarding}", "adoption: {weight: 20, milestones: onboarding, bad: true}")]
    [InlineData("adoption: {weight: 20, milestones: onboarding}", "adoption: {milestones: onboarding}")]
    [InlineData("window: 30d}", "window: soon}")]
    [InlineData("support: {weight: 20, on: ticket.opened, bad: true}", "support: {weight: 20, on: ticket.opened, bad: perhaps}")]
    [InlineData("half-life: 14d", "half-live: 14d")]
    [InlineData("attempts: 4", "attempts: four")]
    [InlineData("over-cap: next-best", "over-cap: best")]
    [InlineData("confirm: {by: sales, within: 2d", "confirm: {by: sales")]
    [InlineData("accept-within: 4h, else: return", "accept-within: 4h, else: retry")]
    [InlineData("kind: end-of-effort", "kind: end")]
    public async Task C1_what_the_schema_refuses_in_the_model_the_compiler_refuses_too(string right, string wrong)
    {
        using var folder = new Folder();
        var text = await File.ReadAllTextAsync(Place.In("deploy/playbooks/the-model.yaml"), TestContext.Current.CancellationToken);
        Assert.Contains(right, text, StringComparison.Ordinal);
        text = text.Replace(right, wrong, StringComparison.Ordinal);
        Assert.NotEmpty(Assert.Single(await ValidateAsync("playbook.schema.json", folder.Write("wrong.yaml", text))).Value);
        Assert.Contains(Grains.Playbooks.PlaybookCompiler.Compile(text, "wrong.yaml", version: 1).Diagnostics, d => d.Severity == Grains.Playbooks.Severity.Error);
    }

    static async Task<Dictionary<string, string[]>> ValidateAsync(string schema, params string[] files)
    {
        var (modules, reason) = await NodeModules.FindAsync();
        if (modules is null)
        {
            Tool.Missing(reason);
        }

        var script = Path.Combine(AppContext.BaseDirectory, "node", "schema.mjs");
        var ran = await Tool.RunAsync("node", modules!, [script, modules!, Place.In($"deploy/playbooks/{schema}"), .. files]);
        Assert.True(ran?.Code == 0, ran?.Output);
        return JsonSerializer.Deserialize<Dictionary<string, string[]>>(ran!.Value.Output.Trim().Split('\n')[^1])!;
    }
}
