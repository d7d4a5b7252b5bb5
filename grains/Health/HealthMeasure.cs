using System.Collections.Immutable;
using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Health;

/// <summary>One input of a health score: a share of full marks at any instant, and the numbers that made it.</summary>
public abstract record HealthMeasure
{
    private HealthMeasure(string id, double weight) => (Id, Weight) = (id, weight);

    public string Id { get; }

    public double Weight { get; }

    /// <summary>In [0, 1]; null = not known yet.</summary>
    public abstract double? ShareAt(Account account, DateTimeOffset at);

    /// <summary>What was seen, in words.</summary>
    public abstract string SeenAt(Account account, DateTimeOffset at);

    /// <summary>The earliest instant after <paramref name="at"/> at which time alone may change the share; null = never.</summary>
    public abstract DateTimeOffset? NextChange(Account account, DateTimeOffset at);

    /// <summary>How often something happened in the latest window, against a number or, without one, against the window before.</summary>
    /// <param name="Tallies">Names of the tallies that are added up.</param>
    /// <param name="Sums">Whether amounts are added up instead.</param>
    /// <param name="Full">Null and good: as in the window before; null and bad: each one halves, thirds, and so on, what is left.</param>
    public sealed record Activity(string Id, double Weight, ImmutableArray<string> Tallies, bool Sums, TimeSpan Window, double? Full, bool Bad) : HealthMeasure(Id, Weight)
    {
        public override double? ShareAt(Account account, DateTimeOffset at)
        {
            var latest = Count(account, at);
            return (Full, Bad) switch
            {
                ({ } full, false) => Math.Clamp(latest / full, 0, 1),
                ({ } full, true) => 1 - Math.Clamp(latest / full, 0, 1),
                (null, true) => 1 / (1 + Math.Max(0, latest)),
                (null, false) when Count(account, at.Back(Window)) is var before => before <= 0 ? (latest > 0 ? 1 : 0) : Math.Clamp(latest / before, 0, 1),
            };
        }

        public override string SeenAt(Account account, DateTimeOffset at)
        {
            var days = Window.TotalDays.ToString("0.##", CultureInfo.InvariantCulture);
            var latest = $"{Number(Count(account, at))} in the last {days} days";
            return Full is { } full ? $"{latest}, {(Bad ? "none left" : "full marks")} at {Number(full)}"
                : Bad ? latest
                : $"{latest}, {Number(Count(account, at.Back(Window)))} in the {days} before";
        }

        public override DateTimeOffset? NextChange(Account account, DateTimeOffset at)
        {
            var next = long.MaxValue;
            foreach (var name in Tallies)
            {
                if (account.FindTally(name) is { } tally)
                {
                    next = Math.Min(next, tally.NextChange(Window, at.UtcTicks));
                    next = Full is null && !Bad ? Math.Min(next, tally.NextChange(Window + Window, at.UtcTicks)) : next;
                }
            }

            return next < long.MaxValue ? Instants.At(next) : null;
        }

        private double Count(Account account, DateTimeOffset at)
        {
            double count = 0;
            foreach (var name in Tallies)
            {
                count += account.FindTally(name) is not { } tally ? 0 : Sums ? tally.SumIn(Window, at) : tally.CountIn(Window, at);
            }

            return count;
        }
    }

    /// <summary>The share of a set of milestones that is reached. Not known before the set's clock starts.</summary>
    public sealed record Adoption(string Id, double Weight, MilestoneSetDefinition Set) : HealthMeasure(Id, Weight)
    {
        public override double? ShareAt(Account account, DateTimeOffset at) =>
            Set.Milestones.Length > 0 && MilestoneNames.CountReached(account, Set, at) is { } reached ? (double)reached / Set.Milestones.Length : null;

        public override string SeenAt(Account account, DateTimeOffset at) =>
            MilestoneNames.CountReached(account, Set, at) is { } reached ? $"{reached} of {Set.Milestones.Length} milestones of `{Set.Id}`" : $"`{Set.Id}` has not begun";

        // They are reached by facts; the passage of time alone changes no answer about those that are there.
        public override DateTimeOffset? NextChange(Account account, DateTimeOffset at)
        {
            DateTimeOffset? next = null;
            if (account.Customer is { } customer && MilestoneRun.Find(customer.Milestones, Set.Id) is { } run)
            {
                foreach (var reached in run.Reached)
                {
                    next = reached.At > at && (next is null || reached.At < next) ? reached.At : next;
                }
            }

            return next;
        }
    }

    /// <summary>What people say: the mean of everybody's latest answer of each kind. Not known before the first.</summary>
    /// <param name="Signals">Types of the signals that carry them.</param>
    /// <param name="Window">Older ones are left out; null: none are.</param>
    /// <param name="Of">The best answer; null: as the kind has it.</param>
    public sealed record Opinion(string Id, double Weight, ImmutableArray<string> Signals, TimeSpan? Window, double? Of) : HealthMeasure(Id, Weight)
    {
        public override double? ShareAt(Account account, DateTimeOffset at) => Mean(account, at) is var (count, sum) && count > 0 ? sum / count : null;

        public override string SeenAt(Account account, DateTimeOffset at) => Mean(account, at).Count switch
        {
            0 => "nobody answered",
            1 => "1 answer",
            var many => $"{many.ToString(CultureInfo.InvariantCulture)} answers",
        };

        public override DateTimeOffset? NextChange(Account account, DateTimeOffset at)
        {
            DateTimeOffset? next = null;
            foreach (var answer in account.Customer?.Answers ?? [])
            {
                var change = answer.At > at ? answer.At : Window is { } window ? answer.At.Forth(window) : at;
                next = Signals.Contains(answer.Signal) && change > at && (next is null || change < next) ? change : next;
            }

            return next;
        }

        private (int Count, double Sum) Mean(Account account, DateTimeOffset at)
        {
            var answers = account.Customer?.Answers ?? [];
            var (count, sum) = (0, 0.0);
            for (var i = 0; i < answers.Length; i++)
            {
                if (answers[i].At <= at && Signals.Contains(answers[i].Signal) && (Window is not { } window || answers[i].At > at.Back(window)) && SurveyAnswer.IsLatest(answers, i, at))
                {
                    count++;
                    sum += answers[i].Share(Of);
                }
            }

            return (count, sum);
        }
    }

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
