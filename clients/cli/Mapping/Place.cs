namespace Orchestrator.Cli.Mapping;

/// <summary>Where in a mapping something stands. Line and column from 1; line 0 is an option rather than a file.</summary>
readonly record struct Place(string File, long Line, long Column)
{
    public CommandFailure Wrong(string message, Exception? cause = null) => new(Exit.Refused, Line == 0 ? $"{File}: {message}" : $"{File}:{Line}:{Column}: {message}", cause);
}
