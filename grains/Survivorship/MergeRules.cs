using System.Collections.Frozen;

namespace Orchestrator.Grains.Survivorship;

/// <summary>
/// What stays when two accounts, or two contacts, become one: for each property of their states one rule. A property without a rule fails the build's tests, so that
/// nothing that is added later gets lost in a merge. <see cref="AccountMerge"/>, <see cref="PersonMerge"/> and the turns of <see cref="Accounts.AccountTurn"/> keep to it.
/// </summary>
public static class MergeRules
{
    /// <summary>By property of an account. "Ours" is the one that carries on.</summary>
    public static FrozenDictionary<string, string> Account { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Exists"] = "ours",
        ["Provisional"] = "ours: a named account stays named",
        ["ForwardedTo"] = "theirs leads to ours from then on",
        ["Stage"] = "ours; theirs if ours has never moved. Then criteria are judged with all that is known",
        ["StageSince"] = "with the stage",
        ["StageBy"] = "with the stage",
        ["SlaBreached"] = "with the stage",
        ["OpenedAt"] = "the earlier",
        ["Attributes"] = "by the playbook's `attributes.survive`, else the newest",
        ["Contacts"] = "all; who is known under one name in both is one person. Also those who have left",
        ["Identifiers"] = "all; those of people who have left and are elsewhere lead there",
        ["Scores"] = "added, each decayed to the same instant",
        ["Tallies"] = "added, with their windows",
        ["LastSignalAt"] = "the later",
        ["SignalCount"] = "added",
        ["OpenActions"] = "ours; theirs are withdrawn, their slots and their department's capacity freed once, and what is best is decided anew for the one account",
        ["Slots"] = "all, each message once: they count against the caps of the one account",
        ["Reservations"] = "all, each once; one that is held is held on, and ends through either account",
        ["Seen"] = "all: a signal sent again is known",
        ["Ended"] = "ours; a late word on theirs is answered where it was leased",
        ["Deferrals"] = "all, one for each person and type of signal",
        ["Rests"] = "all; of one play the later end",
        ["Journey"] = "stays in the pool, comings by a transition and what they saved are added; the last stay, first touch, reason and reassignment go with the stage",
        ["Dealings"] = "all deals, promises, insights, notes and feedback: of one deal or insight that both know the later word, of its answers the newest; of two owners in one department ours. What waits for answers and handoffs that came back go with the stage; full departments are asked again",
        ["Customer"] = "purchases, referrals and self-service added, all answers; the later contract; of milestones the earlier start and instant; who referred first; in expansion since the earlier",
        ["Standing"] = "activity, roles and memberships of offerings and likeness go with each person, who left with their reason; of a journey beside the main one the place entered last, all entries of both; the parent of ours, the parts of both; who took a role last stays as ours has it; suspicions of other accounts are ours, without the one that joined, and found anew",
        ["History"] = "words on who belongs where and addresses left behind of both; loading of history as ours has it",
        ["Flight"] = "ours: the version that it goes by",
        ["Boards"] = "where ours counts; of the news of one count or goal the highest, of equals the later",
        ["Support"] = "all open tickets and incidents, each once",
        ["Lateness"] = "late signals, changed decisions and corrections of both; what waits to be put right is ours",
        ["IsFlagged"] = "follows from the open actions",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>By property of a contact.</summary>
    public static FrozenDictionary<string, string> Contact { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Exists"] = "ours",
        ["OpenedAt"] = "the earlier",
        ["Identifiers"] = "all",
        ["Roles"] = "all; one for single offerings does not widen a person who had none, nor narrow one who had it for all",
        ["Attributes"] = "by the playbook's `attributes.survive`, else the newest",
        ["Scores"] = "added, each decayed to the same instant",
        ["Consents"] = "per purpose and channel the most restrictive",
        ["Slots"] = "all, each message once",
        ["Rests"] = "all; of one play the later end",
        ["Outcomes"] = "all, each once",
        ["RestUntil"] = "the later",
        ["LastSignalAt"] = "the later",
        ["SignalCount"] = "added",
        ["Membership"] = "who is the home of somebody stays one, for all further accounts of both; otherwise at home where either is",
        ["MovedTo"] = "theirs leads to ours from then on",
        ["Standing"] = "of each journey the place entered last, all entries of both; who has left has left",
        ["IsFlagged"] = "never",
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
