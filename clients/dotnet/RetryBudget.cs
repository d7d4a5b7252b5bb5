namespace Orchestrator.Client;

/// <summary>The tokens of one channel's retries. Thread-safe.</summary>
sealed class RetryBudget(int tokens)
{
    // In tenths, so that a success gives back a whole number.
    readonly int full = tokens * 10;
    int left = tokens * 10;

    public void Succeeded() => Add(1);

    /// <summary>Pays for a failure. False: the budget is half empty; do not try again.</summary>
    public bool Failed() => Add(-10) > full / 2;

    int Add(int tenths)
    {
        while (true)
        {
            var before = Volatile.Read(ref left);
            var after = Math.Clamp(before + tenths, 0, full);
            if (before == after || Interlocked.CompareExchange(ref left, after, before) == before)
            {
                return after;
            }
        }
    }
}
