using System.Globalization;
using Orchestrator.Load;

namespace Orchestrator.Bench.Harness;

/// <summary>The load generator in a process of its own, as the canonical workload asks.</summary>
static class Generator
{
    /// <param name="best">Told what was sustained, if the arguments say <c>--find-max</c>.</param>
    /// <exception cref="InvalidOperationException">It printed no report.</exception>
    public static async Task<LoadReport> RunAsync(int port, double rate, double seconds, int accounts, int contacts, params string[] more)
    {
        await using var child = Child.Start(
            "orc-load",
            [
                "--address", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), "--rate", Text(rate), "--seconds", Text(seconds),
                "--accounts", Text(accounts), "--contacts", Text(contacts), "-o", "json", .. more,
            ]);
        await child.EndAsync();
        var json = child.Said.Split('\n').LastOrDefault(line => line.StartsWith('{'));
        return json is null ? throw new InvalidOperationException($"the generator gave no report; it said:\n{child.Said}") : LoadReport.FromJson(json);
    }

    static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
