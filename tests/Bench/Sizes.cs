using System.Globalization;

namespace Orchestrator.Bench;

/// <summary>How much a benchmark does; the defaults are the canonical workload. The test suite runs each with tiny ones.</summary>
public sealed record Sizes
{
    /// <summary>Measured seconds of each run.</summary>
    public double Seconds { get; init; } = 10;

    /// <summary>Runs of which the median is told.</summary>
    public int Runs { get; init; } = 3;

    /// <summary>Signals per second to begin with.</summary>
    public double Rate { get; init; } = 20_000;

    public int Accounts { get; init; } = 20_000;

    public int Contacts { get; init; } = 100_000;

    /// <summary>Accounts of the large store in <c>idle</c> and <c>scale</c>.</summary>
    public int ManyAccounts { get; init; } = 1_000_000;

    public int Plays { get; init; } = 50;

    /// <summary>Large playbook in <c>scale</c>.</summary>
    public int ManyPlays { get; init; } = 500;

    public int Stages { get; init; } = 10;

    /// <summary>Most silos in <c>cluster</c>, from 1.</summary>
    public int Silos { get; init; } = 3;

    /// <summary>Looks for the highest sustained rate; otherwise <see cref="Rate"/> is taken as it is.</summary>
    public bool FindMax { get; init; } = true;

    /// <exception cref="ArgumentException">An unknown name, or no number behind it.</exception>
    public static Sizes Of(string[] args)
    {
        var sizes = new Sizes();
        for (var i = 0; i < args.Length; i += 2)
        {
            var text = i + 1 < args.Length ? args[i + 1] : "";
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                throw new ArgumentException($"expected a number behind `{args[i]}`, found `{text}`");
            }

            sizes = args[i] switch
            {
                "--seconds" => sizes with { Seconds = value },
                "--runs" => sizes with { Runs = (int)value },
                "--rate" => sizes with { Rate = value },
                "--accounts" => sizes with { Accounts = (int)value },
                "--contacts" => sizes with { Contacts = (int)value },
                "--many-accounts" => sizes with { ManyAccounts = (int)value },
                "--plays" => sizes with { Plays = (int)value },
                "--many-plays" => sizes with { ManyPlays = (int)value },
                "--stages" => sizes with { Stages = (int)value },
                "--silos" => sizes with { Silos = (int)value },
                "--find-max" => sizes with { FindMax = value > 0 },
                _ => throw new ArgumentException($"expected one of `--seconds`, `--runs`, `--rate`, `--accounts`, `--contacts`, `--many-accounts`, `--plays`, `--many-plays`, `--stages`, `--silos`, `--find-max`, found `{args[i]}`"),
            };
        }

        return sizes;
    }
}
