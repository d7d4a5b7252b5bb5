namespace Orchestrator.Grains.Conditions;

/// <summary>Why an expression was refused, and where.</summary>
/// <param name="Message">What was found and what was expected; lower case, no full stop.</param>
/// <param name="Offset">UTF-16 units from the start of the expression, from 0.</param>
/// <param name="Line">Line within the expression, from 1.</param>
/// <param name="Column">Column within the line, from 1.</param>
/// <param name="Suggestion">The nearest known name, if one is near.</param>
public sealed record CelError(string Message, int Offset, int Line, int Column, string? Suggestion = null)
{
    internal static CelError At(string source, int offset, string message, string? suggestion = null)
    {
        var at = Math.Clamp(offset, 0, source.Length);
        var line = 1;
        var start = 0;
        for (var i = 0; i < at; i++)
        {
            if (source[i] == '\n')
            {
                line++;
                start = i + 1;
            }
        }

        return new CelError(message, at, line, at - start + 1, suggestion);
    }

    public override string ToString() =>
        $"{Line}:{Column}: {Message}{(Suggestion is null ? "" : $"; did you mean `{Suggestion}`?")}";
}
