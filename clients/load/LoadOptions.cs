namespace Orchestrator.Load;

/// <summary>What is sent where, and how fast.</summary>
public sealed record LoadOptions
{
    public required Uri Address { get; init; }

    /// <summary>Signals per second that fall due, evenly spaced.</summary>
    public double Rate { get; init; } = 25_000;

    /// <summary>Measured seconds, after <see cref="WarmUpSeconds"/>.</summary>
    public double Seconds { get; init; } = 20;

    /// <summary>Sent at the same rate before, verified like the rest, but not measured.</summary>
    public double WarmUpSeconds { get; init; } = 2;

    /// <summary>How long to wait for acknowledgements after the last signal fell due.</summary>
    public double DrainSeconds { get; init; } = 30;

    public int Accounts { get; init; } = 20_000;

    /// <summary>Spread evenly over the accounts; at least as many.</summary>
    public int Contacts { get; init; } = 100_000;

    /// <summary>Exponent of the popularity of accounts; 0 = all alike.</summary>
    public double Zipf { get; init; } = 1;

    /// <summary>Goes through the accounts one after the other instead of drawing them: touches each once before any twice.</summary>
    public bool Sequential { get; init; }

    /// <summary>Calls that the signals are dealt out to in turn.</summary>
    public int Streams { get; init; } = 4;

    public ulong Seed { get; init; } = 1;

    public LoadMode Mode { get; init; } = LoadMode.Record;

    /// <summary>Sends what was answered with OVERLOADED again after the time that the silo asked for.</summary>
    public bool Retry { get; init; } = true;

    /// <summary>Prefix of the signals' ids, up to 40 characters; must differ between runs against one store.</summary>
    public string Run { get; init; } = "r";

    /// <summary>How often what fell due is sent; milliseconds. A larger tick makes fewer, larger writes; the wait counts as latency.</summary>
    public int TickMilliseconds { get; init; } = 2;
}

/// <summary>Which call carries the signals.</summary>
public enum LoadMode
{
    /// <summary>One long duplex call a stream, one signal a message.</summary>
    Record,

    /// <summary>A unary call for what fell due since the last tick.</summary>
    Batch,
}
