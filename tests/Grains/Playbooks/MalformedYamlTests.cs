using Orchestrator.Grains.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class MalformedYamlTests
{
    [Theory]
    [InlineData("", "1:1 : the file is empty; expected a playbook")]
    [InlineData("# only words\n", "1:1 : the file is empty; expected a playbook")]
    [InlineData("stages:\n\tstart: {}\n", "2:1 : a tab cannot indent; use spaces")]
    [InlineData("playbook: \"small\ncurrency: GBP\n", "1:11 : this quote is not closed on its line; close it, or indent the lines that go on")]
    [InlineData("playbook: small\ntitle: 'x\n", "2:8 : this quote is never closed")]
    [InlineData("a: {b: 1\n", "2:1 : not valid yaml: while parsing a flow mapping, did not find expected ',' or '}'")]
    [InlineData("a: 1\n b: 2\n", "2:3 : a second key begins on this line; indent it as the others, or put a text with a colon in quotes")]
    [InlineData("a:\n  b: 1\n c: 2\n", "3:2 : this line fits neither the lines above nor what is around them; check its indentation")]
    [InlineData("- a\nb: c\n", "2:1 : expected `-`, as this is a list; check the indentation")]
    [InlineData("a: %x\n", "1:4 : this character cannot begin a value; put the value in quotes")]
    [InlineData("a: \"\\q\"\n", "1:4 : this quoted text has a backslash that begins no known escape; write `\\\\`, or use single quotes")]
    [InlineData("a: 1\nb: \"\\U99999999\"\n", "2:2 : not valid yaml from here on; an escape such as `\\U0001F600` names no character")]
    [InlineData("a: [1, 2\nb: 3\n", "1:6 : not valid yaml from here on; a bracket is not closed, or a value is missing")]
    [InlineData("a: *b\n", "1:4 : alias `*b` names no anchor that is complete before it")]
    [InlineData("a: &b [*b]\n", "1:8 : alias `*b` names no anchor that is complete before it")]
    [InlineData("a: !!int 5\n", "1:4 : tag `tag:yaml.org,2002:int` is not supported; write the value without it")]
    [InlineData("? [a, b]\n: 1\n", "1:3 : a key must be a word, found a list or map")]
    [InlineData("a: 1\n---\nb: 2\n", "2:1 : a second document begins here; a playbook is one document")]
    [InlineData("a: x\0y\n", "1:5 : character U+0000 is not allowed in a playbook")]
    [InlineData("a: x\u2028y\n", "1:5 : character U+2028 is not allowed in a playbook")]
    [InlineData("just words", "1:1 : expected the playbook as a map, found `just words`")]
    [InlineData("- a\n- b\n", "1:1 : expected the playbook as a map, found a list")]
    public void A_text_that_is_no_playbook_gives_one_finding_where_it_goes_wrong(string text, string expected) =>
        Assert.Equal([expected], Samples.Findings(text));

    [Fact]
    public void Half_a_character_is_refused() =>
        Assert.Equal(["1:4 : character U+D800 is not allowed in a playbook"], Samples.Findings("a: \ud800\n"));

    [Fact]
    public void Nesting_without_end_is_refused() =>
        Assert.Equal(["1:44 : nested deeper than 40 levels"], Samples.Findings("a: [" + new string('[', 200_000)));

    [Fact]
    public void Anchors_and_aliases_are_read_as_if_written_out()
    {
        var playbook = Samples.Definition(Samples.Small + "departments:\n  a: &one {title: &name One}\n  b: *one\n  c: {title: *name}\n");
        Assert.Equal(["One", "One", "One"], playbook.Departments.Select(department => department.Title.In("en")));
    }

    [Fact]
    public void An_alias_bomb_is_refused()
    {
        var text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
        for (var level = 'b'; level <= 'z'; level++)
        {
            text += $"{level}: &{level} [{string.Join(", ", Enumerable.Repeat($"*{(char)(level - 1)}", 10))}]\n";
        }

        Assert.Equal(["5:20 : aliases add more than 50000 nodes"], Samples.Findings(text));
    }

    [Fact]
    public void A_file_above_one_mebibyte_is_refused_counted_in_bytes()
    {
        var text = "# " + new string('あ', (1 << 20) / 3) + "\n" + Samples.Small;
        Assert.Equal([$"1:1 : the file has {System.Text.Encoding.UTF8.GetByteCount(text)} bytes; a playbook has at most 1048576"], Samples.Findings(text));
    }

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_change_nothing()
    {
        var text = "\uFEFF" + (Samples.Small + "colour: red\n").ReplaceLineEndings("\r\n");
        Assert.StartsWith("6:1 colour: unknown key", Assert.Single(Samples.Findings(text)), StringComparison.Ordinal);
    }

    [Fact]
    public void Words_that_old_yaml_takes_for_booleans_and_numbers_stay_words()
    {
        var playbook = Samples.Definition(Samples.Small
            + "title: {no: NO, en: 012}\nsegments:\n  yes: {when: on}\n  on: {when: ~}\n  1e3: {when: null}\n");
        Assert.Equal("NO", playbook.Title.In("no"));
        Assert.Equal("012", playbook.Title.In("en"));
        Assert.Equal(["yes", "on", "1e3"], playbook.Segments.Select(segment => segment.Id));
        Assert.Equal(["on", "~", "null"], playbook.Segments.Select(segment => segment.When.Text));
    }
}
