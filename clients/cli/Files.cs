namespace Orchestrator.Cli;

/// <summary>Files named on the command line.</summary>
static class Files
{
    /// <exception cref="CommandFailure">There is no such file.</exception>
    public static void MustExist(string file)
    {
        if (!File.Exists(file))
        {
            throw new CommandFailure(Exit.Usage, $"expected a file at `{file}`, found {(Directory.Exists(file) ? "a folder" : "nothing there")}");
        }
    }
}
