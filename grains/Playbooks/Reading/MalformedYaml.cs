using YamlDotNet.Core;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>What the YAML parser could not read, said to the one who has to change it.</summary>
internal static class MalformedYaml
{
    /// <summary>Says in our words what the parser stumbled over, at the place that has to be changed.</summary>
    public static void Tell(YamlException malformed, SourceText source, Findings findings)
    {
        var at = source.PositionOf(malformed.Start.Index);
        var message = malformed.Message.Trim().TrimEnd('.') is { Length: > 0 } said ? said : "unreadable";
        if (message.Contains("tab", StringComparison.OrdinalIgnoreCase) && TabFrom(source, at.Line) is { } tab)
        {
            findings.Error(tab, DocumentPath.Root, "a tab cannot indent; use spaces");
        }
        else
        {
            var known = Array.Find(InOurWords, words => message.Contains(words.Theirs, StringComparison.OrdinalIgnoreCase));
            findings.Error(at, DocumentPath.Root, known.Ours ?? $"not valid yaml: {char.ToLowerInvariant(message[0])}{message[1..]}");
        }
    }

    /// <summary>The parser's commonest complaints, said so that somebody who never read the YAML specification knows what to do.</summary>
    static readonly (string Theirs, string Ours)[] InOurWords =
    [
        ("quoted scalar, found unexpected end of stream", "this quote is never closed"),
        ("quoted scalar, found wrong indentation", "this quote is not closed on its line; close it, or indent the lines that go on"),
        ("quoted scalar, found invalid indentation", "this quote is not closed on its line; close it, or indent the lines that go on"),
        ("unknown escape character", "this quoted text has a backslash that begins no known escape; write `\\\\`, or use single quotes"),
        ("found invalid mapping", "a second key begins on this line; indent it as the others, or put a text with a colon in quotes"),
        ("did not find expected key", "this line fits neither the lines above nor what is around them; check its indentation"),
        ("did not find expected '-' indicator", "expected `-`, as this is a list; check the indentation"),
        ("cannot start any token", "this character cannot begin a value; put the value in quotes"),
    ];

    /// <summary>The first tab before the text of a line, from this line on; the parser names the map around it only.</summary>
    static SourcePosition? TabFrom(SourceText source, int line)
    {
        for (; line <= source.Lines; line++)
        {
            var text = source.Line(line);
            var tab = text[..(text.Length - text.TrimStart(" \t").Length)].IndexOf('\t');
            if (tab >= 0)
            {
                return new SourcePosition(line, tab + 1);
            }
        }

        return null;
    }
}
