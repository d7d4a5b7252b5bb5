using System.Diagnostics;
using Orchestrator.Grains.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class GarbledPlaybookTests
{
    const int Mutations = 2_000;

    static readonly string[] Spice =
    [
        "{", "}", "[", "]", ",", ":", "&a ", "*a", "&", "*", "!", "!<", "!!str ", "|", "|2\n", ">-\n", "'", "\"", "\\", "\\x4", "\\uD800", "\\U99999999",
        "%", "%YAML 1.9\n", "%TAG ! x\n", "---\n", "...\n", "? ", "- ", "-", "<<: ", "\t", " ", "\n", "\r", "~", "#", "@", "`", "1e999", "99999999999999999999",
        "\uFEFF", "\u2028", "\u0001", "\0", "é", "あ", "A", "\ud83d",
    ];

    [Fact]
    public void No_garbled_playbook_makes_the_reader_throw_and_each_without_a_definition_says_why()
    {
        var texts = new[] { Samples.Model, Samples.Original };
        var broken = 0;
        for (var seed = 0; seed < Mutations; seed++)
        {
            var text = Garble(texts[seed % 2], new Random(seed));
            try
            {
                var result = PlaybookReader.Read(text, "p.yaml");
                var errors = result.Diagnostics.Where(found => found.Severity is Severity.Error).ToList();
                Assert.Equal(result.Definition is null, errors.Count > 0);
                Assert.All(result.Diagnostics, found => Assert.True(found.Line >= 1 && found.Column >= 1, found.ToString()));
                broken += errors.Count > 0 ? 1 : 0;
            }
            catch (Exception thrown) when (thrown is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"seed {seed}: {thrown}");
            }
        }

        Assert.InRange(broken, Mutations / 2, Mutations);
    }

    /// <summary>Each is near the size limit and was chosen to make something that is done for every pair.</summary>
    [Theory]
    [InlineData("plays:\n  - {roles: [", "r", ",", "]}")]
    [InlineData("plays:\n  - {roles: [", "r#,", "", "]}")]
    [InlineData("scores:\n  x: {points: [], grades: {", "g#: 1,", "", "}}")]
    [InlineData("segments:\n", "  s#: {when: x}\n", "", "experiments: []\ncontact-policy: {caps: [{per: contact, at-most: 1, rolling: 1d, segments: [zzzzzzzz]}]}")]
    [InlineData("transitions:\n", "  - {id: t#, to: start, when: x}\n", "", "")]
    [InlineData("", "k#: 1\n", "", "")]
    [InlineData("title: ", "[", "", "")]
    [InlineData("title: ", "{", "", "")]
    [InlineData("title: ", "a: ", "", "")]
    [InlineData("title: ", "? ", "", "")]
    [InlineData("title: \"", "\\", "", "\"")]
    [InlineData("title: >\n", " x\n\n", "", "")]
    [InlineData("segments: {big: {when: \"", "a \\\n  ", "", "\"}}")]
    public void A_hostile_file_of_the_largest_size_is_read_to_an_end(string before, string piece, string between, string after)
    {
        var text = new System.Text.StringBuilder(Samples.Small).Append(before);
        for (var number = 0; text.Length < 1_000_000; number++)
        {
            text.Append(piece.Replace("#", number.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)).Append(between);
        }

        var watch = Stopwatch.StartNew();
        var result = PlaybookReader.Read(text.Append(after).ToString(), "p.yaml");
        Assert.Equal(result.Definition is null, result.Diagnostics.Any(found => found.Severity is Severity.Error));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"took {watch.Elapsed}; something is done for every pair");
    }

    static string Garble(string text, Random random)
    {
        for (var edits = random.Next(1, 4); edits > 0; edits--)
        {
            text = random.Next(7) switch
            {
                0 => text.Remove(random.Next(text.Length), 1),
                1 => Duplicated(text, random),
                2 => Replaced(text, random),
                3 => text.Insert(random.Next(text.Length), Spice[random.Next(Spice.Length)]),
                4 => Lines(text, lines => lines.RemoveAt(random.Next(lines.Count))),
                5 => Lines(text, lines => lines.Insert(random.Next(lines.Count), lines[random.Next(lines.Count)])),
                6 => text[..random.Next(text.Length / 2, text.Length)],
                _ => throw new UnreachableException(),
            };
        }

        return text;
    }

    static string Duplicated(string text, Random random)
    {
        var at = random.Next(text.Length);
        return text.Insert(at, text.Substring(at, 1));
    }

    static string Replaced(string text, Random random)
    {
        var at = random.Next(text.Length);
        return string.Concat(text.AsSpan(0, at), Spice[random.Next(Spice.Length)], text.AsSpan(at + 1));
    }

    static string Lines(string text, Action<List<string>> change)
    {
        var lines = text.Split('\n').ToList();
        change(lines);
        return string.Join('\n', lines);
    }
}
