using System.Diagnostics;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Silo.Insight;

/// <summary>What stands beside an account's stage, in the reader's words.</summary>
internal static class StandingText
{
    public static string KindOf(StandingEvent fact) => fact switch
    {
        StandingEvent.Engaged => "engaged",
        StandingEvent.RoleFilled => "role-filled",
        _ => throw new UnreachableException(),
    };

    public static string SentenceOf(StandingEvent fact) => fact switch
    {
        StandingEvent.Engaged e => $"`{e.Activity}` of contact `{e.Contact}` counts {Explanation.Number(e.Points)} for the engagement of the buying group.",
        StandingEvent.RoleFilled e => $"Contact `{e.Contact}` filled the role `{e.Role}`.",
        _ => throw new UnreachableException(),
    };

    /// <summary>Empty: it concerns the account as a whole.</summary>
    public static string PersonOf(StandingEvent fact) => fact switch
    {
        StandingEvent.Engaged e => e.Contact,
        StandingEvent.RoleFilled e => e.Contact,
        _ => throw new UnreachableException(),
    };
}
