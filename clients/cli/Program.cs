using Orchestrator.Cli;

return await OrcCommand.RunAsync(args, Terminal.OfProcess());
