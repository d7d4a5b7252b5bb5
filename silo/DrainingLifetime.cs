using System.Runtime.InteropServices;

namespace Orchestrator.Silo;

/// <summary>Hears SIGTERM and SIGINT, and leaves it to the program to drain before anything stops. A second signal ends the process at once.</summary>
internal sealed class DrainingLifetime : IHostLifetime, IDisposable
{
    private readonly TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> registrations = [];

    /// <summary>Completes at the first signal.</summary>
    public Task Told => told.Task;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Hear));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Hear));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => registrations.ForEach(r => r.Dispose());

    private void Hear(PosixSignalContext context) => context.Cancel = told.TrySetResult();
}
