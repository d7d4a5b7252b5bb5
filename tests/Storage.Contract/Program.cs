using Orchestrator.Storage.Contract.Tests.Sqlite;

if (args is [ChildProcess.Argument, var file, var until])
{
    return await ChildProcess.AppendForEverAsync(file, int.Parse(until, System.Globalization.CultureInfo.InvariantCulture));
}
return args.Any(arg => arg is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, Orchestrator.Storage.Contract.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
