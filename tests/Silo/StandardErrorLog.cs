using Microsoft.Extensions.Logging;

namespace Orchestrator.Silo.Tests;

/// <summary>Errors of the runtime, where whoever reads a failed run sees them.</summary>
internal sealed class StandardErrorLog : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Critical;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Console.Error.WriteLine($"{formatter(state, exception)} {exception}");
        }
    }
}
