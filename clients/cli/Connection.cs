using System.CommandLine;
using Orchestrator.Client;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Cli;

/// <summary>How a command reaches the silo and how it writes its answer: the options that every command but <c>serve</c> has.</summary>
sealed class Connection
{
    public const string AddressVariable = "ORCHESTRATOR_GRPC";
    public const string DefaultAddress = "http://127.0.0.1:7401";

    readonly Terminal terminal;
    readonly Option<string> address;
    readonly Option<string> output;
    readonly Option<string> timeout;

    Connection(Terminal terminal, Command command)
    {
        this.terminal = terminal;
        address = new("--address", "-a") { Description = $"The silo's gRPC address [env: {AddressVariable}; default: {DefaultAddress}]" };
        output = new("--output", "-o") { Description = "How answers are written: `table` for people, `json` for programs", DefaultValueFactory = _ => "table" };
        output.AcceptOnlyFromAmong("table", "json");
        timeout = new("--timeout") { Description = "How long to wait for an answer, for example 500ms, 10s or 2m", DefaultValueFactory = _ => "30s" };
        command.Options.Add(address);
        command.Options.Add(output);
        command.Options.Add(timeout);
    }

    /// <summary>Gives a command its connection and its body.</summary>
    public static Command Bind(Command command, Terminal terminal, Func<ParseResult, Session, Task<int>> body)
    {
        var connection = new Connection(terminal, command);
        command.SetAction((parsed, cancellation) => connection.RunAsync(parsed, body, cancellation));
        return command;
    }

    async Task<int> RunAsync(ParseResult parsed, Func<ParseResult, Session, Task<int>> body, CancellationToken cancellation)
    {
        var at = parsed.GetValue(address) ?? terminal.Variable(AddressVariable);
        at = string.IsNullOrWhiteSpace(at) ? DefaultAddress : at;
        try
        {
            var patience = Durations.Parse(parsed.GetValue(timeout)!, "--timeout");
            using var client = new OrchestratorClient(AddressOf(at));
            return await body(parsed, new(terminal, client, at, parsed.GetValue(output) == "json", patience, cancellation));
        }
        catch (RpcException failure)
        {
            return Fail(failure, at, cancellation);
        }
        catch (CommandFailure failure)
        {
            return Say(failure.Code, failure.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Say(Exit.Failed, "interrupted");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Say(Exit.Failed, fault.Message.TrimEnd('.'));
        }
    }

    static Uri AddressOf(string at) =>
        Uri.TryCreate(at, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
            ? uri
            : throw new CommandFailure(Exit.Usage, $"expected an address like `{DefaultAddress}`, found `{at}`");

    int Fail(RpcException failure, string at, CancellationToken cancellation) => failure.Code switch
    {
        StatusCode.Cancelled when cancellation.IsCancellationRequested => Say(Exit.Failed, "interrupted"),
        StatusCode.Unavailable when failure.Status.Detail.StartsWith("no connection", StringComparison.Ordinal) =>
            Say(Exit.Unavailable, $"no silo answers at `{at}` ({failure.Status.Detail}); `orc serve` starts one"),
        StatusCode.DeadlineExceeded => Say(Exit.Unavailable, $"the silo at `{at}` did not answer in time; `--timeout` gives it longer"),
        var code => Say(Exit.Of(code), failure.Status.Detail.Length > 0 ? failure.Status.Detail : Status.NameOf(code)),
    };

    int Say(int exit, string message)
    {
        terminal.Error.WriteLine($"error: {Printing.OneLine(message)}");
        return exit;
    }
}
