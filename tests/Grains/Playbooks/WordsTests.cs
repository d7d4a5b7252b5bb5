using Orchestrator.Grains.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class WordsTests
{
    [Theory]
    [InlineData("titel", "title")]
    [InlineData("TITLE", "title")]
    [InlineData("quite-hours", "quiet-hours")]
    [InlineData("tile", "title")]
    [InlineData("tittle", "title")]
    [InlineData("colour", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_found_or_none(string typed, string? expected) =>
        Assert.Equal(expected, Words.Nearest(typed, ["when", "quiet-hours", "title"]));

    [Fact]
    public void A_tie_goes_to_the_first_word_in_ordinal_order_whatever_the_order_given()
    {
        Assert.Equal("bat", Words.Nearest("xat", ["cat", "bat", "rat"]));
        Assert.Equal("bat", Words.Nearest("xat", ["rat", "bat", "cat"]));
    }

    [Fact]
    public void A_swap_of_neighbours_is_one_edit() => Assert.Equal("ba", Words.Nearest("ab", ["ba"]));

    [Fact]
    public void Very_long_words_are_not_guessed() => Assert.Null(Words.Nearest(new string('a', 65), [new string('a', 64)]));

    [Theory]
    [InlineData("30s", 30)]
    [InlineData("30m", 1_800)]
    [InlineData("4h", 14_400)]
    [InlineData("3d", 259_200)]
    [InlineData("2w", 1_209_600)]
    [InlineData("0d", 0)]
    public void A_duration_is_a_whole_number_and_a_unit(string text, int seconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("1")]
    [InlineData("-1d")]
    [InlineData("+1d")]
    [InlineData("1.5d")]
    [InlineData("1 d")]
    [InlineData("1D")]
    [InlineData("1h30m")]
    [InlineData("3661d")]
    [InlineData("99999999999w")]
    [InlineData("99999999999999999999999w")]
    [InlineData("１d")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(Durations.TryParse(text, out _));
}
