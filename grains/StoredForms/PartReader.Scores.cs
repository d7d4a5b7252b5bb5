using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Orchestrator.Grains.Scores;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <remarks>Scores and tallies.</remarks>
internal static partial class PartReader
{
    public static Score Score(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var name = "";
        var (sum, today) = (0.0, 0.0);
        var (at, halfLife) = (0L, 0L);
        var day = 0;
        ReadOnlySpan<byte> days = default;
        ReadOnlySpan<byte> points = default;
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredScore.NameFieldNumber << 3 | Length:
                    name = reader.Text(share);
                    break;
                case StoredScore.SumFieldNumber << 3 | Fixed64:
                    sum = reader.Number();
                    break;
                case StoredScore.AtFieldNumber << 3:
                    at = reader.Whole();
                    break;
                case StoredScore.HalfLifeFieldNumber << 3:
                    halfLife = reader.Whole();
                    break;
                case StoredScore.DayFieldNumber << 3:
                    day = unchecked((int)reader.Varint());
                    break;
                case StoredScore.TodayFieldNumber << 3 | Fixed64:
                    today = reader.Number();
                    break;
                case StoredScore.EarlierDaysFieldNumber << 3 | Length:
                    days = reader.Bytes();
                    break;
                case StoredScore.EarlierPointsFieldNumber << 3 | Length:
                    points = reader.Bytes();
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return new Score(name, sum, Ticks.Instant(at), TimeSpan.FromTicks(halfLife), day, today) { Earlier = Days(days, points) };
    }

    public static Tally Tally(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var name = "";
        var sum = 0.0;
        var (count, last, keepFor) = (0L, 0L, 0L);
        ReadOnlySpan<byte> times = default;
        ReadOnlySpan<byte> amounts = default;
        ReadOnlySpan<byte> repeats = default;
        ReadOnlySpan<byte> lengths = default;
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredTally.NameFieldNumber << 3 | Length:
                    name = reader.Text(share);
                    break;
                case StoredTally.CountFieldNumber << 3:
                    count = reader.Whole();
                    break;
                case StoredTally.SumFieldNumber << 3 | Fixed64:
                    sum = reader.Number();
                    break;
                case StoredTally.LastFieldNumber << 3:
                    last = reader.Whole();
                    break;
                case StoredTally.TimesFieldNumber << 3 | Length:
                    times = reader.Bytes();
                    break;
                case StoredTally.AmountsFieldNumber << 3 | Length:
                    amounts = reader.Bytes();
                    break;
                case StoredTally.KeepForFieldNumber << 3:
                    keepFor = reader.Whole();
                    break;
                case StoredTally.RepeatsFieldNumber << 3 | Length:
                    repeats = reader.Bytes();
                    break;
                case StoredTally.ChunkLengthsFieldNumber << 3 | Length:
                    lengths = reader.Bytes();
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return new Tally(name, count, sum, Ticks.Instant(last), Recent(times, amounts, repeats, lengths), TimeSpan.FromTicks(keepFor));
    }

    private static ImmutableArray<DayPoints> Days(ReadOnlySpan<byte> days, ReadOnlySpan<byte> points)
    {
        if (points.IsEmpty && days.IsEmpty)
        {
            return [];
        }

        var all = new DayPoints[points.Length / sizeof(double)];
        var day = new FormReader(days);
        var point = new FormReader(points);
        foreach (ref var one in all.AsSpan())
        {
            one = new DayPoints(unchecked((int)day.Varint()), point.Number());
        }

        return day.IsAtEnd && point.IsAtEnd ? ImmutableCollectionsMarshal.AsImmutableArray(all) : throw FormReader.Unusual();
    }

    private static Occurrences Recent(ReadOnlySpan<byte> times, ReadOnlySpan<byte> amounts, ReadOnlySpan<byte> repeats, ReadOnlySpan<byte> lengths)
    {
        if (times.IsEmpty && lengths.IsEmpty)
        {
            return Occurrences.None;
        }

        var all = new Occurrence[amounts.Length / sizeof(double)];
        var time = new FormReader(times);
        var amount = new FormReader(amounts);
        var repeat = new FormReader(repeats);
        var length = new FormReader(lengths);
        foreach (ref var one in all.AsSpan())
        {
            one = new Occurrence(time.Whole(), amount.Number(), repeat.Whole());
        }

        if (!time.IsAtEnd || !amount.IsAtEnd || !repeat.IsAtEnd)
        {
            throw FormReader.Unusual();
        }

        var first = unchecked((int)length.Varint());
        if (length.IsAtEnd && first == all.Length)
        {
            return Occurrences.Holding(all);
        }

        var chunks = new List<int> { first };
        while (!length.IsAtEnd)
        {
            chunks.Add(unchecked((int)length.Varint()));
        }

        return chunks.Sum(c => (long)c) == all.Length && chunks.TrueForAll(c => c > 0) ? Occurrences.Of(all, chunks) : throw FormReader.Unusual();
    }
}
