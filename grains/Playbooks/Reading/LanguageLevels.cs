using System.Collections.Frozen;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>
/// Which feature level each word of a playbook belongs to: an older silo would not compile it, or would not read what comes of it. A new key, built-in signal or name of a condition is added
/// here, in the group of the highest level (tests/Architecture says which is missing).
/// </summary>
public static class LanguageLevels
{
    /// <summary>Built-in signals.</summary>
    public const string Signals = "@signal";

    /// <summary>Names and functions of conditions. Those under a prefix that a playbook declares, as `score.`, are of the level of what declares them.</summary>
    public const string Names = "@name";

    /// <summary>What a playbook declares itself.</summary>
    public static readonly IReadOnlyList<string> Declared = ["account.", "contact.", "score.", "signal."];

    // `Part words of level 1 | words of level 2 | ...`
    private const string Table =
        """
        Playbook playbook stages title currency time-zone lifecycle-owner departments segments roles buying-group channels attributes signals scores classification journey transitions plays arbitration contact-policy experiments experience | recycle milestones expansion-phase in-flight lateness paused buying-groups journeys counts goals journey-groups deal promises handoffs feedback data-quality matching
        Department title | pool capacity owners
        Capacity | open-actions per-owner
        Segment when | cadence people-per-week plays training
        BuyingGroup roles | engagement
        GroupEngagement | window cap-per-activity-day points
        Role title required weight assign
        Channel title kind quiet-hours capacity-per-day
        Attributes account contact | survive
        Survive | account contact
        Matching | free-mail rules
        MatchRule | id person account
        Signal observed by properties
        Score half-life cap-per-day points grades window versus on by | trend measures model amount horizon margin discount parameters from
        Points when add
        Class when
        Journey start
        Stage title kind accountable sla
        StageSla within then
        Transition id from to when at reason agreed-by | requires-answers confirm reasons re-entry
        Play id for department mandatory stages roles on goal horizon eligible applicable suitable value cost valid-for cool-down class purpose treatments | self-service expansion advocacy saves
        Treatment id channel when subject preheader headline body button link note steps
        Arbitration priority levers context per-account buyer-paced explore none propensity
        Context when raise
        PerAccount people-per-week
        BuyerPaced when hold
        None allowed
        Propensity default plays treatments
        ContactPolicy caps over-cap quiet-hours rest-after suppress-when exempt exclusions consent
        Cap per channel at-most rolling calendar segments
        QuietHours from to holidays days-off
        RestAfter outcome times within rest
        Consent purposes | double-opt-in
        Experiment id by plays share arm arms
        Experience stage role expects delivered-by measured-by | motive
        Deal | opportunity amount opened-by won-by lost-by questions flag-when
        Question | id ask dated
        Handoff | from to on packet accept-within else reasons
        Promise | kept-when within
        Feedback | from to about answer-within
        Owner | id open-actions
        Confirm | by within reject-to reasons
        Recycle | sources cool-down stage wake-on attempts then yield acquisition-cost
        ReEntry | rule cool-down since at-most per
        MilestoneSet | from all
        Milestone | id when within
        Measure | weight on window full sum bad property of milestones
        ValueParameters | unit r alpha a b p q v
        ExpansionPhase | when triggers
        ExpansionTrigger | id when signal cool-down
        InFlight | default map
        Lateness | tolerance correct-after reach
        Offering | title interest members roles priority
        SideJourney | title of stages start transitions ends group priority re-entry enter
        SideStage | title
        SideTransition | id from to when at reason
        DataQuality | weights account contact
        WatchedAttributes | attributes duplicates alike
        WatchedAttribute | weight fresh-for
        QualityWeights | complete fresh unique
        JourneyGroup | title at-most on-conflict displaced wait-at-most
        JourneyEntry | id to by on when schedule
        EntrySchedule | at days dates not-on-holidays
        Count | title when at-least
        Goal | title pool on enters when amount per target period
        Duplicates | name domain number phone contacts
        @signal account.updated contact.updated role.assigned role.vacated consent.given consent.withdrawn action.outcome | consent.confirmed contact.joined contact.left contact.moved account.affiliated deal.answered expansion.triggered owner.assigned handoff.offered journey.requested promise.made promise.kept promise.broken insight.noted feedback.given feedback.answered incident.declared incident.resolved
        @name now stage stage_days segment classification signals.any signals.count signals.sum signals.days_since quiet_for consent has_role | accountable.department accountable.owner answer answer().at answer().awaits answer().by answer().given answer().observed answers.age answers.count answers.missing asserted asserted_by buying_group().completeness buying_group().engagement buying_group().interested buying_group.completeness buying_group.engagement buying_group.vacant contact_joined contacts.active contract.amount contract.renews_at contract.signed_at count.reached data_quality.account data_quality.account_duplicates data_quality.account_lacking data_quality.contact data_quality.contact_lacking data_quality.duplicates deal.amount deal.flagged deal.id deal.open first_touch_minutes goal.reached handoff.pending handoff.returned has_open_opportunity has_open_ticket hierarchy.accounts hierarchy.contacts hierarchy.in_stage hierarchy.parent hierarchy.score hierarchy.signals incident_open insight insights.age insights.is_stale journey journey_days local_anniversary local_day milestones.days milestones.done milestones.overdue milestones.reached next_local observed prefers purchased recycle.attempts recycle.cooling recycle.reason recycle.returns recycle.source referrals.count referred self_service.tried stage_reason stage_since
        """;

    private static readonly FrozenDictionary<(string Part, string Word), int> s_levels = Read();

    /// <summary>From which level on it may be used; 0 if nobody has given it one.</summary>
    /// <param name="part">A <see cref="SectionKind"/>, <see cref="Signals"/> or <see cref="Names"/>.</param>
    public static int LevelOf(string part, string word) => s_levels.GetValueOrDefault((part, word));

    private static FrozenDictionary<(string, string), int> Read()
    {
        var levels = new Dictionary<(string, string), int>();
        foreach (var line in Table.Split('\n'))
        {
            var groups = line.Split('|');
            var part = groups[0].Split(' ')[0];
            for (var level = 1; level <= groups.Length; level++)
            {
                foreach (var word in groups[level - 1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(level == 1 ? 1 : 0))
                {
                    levels.Add((part, word), level);
                }
            }
        }

        return levels.ToFrozenDictionary();
    }
}
