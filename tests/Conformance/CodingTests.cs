using Orchestrator.Protos.Rpc;
using Xunit;

namespace Orchestrator.Conformance;

public sealed class CodingTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("4m", 40_000)]
    [InlineData("5u", 50)]
    [InlineData("1n", 1)]
    [InlineData("99999999n", 1_000_000)]
    public void A_timeout_is_read_in_its_unit(string coded, long ticks)
    {
        Assert.True(TimeoutCoding.TryParse(coded, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData(-5, "1n")]
    [InlineData(15, "2u")]
    [InlineData(10_000_000, "1000000u")]
    [InlineData(36_000_000_000, "3600000m")]
    public void A_timeout_is_written_in_at_most_eight_digits_and_never_shortened(long ticks, string coded) =>
        Assert.Equal(coded, TimeoutCoding.Format(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void The_longest_time_span_can_be_written() => Assert.True(TimeoutCoding.TryParse(TimeoutCoding.Format(TimeSpan.MaxValue), out _));

    [Theory]
    [InlineData("plain: text, with ~ and /", "plain: text, with ~ and /")]
    [InlineData("50%", "50%25")]
    [InlineData("é\n", "%C3%A9%0A")]
    public void A_message_is_escaped_only_where_it_must_be(string text, string coded)
    {
        Assert.Equal(coded, PercentCoding.Encode(text));
        Assert.Equal(text, PercentCoding.Decode(coded));
    }

    [Theory]
    [InlineData("50%")]
    [InlineData("%zz")]
    [InlineData("%4")]
    public void What_is_no_escape_stays_as_it_is(string coded) => Assert.Equal(coded, PercentCoding.Decode(coded));

    [Fact]
    public void Metadata_keeps_order_and_several_values_and_ignores_case()
    {
        var metadata = new Metadata { { "A", "1" }, { "b", "2" }, { "a", "3" } };
        Assert.Equal(["1", "3"], metadata.GetAll("A"));
        Assert.Equal("3", metadata.Get("a"));
    }

    [Theory]
    [InlineData("grpc-status")]
    [InlineData(":path")]
    [InlineData("te")]
    [InlineData("with space")]
    [InlineData("bytes-bin")]
    public void Metadata_refuses_names_that_cannot_travel_as_text(string name) => Assert.Throws<ArgumentException>(() => new Metadata().Add(name, "x"));

    [Fact]
    public void Metadata_refuses_text_that_is_not_ASCII() => Assert.Throws<ArgumentException>(() => new Metadata().Add("name", "é"));
}
