using Orchestrator.Load;

return await LoadCommand.Root().Parse(args).InvokeAsync();
