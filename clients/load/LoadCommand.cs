using System.CommandLine;

namespace Orchestrator.Load;

/// <summary>The command line.</summary>
static class LoadCommand
{
    static readonly Option<Uri> Address = new("--address")
    {
        Description = "where the silo serves gRPC",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:7401"),
        CustomParser = result => Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : Refuse<Uri>(result, $"expected an address such as `http://127.0.0.1:7401`, found `{result.Tokens[0].Value}`"),
    };

    static readonly Option<double> Rate = Number("--rate", "signals per second that fall due", 25_000, 1, 10_000_000);
    static readonly Option<double> Seconds = Number("--seconds", "measured seconds", 20, 0.1, 86_400);
    static readonly Option<double> WarmUp = Number("--warm-up", "seconds sent before and not measured", 2, 0, 3_600);
    static readonly Option<double> Drain = Number("--drain", "seconds to wait for acknowledgements at the end", 30, 0, 3_600);
    static readonly Option<int> Accounts = Count("--accounts", "accounts that signals are about", 20_000, 10_000_000);
    static readonly Option<int> Contacts = Count("--contacts", "people, spread evenly over the accounts", 100_000, 20_000_000);
    static readonly Option<double> Zipf = Number("--zipf", "exponent of the accounts' popularity; 0 = all alike", 1, 0, 10);
    static readonly Option<int> Streams = Count("--streams", "concurrent calls", 4, 1_000);
    static readonly Option<int> Tick = Count("--tick", "milliseconds between two writes of what fell due", 2, 1_000);
    static readonly Option<ulong> Seed = new("--seed") { Description = "same seed, same signals", DefaultValueFactory = _ => 1 };
    static readonly Option<string> Run = new("--run") { Description = "prefix of the signals' ids; by default the time of day, so that runs do not repeat each other", DefaultValueFactory = _ => $"r{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds():x}" };
    static readonly Option<LoadMode> Mode = new("--mode") { Description = "record: one long call a stream; batch: a unary call a tick", DefaultValueFactory = _ => LoadMode.Record };
    static readonly Option<bool> Sequential = new("--sequential") { Description = "go through the accounts in turn instead of by popularity" };
    static readonly Option<bool> NoRetry = new("--no-retry") { Description = "give a signal up that is answered with OVERLOADED" };
    static readonly Option<bool> FindMax = new("--find-max") { Description = "step the rate up until answers lag and report the highest that is sustained" };
    static readonly Option<string> Output = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" }.AcceptOnlyFromAmong("text", "json");

    public static RootCommand Root()
    {
        var root = new RootCommand("Sends signals at a fixed rate, whatever the silo does, and measures how long each takes to be durable. Exit code 1: a signal was not acknowledged exactly once.")
        {
            Address, Rate, Seconds, WarmUp, Drain, Accounts, Contacts, Zipf, Streams, Tick, Seed, Run, Mode, Sequential, NoRetry, FindMax, Output, Playbook(),
        };
        root.SetAction((result, _) => RunAsync(Options(result), result.GetValue(FindMax), result.GetValue(Output) == "json"));
        return root;
    }

    static Command Playbook()
    {
        var plays = Count("--plays", "plays", 50, 2_000);
        var stages = Count("--stages", "stages; each play stands at two of them", 10, 100);
        var command = new Command("playbook", "Prints the playbook of the canonical workload.") { plays, stages };
        command.SetAction(result => Console.Out.Write(CanonicalPlaybook.Text(result.GetValue(plays), result.GetValue(stages))));
        return command;
    }

    static LoadOptions Options(ParseResult result) => new()
    {
        Address = result.GetValue(Address)!,
        Rate = result.GetValue(Rate),
        Seconds = result.GetValue(Seconds),
        WarmUpSeconds = result.GetValue(WarmUp),
        DrainSeconds = result.GetValue(Drain),
        Accounts = result.GetValue(Accounts),
        Contacts = result.GetValue(Contacts),
        Zipf = result.GetValue(Zipf),
        Streams = result.GetValue(Streams),
        TickMilliseconds = result.GetValue(Tick),
        Seed = result.GetValue(Seed),
        Run = result.GetValue(Run)!,
        Mode = result.GetValue(Mode),
        Sequential = result.GetValue(Sequential),
        Retry = !result.GetValue(NoRetry),
    };

    static async Task<int> RunAsync(LoadOptions options, bool findMax, bool json)
    {
        string Show(LoadReport report) => json ? report.ToJson() : report.ToText();
        if (!findMax)
        {
            var report = await new LoadRun(options).RunAsync().ConfigureAwait(false);
            await Console.Out.WriteLineAsync(Show(report)).ConfigureAwait(false);
            return report.ExactlyOnce ? 0 : 1;
        }

        var best = await MaxRate.FindAsync(options, report =>
            Console.Error.WriteLine(FormattableString.Invariant($"{report.Offered:N0}/s: achieved {report.Achieved:N0}, p99 {report.P99:0.0} ms, {(MaxRate.IsSustained(report) ? "sustained" : "not sustained")}"))).ConfigureAwait(false);
        await (best is null
            ? Console.Error.WriteLineAsync(FormattableString.Invariant($"not even {options.Rate:N0} signals/s were sustained; begin lower with --rate"))
            : Console.Out.WriteLineAsync(Show(best))).ConfigureAwait(false);
        return best is null ? 1 : 0;
    }

    static Option<double> Number(string name, string description, double byDefault, double least, double most) =>
        Bounded(new Option<double>(name) { Description = description, DefaultValueFactory = _ => byDefault }, least, most);

    static Option<int> Count(string name, string description, int byDefault, int most) =>
        Bounded(new Option<int>(name) { Description = description, DefaultValueFactory = _ => byDefault }, 1, most);

    static Option<T> Bounded<T>(Option<T> option, T least, T most)
        where T : struct, IComparable<T>
    {
        option.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValueOrDefault<T>() is var value && value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0)
            {
                return;
            }

            result.AddError(FormattableString.Invariant($"expected `{option.Name}` from {least} to {most}, found `{value}`"));
        });
        return option;
    }

    static T? Refuse<T>(System.CommandLine.Parsing.ArgumentResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
