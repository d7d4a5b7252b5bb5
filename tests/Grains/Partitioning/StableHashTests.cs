using System.Runtime.InteropServices;
using Orchestrator.Grains.Partitioning;
using Xunit;

namespace Orchestrator.Grains.Tests.Partitioning;

public sealed class StableHashTests
{
    [Theory]
    [InlineData("")]
    [InlineData("email:ann@x.example")]
    [InlineData("zwischen \u00fc und \u00ff liegt \u00fe")]
    [InlineData("\u0100\u6771\u4eac\ud83d\ude00\uffff\0")]
    public void A_text_hashes_as_its_utf_16_bytes_do(string text) =>
        Assert.Equal(StableHash.Of(MemoryMarshal.AsBytes(text.AsSpan())), StableHash.Of(text));

    [Fact]
    public void The_hash_is_the_one_that_was_written_down() =>
        // FNV-1a of nothing is its offset; what follows is the finaliser of MurmurHash3.
        Assert.Equal(Finished(14695981039346656037), StableHash.Of(""));

    private static ulong Finished(ulong h) => unchecked(Mix(Mix(h ^ (h >> 33), 0xff51afd7ed558ccd), 0xc4ceb9fe1a85ec53));

    private static ulong Mix(ulong h, ulong factor) => unchecked((h * factor) ^ ((h * factor) >> 33));
}
