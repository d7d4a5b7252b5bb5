using System.CommandLine;
using System.CommandLine.Parsing;
using System.ComponentModel;
using System.Diagnostics;

namespace Orchestrator.Cli.Serving;

/// <summary><c>orc serve</c>: the silo as a child process that gets our arguments, our signals and our standard streams.</summary>
static class ServeCommand
{
    public const string Name = "serve";

    public static Command Build(Terminal terminal)
    {
        var command = new Command(Name, "Starts a silo; every argument goes to it (`orc serve -- --help` shows its own help)")
        {
            new Argument<string[]>("args") { Description = "For the silo", Arity = ArgumentArity.ZeroOrMore },
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, _) => RunAsync(terminal, Given(parsed)));
        return command;
    }

    // The tokens as typed: what looks like an option of ours is still the silo's.
    static List<string> Given(ParseResult parsed) =>
        [.. parsed.Tokens.SkipWhile(token => token.Type != TokenType.Command).Skip(1).Where(token => token.Type != TokenType.DoubleDash).Select(token => token.Value)];

    /// <summary>Starts the silo's program and returns its exit code.</summary>
    internal static async Task<int> RunAsync(Terminal terminal, IReadOnlyList<string> given)
    {
        try
        {
            var silo = SiloLocation.Find(terminal.Variable(SiloLocation.Variable), AppContext.BaseDirectory);
            using var child = Process.Start(new ProcessStartInfo(silo.Program, silo.First.Concat(given)) { UseShellExecute = false })
                ?? throw new CommandFailure(Exit.Failed, $"`{silo.Program}` did not start");
            using var forwarding = new ForwardedSignals(child, terminal.InputIsKeyboard);
            await child.WaitForExitAsync(CancellationToken.None);
            return child.ExitCode;
        }
        catch (Exception fault) when (fault is CommandFailure or Win32Exception)
        {
            terminal.Error.WriteLine($"error: {Printing.OneLine(fault.Message)}");
            return Exit.Failed;
        }
    }
}
