namespace Orchestrator.Cli;

/// <summary>All that a command sees of the place it runs in. Handed in, so that tests can stand in for a person at a keyboard or a pipe.</summary>
sealed record Terminal
{
    /// <summary>Answers, and nothing else: it may be piped.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress and what went wrong.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>A person looks at <see cref="Out"/>; colours and widths are theirs.</summary>
    public bool OutIsScreen { get; init; }

    public bool ErrorIsScreen { get; init; }

    /// <summary>Ctrl-C at this keyboard reaches every process of the foreground group at once.</summary>
    public bool InputIsKeyboard { get; init; }

    public Func<string, string?> Variable { get; init; } = _ => null;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Columns of the screen; unlimited where output goes to a file, so that nothing wraps.</summary>
    public int Width { get; init; } = int.MaxValue;

    /// <summary>https://no-color.org: set and not empty means none.</summary>
    public bool Colours => OutIsScreen && string.IsNullOrEmpty(Variable("NO_COLOR"));

    public static Terminal OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        OutIsScreen = !Console.IsOutputRedirected,
        ErrorIsScreen = !Console.IsErrorRedirected,
        InputIsKeyboard = !Console.IsInputRedirected,
        Variable = Environment.GetEnvironmentVariable,
        Width = Console.IsOutputRedirected ? int.MaxValue : Math.Max(40, Console.BufferWidth),
    };
}
