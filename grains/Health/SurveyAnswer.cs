using System.Collections.Immutable;

namespace Orchestrator.Grains.Health;

/// <summary>What somebody answered when they were asked how they like us.</summary>
/// <param name="Kind">Such as `nps`, `csat`, `ces` or `social`; the signal's type where it does not say.</param>
/// <param name="Contact">Who; empty: nobody in particular.</param>
/// <param name="Score">As given.</param>
/// <param name="Signal">The signal's type.</param>
public sealed record SurveyAnswer(string Kind, string Contact, double Score, DateTimeOffset At, string Signal)
{
    /// <summary>How many are kept of an account.</summary>
    public const int Most = 128;

    /// <summary>How many are kept of one person and kind: the latest and the ones before, for the trend.</summary>
    public const int MostOfOne = 3;

    /// <summary>The answer in [0, 1]: a net promoter question runs from 0 to 10, satisfaction from 1 to 5, effort from 1 to 7.</summary>
    /// <param name="of">The best answer, the worst being 0; null: as the kind has it.</param>
    public double Share(double? of) => Math.Clamp(
        (of, Kind) switch
        {
            ({ } most, _) => Score / most,
            (null, "csat") => (Score - 1) / 4,
            (null, "ces") => (Score - 1) / 6,
            _ => Score / 10,
        },
        0,
        1);

    /// <summary>With one more, in the order of time whatever the order of arrival; the oldest leave.</summary>
    public static ImmutableArray<SurveyAnswer> Add(ImmutableArray<SurveyAnswer> answers, SurveyAnswer added)
    {
        var at = answers.Length;
        while (at > 0 && Compare(answers[at - 1], added) > 0)
        {
            at--;
        }

        var all = answers.Insert(at, added);
        var same = 0;
        foreach (var answer in all)
        {
            same += answer.Kind == added.Kind && answer.Contact == added.Contact ? 1 : 0;
        }

        if (same > MostOfOne)
        {
            for (var i = 0; i < all.Length; i++)
            {
                if (all[i].Kind == added.Kind && all[i].Contact == added.Contact)
                {
                    return all.RemoveAt(i);
                }
            }
        }

        return all.Length > Most ? all.RemoveAt(0) : all;
    }

    /// <summary>The latest of a kind at an instant, of one person or of anybody; null = nobody answered.</summary>
    /// <param name="contact">Null: anybody.</param>
    public static SurveyAnswer? Latest(ImmutableArray<SurveyAnswer> answers, string kind, string? contact, DateTimeOffset at)
    {
        for (var i = answers.Length - 1; i >= 0; i--)
        {
            if (answers[i].At <= at && answers[i].Kind == kind && (contact is null || answers[i].Contact == contact))
            {
                return answers[i];
            }
        }

        return null;
    }

    /// <summary>Whether no later answer of the same person and kind had been given at an instant.</summary>
    public static bool IsLatest(ImmutableArray<SurveyAnswer> answers, int index, DateTimeOffset at)
    {
        for (var i = index + 1; i < answers.Length && answers[i].At <= at; i++)
        {
            if (answers[i].Kind == answers[index].Kind && answers[i].Contact == answers[index].Contact)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Share of promoters (9, 10) less share of detractors (0 to 6) among each person's latest answer, -100 to 100; null = nobody answered.</summary>
    public static double? NetPromoterScore(ImmutableArray<SurveyAnswer> answers, DateTimeOffset at)
    {
        var (asked, balance) = (0, 0);
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i].Kind == "nps" && answers[i].At <= at && IsLatest(answers, i, at))
            {
                asked++;
                balance += answers[i].Score >= 9 ? 1 : answers[i].Score <= 6 ? -1 : 0;
            }
        }

        return asked == 0 ? null : 100.0 * balance / asked;
    }

    private static int Compare(SurveyAnswer one, SurveyAnswer other)
    {
        var order = one.At.CompareTo(other.At);
        order = order != 0 ? order : string.CompareOrdinal(one.Kind, other.Kind);
        order = order != 0 ? order : string.CompareOrdinal(one.Contact, other.Contact);
        return order != 0 ? order : one.Score.CompareTo(other.Score);
    }
}
