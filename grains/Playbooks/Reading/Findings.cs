namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>Collects what is wrong with one file.</summary>
internal sealed class Findings(string file)
{
    /// <summary>Above this the file is no playbook, and working out suggestions for it only costs time.</summary>
    public const int Most = 1_000;

    readonly HashSet<Diagnostic> seen = [];
    int left;

    /// <summary>Words that may still be compared for suggestions: thousands of mistakes over thousands of names must not take minutes.</summary>
    long comparisonsLeft = 500_000;

    readonly Dictionary<string, LanguageNeed> needs = new(StringComparer.Ordinal);

    public bool HasErrors { get; private set; }

    public IReadOnlyList<LanguageNeed> Needs => [.. needs.Values.OrderBy(need => need.At.Line).ThenBy(need => need.At.Column)];

    public bool IsFull => seen.Count >= Most;

    /// <summary>Notes that something of the file is known from a feature level on.</summary>
    public void Need(string what, int level, SourcePosition at)
    {
        if (level > 1)
        {
            needs.TryAdd(what, new LanguageNeed(what, level, at));
        }
    }

    public void Error(SourcePosition at, DocumentPath path, string message)
    {
        HasErrors = true;
        Add(Severity.Error, at, path.ToString(), message);
    }

    public void Warn(SourcePosition at, DocumentPath path, string message) => Add(Severity.Warning, at, path.ToString(), message);

    void Add(Severity severity, SourcePosition at, string path, string message)
    {
        if (IsFull)
        {
            left++;
            return;
        }

        seen.Add(new Diagnostic(severity, file, at.Line, at.Column, path, message));
    }

    /// <summary>In the order of the file; at one place errors come first, then by path and message.</summary>
    public IReadOnlyList<Diagnostic> InOrder()
    {
        var ordered = seen
            .OrderBy(found => found.Line).ThenBy(found => found.Column).ThenByDescending(found => found.Severity)
            .ThenBy(found => found.Path, StringComparer.Ordinal).ThenBy(found => found.Message, StringComparer.Ordinal)
            .ToList();
        if (left > 0)
        {
            ordered.Add(new Diagnostic(Severity.Error, file, ordered[^1].Line, ordered[^1].Column, "", $"{left} more problems are not shown"));
        }

        return ordered.AsReadOnly();
    }

    /// <summary>`; did you mean x?` where a known word is near, else nothing.</summary>
    public string Suggest(string typed, IReadOnlyCollection<string> known)
    {
        if (IsFull || (comparisonsLeft -= known.Count) < 0)
        {
            return "";
        }

        return Words.Nearest(typed, known) is { } near ? $"; did you mean `{near}`?" : "";
    }
}
