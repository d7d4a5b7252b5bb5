using Google.Protobuf;
using Orchestrator.Client;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Cli;

/// <summary>One command at work.</summary>
/// <param name="Address">As given, for messages.</param>
/// <param name="Json">Answers are JSON rather than text.</param>
/// <param name="Patience">How long to wait for an answer.</param>
/// <param name="Cancellation">Fires at ctrl-C.</param>
sealed record Session(Terminal Terminal, OrchestratorClient Client, string Address, bool Json, TimeSpan Patience, CancellationToken Cancellation)
{
    /// <summary>For a call that changes nothing, or the same however often it is made.</summary>
    public CallContext Repeatable() => new() { Timeout = Patience, CancellationToken = Cancellation, Idempotent = true };

    /// <summary>For a call that is made once.</summary>
    public CallContext Once() => new() { Timeout = Patience, CancellationToken = Cancellation };

    /// <summary>For a stream, which lasts as long as it lasts.</summary>
    public CallContext Lasting(CancellationToken cancellation) => new() { CancellationToken = cancellation };

    /// <summary>Writes the answer: the message as protobuf's JSON, or what <paramref name="text"/> makes of it.</summary>
    public int Answer<T>(T message, Action<Printing> text)
        where T : IMessage
    {
        if (Json)
        {
            Terminal.Out.WriteLine(Printing.JsonOf(message));
        }
        else
        {
            text(new(Terminal));
        }

        return Exit.Ok;
    }
}
