using System.Text;
using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Sqlite;

/// <summary>Bytes that a store file holds and that must never change their meaning.</summary>
public sealed class StoredFormTests
{
    // Check values of CRC-32C: the usual "123456789", and RFC 3720 appendix B.4.
    [Theory]
    [InlineData("313233343536373839", 0xE3069283)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AA)]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 0x62A8AB43)]
    [InlineData("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", 0x46DD794E)]
    [InlineData("", 0x00000000)]
    public void The_checksum_is_crc32c(string bytes, uint expected) =>
        Assert.Equal(expected, Checksum.Start.Add(Convert.FromHexString(bytes)).Value);

    [Fact]
    public void A_checksum_over_parts_is_that_of_the_whole()
    {
        var text = Encoding.ASCII.GetBytes("the quick brown fox jumps over the lazy dog");
        for (var cut = 0; cut <= text.Length; cut++)
        {
            Assert.Equal(Checksum.Start.Add(text).Value, Checksum.Start.Add(text.AsSpan(0, cut)).Add(text.AsSpan(cut)).Value);
        }
    }

    [Fact]
    public void A_run_of_rows_comes_back_from_its_stored_form()
    {
        var random = new Random(4);
        var rows = new long[FrameRuns.Length];
        for (var place = 1; place < rows.Length; place++)
        {
            // A rising row, an unknown one (0) and the largest there can be.
            rows[place] = place % 50 == 0 ? 0 : place % 77 == 0 ? long.MaxValue / 2 : rows[place - 1] / 2 + random.Next(1_000_000);
        }
        var stored = FrameRuns.Encode(rows);
        Assert.Equal(rows, FrameRuns.Decode(stored));
        Assert.Null(FrameRuns.Decode(stored.AsSpan(0, stored.Length - 1)));
        Assert.Null(FrameRuns.Decode([.. stored, 0]));
    }

    [Fact]
    public void The_stored_form_of_a_run_does_not_change()
    {
        var rows = new long[FrameRuns.Length];
        (rows[0], rows[1], rows[2]) = (1, 161, 100_161);
        Assert.Equal("02C002C09A0C819D0C", Convert.ToHexString(FrameRuns.Encode(rows).AsSpan(0, 9)));
    }

    [Fact]
    public void Each_sequence_has_its_own_place_and_runs_follow_each_other()
    {
        foreach (var partition in new[] { 0, 1, 255, 256, 4_095 })
        {
            for (var sequence = 1L; sequence < 600; sequence++)
            {
                var run = FrameRuns.RunOf(partition, sequence);
                Assert.InRange(sequence, FrameRuns.FirstOf(partition, run), FrameRuns.FirstOf(partition, run + 1) - 1);
                Assert.Equal((run * FrameRuns.Length) + FrameRuns.PlaceOf(partition, sequence), sequence + partition);
            }
        }
    }
}
