namespace Orchestrator.Grains.Tests.Deciding;

/// <summary>Playbook texts that tests build upon: a head, and sections added by each test.</summary>
internal static class SmallPlaybooks
{
    public const string Head = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        roles:
          buyer: {required: 1, weight: 100, title: Buyer}
          user: {required: 1, weight: 40, title: User}
        attributes:
          account: {industry: string?, employees: int?, renews-at: timestamp?, time-zone: string?, exclusion: string?}
          contact: {title: string?, time-zone: string?}
        signals:
          page.viewed: {observed: true, properties: {topic: string?}}
          email.clicked: {observed: true}
          purchase.made: {observed: true, properties: {amount: money, kind: string?}}
          meeting.booked: {observed: true}

        """;

    public const string OneStage = "stages: {start: {kind: inventory}}\n";

    /// <summary>One mail to a person, worth sending, without cool-down.</summary>
    public const string OneMail = """
        plays:
          - {id: mail, for: contact, goal: email.clicked, horizon: 7d, cool-down: 1s, value: 100, valid-for: 30m, treatments: [{id: mail-a, channel: email}]}

        """;
}
