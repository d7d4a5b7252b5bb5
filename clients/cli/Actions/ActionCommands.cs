using System.CommandLine;

namespace Orchestrator.Cli.Actions;

/// <summary><c>orc actions</c>.</summary>
static class ActionCommands
{
    public static Command Build(Terminal terminal) => new("actions", "Watches actions and settles them")
    {
        TailCommand.Build(terminal),
        SettleCommand.Build(terminal),
    };
}
