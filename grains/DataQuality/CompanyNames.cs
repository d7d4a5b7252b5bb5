using System.Text;

namespace Orchestrator.Grains.DataQuality;

/// <summary>How companies write themselves, brought to one form, so that the same company gives the same text.</summary>
public static class CompanyNames
{
    /// <summary>
    /// Legal forms, as they stand at the beginning or the end of a name: they say nothing about who it is. Marks and blanks within are left out. Sources: the registers' own
    /// abbreviations of Germany, Austria, Switzerland, the United Kingdom, the United States, France, Italy, Spain, the Netherlands, Belgium, the Nordic countries, Poland and Japan.
    /// </summary>
    private static readonly HashSet<string> Forms = new(StringComparer.Ordinal)
    {
        "gmbh", "ag", "kg", "ohg", "ug", "se", "ev", "kgaa", "mbh", "co", "company", "ltd", "limited", "plc", "llp", "llc", "inc", "incorporated", "corp", "corporation", "sa", "sas", "sarl", "srl", "spa", "sl",
        "bv", "nv", "ab", "as", "asa", "oy", "oyj", "aps", "kk", "kabushiki", "kaisha", "株式会社", "有限会社", "合同会社", "holding", "group", "the",
    };

    /// <summary>Mail and hosting that anybody may have: it says nothing about a company. A playbook's `matching.free-mail` adds to them.</summary>
    private static readonly HashSet<string> Public = new(StringComparer.Ordinal)
    {
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "yahoo.co.jp", "icloud.com", "me.com", "aol.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "proton.me",
        "protonmail.com", "mail.ru", "qq.com", "163.com", "facebook.com", "linkedin.com", "github.io", "wordpress.com", "blogspot.com",
    };

    /// <summary>Without case, marks, accents and legal forms; `&amp;` is "and". Null = nothing is left.</summary>
    public static string? Name(string text)
    {
        List<string> words = [.. Plain(text.Replace("(株)", " ", StringComparison.Ordinal).Replace("㈱", " ", StringComparison.Ordinal).Replace("&", " and ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        while (words.Count > 1 && Forms.Contains(words[^1]))
        {
            words.RemoveAt(words.Count - 1);
            if (words.Count > 1 && words[^1] == "and")
            {
                words.RemoveAt(words.Count - 1);
            }
        }

        while (words.Count > 1 && Forms.Contains(words[0]))
        {
            words.RemoveAt(0);
        }

        var name = string.Join(' ', words);
        foreach (var form in new[] { "株式会社", "有限会社", "合同会社" })
        {
            name = name.Length > form.Length ? name.Replace(form, "", StringComparison.Ordinal).Trim() : name;
        }

        return name.Length is 0 or > 256 ? null : name;
    }

    /// <summary>The registered domain of an address of the web or of mail; null = there is none, or anybody may have it.</summary>
    /// <param name="free">More domains that anybody may have.</param>
    public static string? Domain(string text, IReadOnlyCollection<string> free)
    {
        var host = text.Trim().ToLowerInvariant();
        var scheme = host.IndexOf("://", StringComparison.Ordinal);
        host = scheme < 0 ? host : host[(scheme + 3)..];
        host = host[(host.LastIndexOf('@') + 1)..];
        var end = host.AsSpan().IndexOfAny("/?#:");
        host = (end < 0 ? host : host[..end]).Trim('.');
        host = host.StartsWith("www.", StringComparison.Ordinal) ? host[4..] : host;
        return host.Contains('.', StringComparison.Ordinal) && host.Length <= 253 && !Public.Contains(host) && !free.Contains(host) ? host : null;
    }

    /// <summary>Letters and digits only, as of a register or of the tax office; null = fewer than five.</summary>
    public static string? Number(string text)
    {
        var number = string.Concat(text.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit));
        return number.Length is >= 5 and <= 64 ? number : null;
    }

    /// <summary>Digits only, without the zeros and the plus in front; null = fewer than six.</summary>
    public static string? Phone(string text)
    {
        var digits = string.Concat(text.Where(char.IsAsciiDigit)).TrimStart('0');
        return digits.Length is >= 6 and <= 20 ? digits : null;
    }

    /// <summary>Letters with marks and the ones that they are compared as: a table of our own, so that it is the same on every machine.</summary>
    private static readonly (string Marked, string Plain)[] Letters =
    [
        ("àáâãäåāăą", "a"), ("çćčĉċ", "c"), ("ďđð", "d"), ("èéêëēĕėęě", "e"), ("ĝğġģ", "g"), ("ĥħ", "h"), ("ìíîïĩīĭįı", "i"), ("ĵ", "j"), ("ķ", "k"), ("ĺļľŀł", "l"), ("ñńņň", "n"), ("òóôõöōŏőø", "o"),
        ("ŕŗř", "r"), ("śŝşšș", "s"), ("ţťŧț", "t"), ("ùúûüũūŭůűų", "u"), ("ŵ", "w"), ("ýÿŷ", "y"), ("źżž", "z"), ("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("þ", "th"),
    ];

    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var letter in text.ToLowerInvariant())
        {
            // A name such as `S.A.` is one word: dots and apostrophes vanish, other marks part words. A mark that stands behind its letter vanishes, too.
            plain.Append(letter is '.' or '\'' or '’' or (>= '\u0300' and <= '\u036f') ? "" : !char.IsLetterOrDigit(letter) ? " " : Array.Find(Letters, l => l.Marked.Contains(letter, StringComparison.Ordinal)).Plain ?? letter.ToString());
        }

        return plain.ToString();
    }
}
