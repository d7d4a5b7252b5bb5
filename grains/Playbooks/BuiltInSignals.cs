using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

/// <summary>Signals that the Orchestrator itself understands; no playbook declares them.</summary>
public static class BuiltInSignals
{
    /// <summary>Properties are the account's attributes; an empty value removes one.</summary>
    public const string AccountUpdated = "account.updated";

    /// <summary>Properties are the contact's attributes; an empty value removes one.</summary>
    public const string ContactUpdated = "contact.updated";

    public const string RoleAssigned = "role.assigned";
    public const string RoleVacated = "role.vacated";
    public const string ConsentGiven = "consent.given";
    public const string ConsentWithdrawn = "consent.withdrawn";
    /// <summary>The person has confirmed what they agreed to, for example by a link in a mail: needed where the playbook asks for `double-opt-in`.</summary>
    public const string ConsentConfirmed = "consent.confirmed";

    public const string ActionOutcome = "action.outcome";

    /// <summary>Somebody is with the company, perhaps in a role, perhaps again.</summary>
    public const string ContactJoined = "contact.joined";

    /// <summary>Somebody is no longer with the company.</summary>
    public const string ContactLeft = "contact.left";

    /// <summary>Somebody works for another company now: `to` is its account.</summary>
    public const string ContactMoved = "contact.moved";

    /// <summary>The account is a part of the account `parent`; an empty one ends that.</summary>
    public const string AccountAffiliated = "account.affiliated";

    /// <summary>From which feature level on silos know it; 0 for a type that is not built in.</summary>
    public static int LevelOf(string type) => Reading.LanguageLevels.LevelOf(Reading.LanguageLevels.Signals, type);

    private static readonly PropertyDefinition Offering = Text("offering") with { Optional = true };
    /// <summary>Answers one of the questions of a deal; an empty answer withdraws it.</summary>
    public const string DealAnswered = "deal.answered";

    /// <summary>A customer in the expansion phase is ready to buy more; the account sends it to itself.</summary>
    public const string ExpansionTriggered = "expansion.triggered";

    /// <summary>Says who of a department acts for the account, or, without a department, who answers for it from end to end. An empty owner leaves it to the department.</summary>
    public const string OwnerAssigned = "owner.assigned";

    /// <summary>Offers a handoff again that came back.</summary>
    public const string HandoffOffered = "handoff.offered";

    /// <summary>Somebody is to enter a journey beside the main one: by hand where a person asserts it, else by a system.</summary>
    public const string JourneyRequested = "journey.requested";

    public const string PromiseMade = "promise.made";
    public const string PromiseKept = "promise.kept";
    public const string PromiseBroken = "promise.broken";
    public const string InsightNoted = "insight.noted";
    public const string FeedbackGiven = "feedback.given";
    public const string FeedbackAnswered = "feedback.answered";

    private static readonly PropertyDefinition Role = Text("role");
    private static readonly PropertyDefinition Purpose = Text("purpose");
    private static readonly PropertyDefinition Channel = Text("channel") with { Optional = true };

    public static readonly ImmutableArray<SignalDefinition> All =
    [
        Of(AccountUpdated),
        Of(ContactUpdated),
        Of(RoleAssigned, Role, Offering),
        Of(RoleVacated, Role, Offering),
        Of(AccountAffiliated, Text("parent")),
        Of(ConsentGiven, Purpose, Channel),
        Of(ConsentWithdrawn, Purpose, Channel),
        Of(ConsentConfirmed, Purpose, Channel),
        Of(ActionOutcome, Text("outcome")),
        Of(OwnerAssigned, Text("owner"), Maybe("department")),
        Of(HandoffOffered, Text("handoff")),
        Of(PromiseMade, Text("promise"), Text("text"), Maybe("kind"), Maybe("opportunity"), Maybe("due", PropertyType.Timestamp)),
        Of(PromiseKept, Text("promise"), Maybe("note")),
        Of(PromiseBroken, Text("promise"), Maybe("note")),
        Of(InsightNoted, Text("about"), Text("text"), Maybe("valid-for", PropertyType.Duration)),
        Of(FeedbackGiven, Text("from"), Text("to"), Text("about"), Text("verdict"), Maybe("text"), Maybe("of"), Maybe("version", PropertyType.Whole)),
        Of(FeedbackAnswered, Text("feedback"), Maybe("text"), Maybe("changed-in", PropertyType.Whole)),
        Of(DealAnswered, Text("opportunity"), Text("question"), Maybe("text"), Maybe("at", PropertyType.Timestamp), Maybe("awaits")),
        Of(JourneyRequested, Text("journey"), Maybe("reason")),
        .. SignalDefinition.BuiltIn,
    ];

    /// <summary>True for signals whose properties are attributes: any name is accepted that the playbook's schema of attributes has.</summary>
    public static bool CarriesAttributes(string type) => type is AccountUpdated or ContactUpdated;

    private static SignalDefinition Of(string id, params ImmutableArray<PropertyDefinition> properties) => new(id, default, Observed: true, [], properties);

    private static PropertyDefinition Maybe(string name, PropertyType type = PropertyType.Text) => new(name, default, type, Optional: true);

    private static PropertyDefinition Text(string name) => new(name, default, PropertyType.Text, Optional: false);
}
