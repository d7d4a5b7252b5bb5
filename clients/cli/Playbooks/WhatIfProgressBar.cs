using System.Globalization;
using Orchestrator.V1;
using Spectre.Console;

namespace Orchestrator.Cli.Playbooks;

/// <summary>Shows how far a replay is: a bar on a screen, a line at each tenth elsewhere.</summary>
static class WhatIfProgressBar
{
    /// <summary>Takes the stream to its end and returns the report.</summary>
    /// <exception cref="CommandFailure">The stream ended without one.</exception>
    public static async Task<WhatIfReport> FollowAsync(Terminal terminal, IAsyncEnumerable<WhatIfResponse> responses)
    {
        if (!terminal.ErrorIsScreen)
        {
            var tenth = 0;
            return await TakeAsync(responses, progress =>
            {
                if ((int)(Share(progress) * 10) > tenth)
                {
                    tenth = (int)(Share(progress) * 10);
                    terminal.Error.WriteLine($"{tenth * 10}% replayed; {Said(progress)}");
                }
            });
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Error),
            ColorSystem = string.IsNullOrEmpty(terminal.Variable("NO_COLOR")) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        return await console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn())
            .StartAsync(async shown =>
            {
                var bar = shown.AddTask("", maxValue: 1);
                return await TakeAsync(responses, progress => (bar.Value, bar.Description) = (Share(progress), Said(progress)));
            });
    }

    static async Task<WhatIfReport> TakeAsync(IAsyncEnumerable<WhatIfResponse> responses, Action<WhatIfProgress> show)
    {
        WhatIfReport? report = null;
        await foreach (var response in responses)
        {
            report = response.Report ?? report;
            if (response.Progress is { } progress)
            {
                show(progress);
            }
        }

        return report ?? throw new CommandFailure(Exit.Failed, "the replay ended without a report");
    }

    static double Share(WhatIfProgress progress) => progress.FramesInAll == 0 ? 0 : (double)progress.Frames / progress.FramesInAll;

    static string Said(WhatIfProgress progress) => string.Create(CultureInfo.InvariantCulture, $"{progress.Signals:N0} signals");
}
