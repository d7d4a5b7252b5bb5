namespace Orchestrator.Grains.Decisions;

/// <summary>Why nothing is best: the furthest step that any candidate reached, in the order of deciding. Stored: never renumber.</summary>
public enum NoneReason
{
    /// <summary>The account's stage has no plays, or nobody to address.</summary>
    NoCandidates = 1,
    NeverClass = 2,
    NoRole = 3,
    NotTriggered = 4,
    AlreadyOpen = 5,
    CoolingDown = 6,
    NotEligible = 7,
    NotApplicable = 8,
    NotSuitable = 9,
    NoTreatment = 10,
    NoConsent = 11,
    Excluded = 12,
    Suppressed = 13,
    QuietHours = 14,
    OverCap = 15,
    Resting = 16,
    PeoplePerWeek = 17,
    NoCapacity = 18,
    /// <summary>Nothing was worth its cost.</summary>
    NotWorthIt = 19,
    HeldOut = 20,
    Paused = 50,
}

/// <summary>Reasons in plain words.</summary>
public static class NoneReasons
{
    public static string Describe(NoneReason reason) => reason switch
    {
        NoneReason.NoCandidates => "the stage has no plays, or nobody is known to address",
        NoneReason.NeverClass => "the account is classified `never`: no effort goes to it",
        NoneReason.NoRole => "no play of the stage is for the roles at hand",
        NoneReason.NotTriggered => "the plays of the stage wait for other signals",
        NoneReason.AlreadyOpen => "what could be done is open already",
        NoneReason.CoolingDown => "what could be done was done lately",
        NoneReason.NotEligible => "no play is eligible",
        NoneReason.NotApplicable => "no play applies now",
        NoneReason.NotSuitable => "no play is suitable now",
        NoneReason.NoTreatment => "no treatment fits",
        NoneReason.NoConsent => "there is no consent",
        NoneReason.Excluded => "the account is on an exclusion list",
        NoneReason.Suppressed => "the contact policy suppresses everything now",
        NoneReason.QuietHours => "these are quiet hours",
        NoneReason.OverCap => "a cap is used up",
        NoneReason.Resting => "the person rests after earlier outcomes",
        NoneReason.PeoplePerWeek => "enough different people were addressed this week",
        NoneReason.NoCapacity => "nobody has capacity",
        NoneReason.NotWorthIt => "nothing is worth its cost",
        NoneReason.Paused => "the playbook is paused",
        NoneReason.HeldOut => "the account is held out for comparison",
    };
}
