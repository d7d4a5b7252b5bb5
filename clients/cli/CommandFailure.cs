namespace Orchestrator.Cli;

/// <summary>Ends a command with one line on stderr and an exit code.</summary>
/// <param name="exit">One of <see cref="Exit"/>, never 0.</param>
/// <param name="message">Lower case, no full stop.</param>
#pragma warning disable CA1032 // Without an exit code there is nothing to end with.
sealed class CommandFailure(int exit, string message, Exception? cause = null) : Exception(message, cause)
#pragma warning restore CA1032
{
    public int Code { get; } = exit;
}
