namespace Orchestrator.Grains.Promises;

/// <summary>What became of a promise. Stored: never renumber.</summary>
public enum PromiseStanding
{
    Open = 0,
    Kept = 1,
    Broken = 2,
}

/// <summary>What somebody of us promised an account, and what became of it.</summary>
/// <param name="Id">As `promise.made` names it; never empty.</param>
/// <param name="Kind">The kind of the playbook by which it is measured; empty: somebody's word tells.</param>
/// <param name="Deal">The deal it was made for; empty: none. Its deadline then counts from the day the deal was won.</param>
/// <param name="By">Who promised it.</param>
/// <param name="Stage">Where the account was then.</param>
public sealed record Promise(string Id, string Text, string Kind, string Deal, string By, string Stage, DateTimeOffset MadeAt)
{
    /// <summary>It is broken if it is not kept by then; null: no deadline, or the deal is not won yet.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public PromiseStanding Standing { get; init; }

    /// <summary>Null while open.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>Who said so or the condition with what it saw; empty while open.</summary>
    public string Because { get; init; } = "";

    /// <summary>When it was told to be broken, though signals that came late say that it was not; null: it was not.</summary>
    public DateTimeOffset? ToldBrokenAt { get; init; }
}

internal static class PromiseWords
{
    public static string Of(PromiseStanding standing) => standing switch
    {
        PromiseStanding.Open => "open",
        PromiseStanding.Kept => "kept",
        PromiseStanding.Broken => "broken",
    };
}
