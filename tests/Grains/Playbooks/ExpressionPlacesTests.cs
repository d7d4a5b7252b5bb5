using Orchestrator.Grains.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

/// <summary>Each expression holds the word `HERE` once: its place in the file must be found from its place in the expression.</summary>
public sealed class ExpressionPlacesTests
{
    static Expression Segment(string when)
    {
        var playbook = PlaybookReader.Read(Samples.Small + "segments:\n  big:\n    when: " + when, "p.yaml");
        Assert.Empty(playbook.Diagnostics);
        return playbook.Definition!.Segments[0].When;
    }

    [Theory]
    [InlineData("a == HERE", "a == HERE", 8, 11)]
    [InlineData("'a == HERE'", "a == HERE", 8, 12)]
    [InlineData("\"a == HERE\"", "a == HERE", 8, 12)]
    [InlineData("   \"a == HERE\"", "a == HERE", 8, 15)]
    [InlineData("\"a in ['x'] && HERE\"", "a in ['x'] && HERE", 8, 12)]
    [InlineData("'a in [''x''] && HERE'", "a in ['x'] && HERE", 8, 12)]
    [InlineData("\"a == \\\"x\\\" && HERE\"", "a == \"x\" && HERE", 8, 12)]
    [InlineData("\"a == '\\u3042\\U0001F600\\x41' && HERE\"", "a == 'あ😀A' && HERE", 8, 12)]
    [InlineData("\"a\\n\\tb && HERE\"", "a\n\tb && HERE", 8, 12)]
    [InlineData("\"あ😀 && HERE\"", "あ😀 && HERE", 8, 12)]
    [InlineData("a\n      && b\n      && HERE", "a && b && HERE", 8, 11)]
    [InlineData("'a\n      && b\n\n\n      && HERE'", "a && b\n\n&& HERE", 8, 12)]
    [InlineData("\"a &\\\n      & HERE\"", "a && HERE", 8, 12)]
    [InlineData("|\n      a\n        && HERE\n", "a\n  && HERE\n", 9, 7)]
    [InlineData("|- # why\n      a\n\n      && HERE\n", "a\n\n&& HERE", 9, 7)]
    [InlineData("|2-\n       a && HERE\n", " a && HERE", 9, 7)]
    [InlineData("|-\n\n      a && HERE\n", "\na && HERE", 9, 1)]
    [InlineData(">-\n      a\n      && b\n      && HERE\n", "a && b && HERE", 9, 7)]
    [InlineData(">\n      a\n\n      b\n        && HERE\n", "a\nb\n  && HERE\n", 9, 7)]
    [InlineData("&x a == HERE", "a == HERE", 8, 14)]
    [InlineData("&x\n      'a == HERE'", "a == HERE", 9, 8)]
    public void A_place_in_an_expression_is_found_in_the_file(string written, string text, int line, int column)
    {
        foreach (var lineEnd in new[] { "\n", "\r\n" })
        {
            var file = (Samples.Small + "segments:\n  big:\n    when: " + written).ReplaceLineEndings(lineEnd);
            var when = PlaybookReader.Read(file, "p.yaml").Definition!.Segments[0].When;
            Assert.Equal(text, when.Text);
            Assert.Equal(new SourcePosition(line, column), when.At);

            var before = text[..text.IndexOf("HERE", StringComparison.Ordinal)];
            var found = when.Locate(before.Count(character => character == '\n') + 1, before.Length - before.LastIndexOf('\n'));
            var fileBefore = file[..file.IndexOf("HERE", StringComparison.Ordinal)];
            var expected = new SourcePosition(fileBefore.Count(character => character == '\n') + 1, fileBefore.Length - fileBefore.LastIndexOf('\n'));
            Assert.Equal(expected, found);
        }
    }

    [Fact]
    public void Every_character_of_a_folded_expression_that_is_no_blank_is_found_in_the_file()
    {
        const string Written = "\"a  in ['x',\n         \\\"y\\\"]   &&\n\n      b\\x20== 'z'\"";
        var when = Segment(Written);
        var lines = (Samples.Small + "segments:\n  big:\n    when: " + Written).Split('\n');
        for (var offset = 0; offset < when.Text.Length; offset++)
        {
            if (!char.IsWhiteSpace(when.Text[offset]))
            {
                var at = when.Locate(offset);
                var there = lines[at.Line - 1][at.Column - 1];
                Assert.Equal(when.Text[offset], there == '\\' ? lines[at.Line - 1][at.Column] : there);
            }
        }
    }

    [Fact]
    public void A_place_outside_the_expression_is_moved_to_the_nearest_one_inside()
    {
        var when = Segment("'ab'");
        Assert.Equal(new SourcePosition(8, 12), when.Locate(1, 1));
        Assert.Equal(new SourcePosition(8, 14), when.Locate(1, 3));
        Assert.Equal(new SourcePosition(8, 14), when.Locate(7, 99));
        Assert.Equal(new SourcePosition(8, 12), when.Locate(0, -5));
    }
}
