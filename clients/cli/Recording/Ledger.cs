using Orchestrator.V1;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.Cli.Recording;

/// <summary>Counts what became of rows and signals, and sends rejected rows to their file. Thread-safe.</summary>
/// <param name="rejects">Stays the caller's to dispose.</param>
sealed class Ledger(RejectFile rejects)
{
    readonly Lock gate = new();
    readonly Dictionary<SourceRow, Open> open = new(ReferenceEqualityComparer.Instance);

    public long Rows { get; private set; }

    /// <summary>Rows that no template of the mapping wanted.</summary>
    public long Skipped { get; private set; }

    public long Recorded { get; private set; }

    public long Duplicates { get; private set; }

    /// <summary>Signals that the silo refused.</summary>
    public long Refused { get; private set; }

    /// <summary>Rows in the rejects file: they could not become signals, or one of theirs was refused.</summary>
    public long Rejected { get; private set; }

    /// <summary>How often a signal was put off because the silo was overloaded.</summary>
    public long PutOff { get; private set; }

    public long Settled => Recorded + Duplicates + Refused;

    /// <summary>The signals of the rows, each with the row it must be settled for. Rows without signals are settled here.</summary>
    public IEnumerable<(SourceRow Row, Signal Signal)> Follow(IEnumerable<SourceRow> rows)
    {
        foreach (var row in rows)
        {
            Begin(row);
            foreach (var signal in row.Signals)
            {
                yield return (row, signal);
            }
        }
    }

    /// <summary>A final answer came for one of a row's signals.</summary>
    public void Settle(SourceRow row, Signal signal, Acknowledgement answer)
    {
        lock (gate)
        {
            var left = open[row];
            switch (answer.Result)
            {
                case Result.Recorded:
                    Recorded++;
                    break;
                case Result.Duplicate:
                    Duplicates++;
                    break;
                default:
                    Refused++;
                    left.Reasons.Add(row.Signals.Count == 1 ? answer.Reason : $"{signal.Type}: {answer.Reason}");
                    break;
            }

            if (--left.Signals == 0)
            {
                open.Remove(row);
                if (left.Reasons.Count > 0)
                {
                    Reject(row, string.Join("; ", left.Reasons));
                }
            }
        }
    }

    public void Postpone()
    {
        lock (gate)
        {
            PutOff++;
        }
    }

    void Begin(SourceRow row)
    {
        lock (gate)
        {
            Rows++;
            if (row.Refusal is { } reason)
            {
                Reject(row, reason);
            }
            else if (row.Signals.Count == 0)
            {
                Skipped++;
            }
            else
            {
                open.Add(row, new() { Signals = row.Signals.Count });
            }
        }
    }

    void Reject(SourceRow row, string reason)
    {
        Rejected++;
        rejects.Write(row, reason);
    }

    sealed class Open
    {
        public int Signals { get; set; }

        public List<string> Reasons { get; } = [];
    }
}
