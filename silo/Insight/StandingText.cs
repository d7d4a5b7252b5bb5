using System.Diagnostics;
using Orchestrator.Grains.Provenance;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Silo.Insight;

/// <summary>What stands beside an account's stage, in the reader's words.</summary>
internal static class StandingText
{
    public static string KindOf(StandingEvent fact) => fact switch
    {
        StandingEvent.Engaged => "engaged",
        StandingEvent.ActivityBrought => "engaged",
        StandingEvent.RoleFilled => "role-filled",
        StandingEvent.OfferingRoleSet or StandingEvent.MemberJudged => "buying-group",
        StandingEvent.PersonLeft => "contact-left",
        StandingEvent.PersonReturned => "contact-returned",
        StandingEvent.JourneyEntered => "journey",
        StandingEvent.OfEntry e => EntryText.KindOf(e.Event),
        StandingEvent.ParentNamed or StandingEvent.ParentConfirmed or StandingEvent.ParentRefused or StandingEvent.BranchCounted or StandingEvent.BranchLeft => "hierarchy",
        StandingEvent.Likened => "likeness",
        StandingEvent.TwinsHeard => "duplicates",
        StandingEvent.TwinDismissed => "duplicate-dismissed",
        _ => throw new UnreachableException(),
    };

    public static string SentenceOf(StandingEvent fact) => fact switch
    {
        StandingEvent.Engaged e => $"`{e.Activity}` of contact `{e.Contact}` counts {Explanation.Number(e.Points)} for the engagement of the buying group.",
        StandingEvent.ActivityBrought e => $"What contact `{e.Contact}` did before counts for the engagement of the buying group.",
        StandingEvent.RoleFilled e => $"Contact `{e.Contact}` filled the role `{e.Role}`.",
        StandingEvent.OfferingRoleSet e => $"Contact `{e.Contact}` {(e.Assigned ? "got" : "lost")} the role `{e.Role}` for `{e.Offering}`.",
        StandingEvent.MemberJudged e => $"Contact `{e.Contact}` {(e.Belongs ? "belongs" : "does not belong any more")} to the buying group for `{e.Offering}`.",
        StandingEvent.PersonLeft { To: { } to } e => $"Contact `{e.Contact}` left for account `{to.Affinity}` and is `{to.Id}` there.",
        StandingEvent.PersonLeft e => $"Contact `{e.Contact}` left the company{(e.Reason.Length > 0 ? $": {e.Reason}" : "")}.",
        StandingEvent.PersonReturned e => $"Contact `{e.Contact}` is with the company again.",
        StandingEvent.JourneyEntered { Step: var s } => $"In journey `{s.Journey}` the account moved from `{s.From}` to `{s.To}` by `{s.Transition}`{(s.Reason.Length > 0 ? $", reason: {s.Reason}" : "")}.",
        StandingEvent.OfEntry e => EntryText.SentenceOf(e),
        StandingEvent.ParentNamed { Parent.Length: 0 } => "The account is part of no other account any more.",
        StandingEvent.ParentNamed e => $"The account is said to be part of account `{e.Parent}`.",
        StandingEvent.ParentConfirmed e => $"The account counts as part of account `{e.Parent}`.",
        StandingEvent.ParentRefused e => $"The account cannot be part of account `{e.Parent}`: {e.Reason}.",
        StandingEvent.BranchCounted e => $"Account `{e.Child}`, a part of this one, amounts to {e.Branch.Accounts} accounts with {e.Branch.Contacts} contacts and {e.Branch.Signals} signals.",
        StandingEvent.BranchLeft e => $"Account `{e.Child}` is no longer part of this one.",
        StandingEvent.TwinsHeard { Accounts.Count: 0 } e => $"No other account has the same {e.Kind} any more.",
        StandingEvent.TwinsHeard e => $"The same {e.Kind} have {string.Join(", ", e.Accounts.Select(a => $"`{a}`"))}: they may be the same company.",
        StandingEvent.TwinDismissed e => $"{(e.By.Length > 0 ? $"`{e.By}`" : "Somebody")} said that account `{e.Account}` is another company{(e.Reason.Length > 0 ? $": {e.Reason}" : "")}.",
        StandingEvent.Likened { Likeness: 0 } e => $"Contact `{e.Contact}` is suspected to be nobody else.",
        StandingEvent.Likened e => $"Contact `{e.Contact}` is compared with others by what became known.",
        _ => throw new UnreachableException(),
    };

    /// <summary>Empty: it concerns the account as a whole.</summary>
    public static string PersonOf(StandingEvent fact) => fact switch
    {
        StandingEvent.Engaged e => e.Contact,
        StandingEvent.ActivityBrought e => e.Contact,
        StandingEvent.RoleFilled e => e.Contact,
        StandingEvent.OfferingRoleSet e => e.Contact,
        StandingEvent.MemberJudged e => e.Contact,
        StandingEvent.PersonLeft e => e.Contact,
        StandingEvent.PersonReturned e => e.Contact,
        StandingEvent.Likened e => e.Contact,
        StandingEvent.OfEntry e => e.Contact,
        _ => "",
    };

    /// <summary>Who says so, as the end of a sentence; empty if nobody is named.</summary>
    public static string Said(Origin? origin) => origin switch
    {
        { Asserted: true, By.Length: > 0 } => $", asserted by `{origin.By}`",
        { Asserted: true } => ", asserted by somebody",
        { Source.Length: > 0 } => $", observed by `{origin.Source}`",
        _ => "",
    };
}
