namespace Orchestrator.Grains.Playbooks;

/// <summary>Finds words in texts, and guesses which word somebody meant.</summary>
public static class Words
{
    const int LongestWord = 64;

    /// <summary>Whether one of the words stands in the text as a whole, whatever its case: <c>director</c> in "Sales Director", not in "Directory".</summary>
    /// <param name="words">Each may be several, as in <c>head of</c>; none empty.</param>
    public static bool Stand(string text, string[] words)
    {
        foreach (var word in words)
        {
            for (var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
            {
                if ((at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (at + word.Length == text.Length || !char.IsLetterOrDigit(text[at + word.Length])))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The word nearest to what was typed, or none when nothing is near.</summary>
    /// <param name="words">Any order, may repeat; ties go to the word that is first in ordinal order.</param>
    /// <remarks>
    /// Damerau-Levenshtein distance (optimal string alignment), case ignored. Near is 1 edit up to 3 characters, 2 up to 6, else 3:
    /// further away the guess is wrong more often than right.
    /// </remarks>
    public static string? Nearest(string typed, IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(typed);
        ArgumentNullException.ThrowIfNull(words);
        if (typed.Length > LongestWord)
        {
            return null;
        }

        var lower = typed.ToLowerInvariant();
        var best = (Word: (string?)null, Distance: Limit(typed.Length) + 1);
        foreach (var word in words)
        {
            if (word.Length > LongestWord || Math.Abs(word.Length - typed.Length) > best.Distance)
            {
                continue;
            }

            var distance = Distance(lower, word.ToLowerInvariant());
            if (distance < best.Distance || (distance == best.Distance && best.Word is not null && string.CompareOrdinal(word, best.Word) < 0))
            {
                best = (word, distance);
            }
        }

        return best.Word;
    }

    static int Limit(int length) => length switch { <= 3 => 1, <= 6 => 2, _ => 3 };

    static int Distance(string a, string b)
    {
        Span<int> before = stackalloc int[LongestWord + 1];
        Span<int> last = stackalloc int[LongestWord + 1];
        Span<int> row = stackalloc int[LongestWord + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(Math.Min(last[j] + 1, row[j - 1] + 1), replaced);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            var spare = before;
            before = last;
            last = row;
            row = spare;
        }

        return last[b.Length];
    }
}
