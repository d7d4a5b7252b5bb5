namespace Orchestrator.Grains.Decisions;

/// <summary>Why nothing is best: the furthest step that any candidate reached. Stored: never renumber.</summary>
public enum NoneReason
{
    /// <summary>The account's stage has no plays, or nobody to address.</summary>
    NoCandidates = 1,
    NoRole = 2,
    NotTriggered = 3,
    NotEligible = 4,
    NotApplicable = 5,
    NotSuitable = 6,
    NoTreatment = 7,
    NoConsent = 8,
    Excluded = 9,
    Suppressed = 10,
    QuietHours = 11,
    OverCap = 12,
    Resting = 13,
    CoolingDown = 14,
    AlreadyOpen = 15,
    PeoplePerWeek = 16,
    NoCapacity = 17,
    HeldOut = 18,
    /// <summary>Nothing was worth its cost.</summary>
    NotWorthIt = 19,
    NeverClass = 20,
}
