using Orchestrator.Simulation.Worlds;

return args.Length > 0 && args[0] is "--seeds" or "--seed" or "--from" or "--jobs" or "--planted" or "--planted-all" or "--scenario"
    ? Volume.Run(args)
    : args.Any(arg => arg is "--server" or "--internal-msbuild-node")
        ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, Orchestrator.Simulation.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
        : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
