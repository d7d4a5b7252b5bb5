using Orchestrator.Grains.Playbooks.Comparing;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class DiffTests
{
    private const string Before = """
        # a comment
        playbook: p
        stages:
          lead: {kind: inventory}
          talk: {kind: sla, sla: {within: 1d, then: escalate}}
        transitions:
          - {id: one, from: lead, to: talk, when: "true"}
          - {id: two, from: talk, to: lead, when: "false"}
        plays:
          - {id: call, value: 100, treatments: [{id: a, channel: task}, {id: b, channel: phone}]}
        contact-policy:
          caps:
            - {per: contact, at-most: 2, rolling: 7d}
            - {per: account, at-most: 9, rolling: 7d}
        """;

    private static IEnumerable<string> Diff(string after) => PlaybookDiff.Between(Before, "a.yaml", after, "b.yaml").Changes!.Select(c => c.ToString());

    [Fact]
    public void C1_layout_comments_and_quotes_are_no_difference() =>
        Assert.Empty(Diff("playbook: 'p'\n" + Before[Before.IndexOf("stages", StringComparison.Ordinal)..].Replace("{kind: inventory}", "\n    kind: inventory", StringComparison.Ordinal) + "\n# end\n"));

    [Theory]
    [InlineData("  lead: {kind: inventory}", "  lead: {kind: inventory}\n  won: {kind: gate}", "stage `won` is added")]
    [InlineData("  lead: {kind: inventory}\n", "", "stage `lead` is removed")]
    [InlineData("within: 1d", "within: 2d", "stage `talk`: sla.within `1d` -> `2d`")]
    [InlineData("when: \"true\"", "when: \"1 < 2\"", "transition `one`: when `true` -> `1 < 2`")]
    [InlineData("value: 100", "value: 200", "play `call`: value `100` -> `200`")]
    [InlineData("value: 100", "value: 100, cost: 5", "play `call`: cost `5` is added")]
    [InlineData("{id: b, channel: phone}", "{id: b, channel: email}", "play `call`: treatments.b.channel `phone` -> `email`")]
    [InlineData(", {id: b, channel: phone}", "", "play `call`: treatments.b {id: `b`, channel: `phone`} is removed")]
    public void C1_a_difference_is_told_in_the_words_of_the_model(string from, string to, string expected) =>
        Assert.Equal(expected, Assert.Single(Diff(Before.ReplaceLineEndings("\n").Replace(from, to, StringComparison.Ordinal))));

    [Fact]
    public void C1_things_without_a_name_are_compared_as_wholes() => Assert.Equal(
        ["contact-policy: caps {per: `account`, at-most: `9`, rolling: `7d`} is removed", "contact-policy: caps {per: `account`, at-most: `8`, rolling: `7d`} is added"],
        Diff(Before.Replace("at-most: 9", "at-most: 8", StringComparison.Ordinal)));

    [Fact]
    public void C1_the_order_matters_where_the_first_wins()
    {
        var lines = Before.ReplaceLineEndings("\n").Split('\n');
        (lines[6], lines[7]) = (lines[7], lines[6]);
        Assert.Equal("transitions: the order changes from one, two to two, one", Assert.Single(Diff(string.Join('\n', lines))));
    }

    [Fact]
    public void C1_a_text_that_is_no_yaml_is_told_with_its_place()
    {
        var (changes, diagnostics) = PlaybookDiff.Between(Before, "a.yaml", "stages: [", "b.yaml");
        Assert.Null(changes);
        Assert.Equal("b.yaml", Assert.Single(diagnostics).File);
    }
}
