using System.Text;

namespace Orchestrator.Silo.Tests.Sample;

/// <summary>Keeps what is written, and tells when a text came.</summary>
internal sealed class Heard : TextWriter
{
    private readonly Lock gate = new();
    private readonly StringBuilder text = new();
    private readonly List<(string Part, TaskCompletionSource Came)> waiting = [];

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Completes when a line with this in it came from now on.</summary>
    public Task Saw(string part)
    {
        lock (gate)
        {
            var came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((part, came));
            return came.Task;
        }
    }

    public override void Write(char value)
    {
        lock (gate)
        {
            text.Append(value);
        }
    }

    public override void WriteLine(string? value)
    {
        lock (gate)
        {
            text.AppendLine(value);
            waiting.RemoveAll(w => value!.Contains(w.Part, StringComparison.Ordinal) && w.Came.TrySetResult());
        }
    }

    public override string ToString()
    {
        lock (gate)
        {
            return text.ToString();
        }
    }
}
