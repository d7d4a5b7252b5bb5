using System.Diagnostics;
using System.Globalization;
using Orchestrator.Bench.Harness;
using Orchestrator.Bench.Loading;
using Orchestrator.Load;

namespace Orchestrator.Bench.EndToEnd;

/// <summary>What do accounts cost that nothing happens to: in memory, on disk, at a restart, and when they wake?</summary>
static class IdleBenchmark
{
    static readonly TimeSpan IdleFor = TimeSpan.FromDays(30);

    /// <summary>
    /// The canonical plays, but nothing is offered about a company of which nothing was heard for a week: otherwise an account that nothing happens to is offered one action after the
    /// other for ever, and is not idle.
    /// </summary>
    static string QuietPlaybook(Sizes sizes)
    {
        const string rule = "!quiet_for('7d')";
        var lines = new List<string>();
        var suitable = false;
        foreach (var line in CanonicalPlaybook.Text(sizes.Plays, sizes.Stages).Split('\n'))
        {
            suitable &= !line.StartsWith("  - id: ", StringComparison.Ordinal);
            if (line.StartsWith("    suitable: \"", StringComparison.Ordinal))
            {
                suitable = true;
                lines.Add($"{line.Replace("suitable: \"", "suitable: \"(", StringComparison.Ordinal)[..^1]}) && {rule}\"");
                continue;
            }

            if (line.StartsWith("    value:", StringComparison.Ordinal) && !suitable)
            {
                lines.Add($"    suitable: \"{rule}\"");
            }

            lines.Add(line);
        }

        return string.Join('\n', lines);
    }

    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("What do idle accounts cost in memory and on disk, how soon does a silo with many serve after a restart, and how fast do they wake from snapshots?");
        var many = sizes.ManyAccounts;
        await using var silo = await SiloUnderTest.StartAsync(QuietPlaybook(sizes), new LoadPlan(many, 1, IdleFor));
        await ProveAsync(silo, many);
        await RestartsAsync(silo, many, sizes.Runs);
        var waking = await Waking.RunAsync(silo.Folder, Math.Min(many, 105_000), 1, many < 10_000 ? 1 : 30);
        var contacts = waking.Grains / 2;
        void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"disk: {silo.DiskBytes / (double)many:N0} B an account with its contact, its identity and their journal");
        Line($"waking: {waking.Grains:N0} grains at {waking.Grains / waking.Seconds:N0}/s, {waking.MicrosecondsCpu:0.0} us CPU and {waking.AllocatedBytes / (double)waking.Grains:N0} B of garbage each; checksum {waking.Signals} signals");
        Line($"awake: {(waking.ResidentAwake - waking.ResidentBefore) / (double)contacts:N0} B resident, {(waking.HeldAwake - waking.HeldBefore) / (double)contacts:N0} B of objects for each contact with an account of its own");
        Line($"idle again: {(waking.ResidentIdle - waking.ResidentBefore) / (double)contacts:N0} B resident, {(waking.HeldIdle - waking.HeldBefore) / (double)contacts:N0} B of objects");
        await silo.DisposeAsync();
        await OfferedAsync(sizes, Math.Max(1, many / 10));
        return waking.Signals == contacts ? 0 : 1;
    }

    /// <summary>The same restart where every account has an action open, all of which delivery must know again.</summary>
    static async Task OfferedAsync(Sizes sizes, int many)
    {
        Console.WriteLine("accounts that are not idle, each with an open action:");
        await using var silo = await SiloUnderTest.StartAsync(CanonicalPlaybook.Text(sizes.Plays, sizes.Stages), new LoadPlan(many, 1, TimeSpan.FromDays(1)));
        await RestartsAsync(silo, many, sizes.Runs);
    }

    static async Task RestartsAsync(SiloUnderTest silo, int many, int runs)
    {
        var starts = new List<Start>();
        for (var run = 0; run <= runs; run++)
        {
            var start = await RestartAsync(silo, Name(many - 1 - run));
            Console.WriteLine($"{(run == 0 ? "warming" : "restart")}: {start}");
            if (run > 0)
            {
                starts.Add(start);
            }
        }

        Console.WriteLine($"median by first signal: {starts.OrderBy(start => start.First).ElementAt(starts.Count / 2)}");
        await silo.StopAsync();
    }

    static string Name(int account) => string.Create(CultureInfo.InvariantCulture, $"acc-{account:D6}");

    /// <summary>A started silo takes what was loaded for its own: accounts answer, take a signal, and the whole store reads without a fault.</summary>
    static async Task ProveAsync(SiloUnderTest silo, int many)
    {
        for (var i = 0; i < 10; i++)
        {
            // Spread over all of them, the same ones each time.
            var account = Name((int)((i * 2_654_435_761L) % (many / 2)));
            if (await silo.SignalsOfAsync(account) != 1)
            {
                throw new InvalidOperationException($"`{account}` was loaded with one signal and does not have it");
            }
        }

        var last = Name(many - 10);
        await silo.RecordOneAsync(last, "proof");
        if (await silo.SignalsOfAsync(last) != 2)
        {
            throw new InvalidOperationException($"`{last}` has not taken a signal");
        }

        await silo.StopAsync();
        await silo.VerifyAsync();
    }

    static async Task<Start> RestartAsync(SiloUnderTest silo, string account)
    {
        await silo.StopAsync();
        var watch = Stopwatch.StartNew();
        await silo.RestartAsync();
        var listening = watch.Elapsed;
        await silo.RecordOneAsync(account, "first-after-restart-of-" + account);
        return new Start(listening.TotalSeconds, watch.Elapsed.TotalSeconds, silo.Process.Cost);
    }

    sealed record Start(double Listening, double First, ProcessCost Cost)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"listening after {Listening:0.00} s, first signal acknowledged after {First:0.00} s, {Cost.CpuSeconds:0.00} s of CPU and {Cost.ResidentBytes / 1e6:N0} MB resident by then");
    }
}
