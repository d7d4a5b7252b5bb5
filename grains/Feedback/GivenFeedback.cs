namespace Orchestrator.Grains.Feedback;

/// <summary>What one department told another about something that was done or said, tied to the version of it.</summary>
/// <param name="Id">That of the signal.</param>
/// <param name="Kind">What sort of thing it is about, such as `play` or `promise`.</param>
/// <param name="About">Its id; empty where the kind says it all.</param>
/// <param name="PlaybookVersion">The version of the playbook in which it stood; 0: it stands in none.</param>
/// <param name="Action">The action that gave rise to it; may be empty.</param>
public sealed record GivenFeedback(
    string Id, string From, string To, string Kind, string About, int PlaybookVersion, string Action, string Verdict, string Text, string By, DateTimeOffset GivenAt)
{
    /// <summary>When an answer is due; null: any time.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Since when the answer is late; null: it is not.</summary>
    public DateTimeOffset? LateSince { get; init; }

    public DateTimeOffset? AnsweredAt { get; init; }

    public string Answer { get; init; } = "";

    public string AnsweredBy { get; init; } = "";

    /// <summary>The version of the playbook that was changed because of it; 0: none.</summary>
    public int ChangedIn { get; init; }
}
