using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orchestrator.Cli.Serving;

/// <summary>Passes the signals that end a process on to a child, and outlives them: the child decides when it is done.</summary>
sealed partial class ForwardedSignals : IDisposable
{
    readonly Process child;
    readonly List<PosixSignalRegistration> registrations = [];

    /// <param name="child">Started.</param>
    /// <param name="fromKeyboard">
    /// Ctrl-C at a keyboard has reached the child already; forwarded, it would arrive twice, and the second one means "at once".
    /// </param>
    public ForwardedSignals(Process child, bool fromKeyboard)
    {
        this.child = child;
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Forward));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, fromKeyboard ? Outlive : Forward));
    }

    public void Dispose() => registrations.ForEach(registration => registration.Dispose());

    static void Outlive(PosixSignalContext signal) => signal.Cancel = true;

    void Forward(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (child.HasExited)
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            child.Kill();
        }
        else
        {
            _ = Kill(child.Id, signal.Signal == PosixSignal.SIGINT ? 2 : 15);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
