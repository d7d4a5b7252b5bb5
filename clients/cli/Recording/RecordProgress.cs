using System.Globalization;
using Spectre.Console;

namespace Orchestrator.Cli.Recording;

/// <summary>Shows how far a recording is: a bar on a screen, a line now and then elsewhere.</summary>
static class RecordProgress
{
    static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);
    static readonly TimeSpan BetweenFrames = TimeSpan.FromMilliseconds(200);

    /// <summary>Awaits the work and shows its progress on stderr meanwhile.</summary>
    public static Task FollowAsync(Terminal terminal, SourceFile file, Ledger ledger, Task work) =>
        terminal.ErrorIsScreen ? BarAsync(terminal, file, ledger, work) : LinesAsync(terminal, file, ledger, work);

    static async Task LinesAsync(Terminal terminal, SourceFile file, Ledger ledger, Task work)
    {
        while (await Task.WhenAny(work, Task.Delay(BetweenLines, terminal.Clock)) != work)
        {
            await terminal.Error.WriteLineAsync($"{Percent(file).ToString("0", CultureInfo.InvariantCulture)}% read; {Counts(ledger)}");
        }

        await work;
    }

    static async Task BarAsync(Terminal terminal, SourceFile file, Ledger ledger, Task work)
    {
        var colours = string.IsNullOrEmpty(terminal.Variable("NO_COLOR"));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Error),
            ColorSystem = colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        await console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask("", maxValue: 100);
                while (await Task.WhenAny(work, Task.Delay(BetweenFrames, terminal.Clock)) != work)
                {
                    bar.Value = Percent(file);
                    bar.Description = Counts(ledger);
                }
            });
        await work;
    }

    static double Percent(SourceFile file) => file.LengthBytes == 0 ? 100 : 100.0 * file.PositionBytes / file.LengthBytes;

    static string Counts(Ledger ledger) =>
        string.Create(CultureInfo.InvariantCulture, $"{ledger.Recorded} recorded, {ledger.Duplicates} duplicates, {ledger.Rejected} rows rejected{(ledger.PutOff > 0 ? $", {ledger.PutOff} put off by overload" : "")}");
}
