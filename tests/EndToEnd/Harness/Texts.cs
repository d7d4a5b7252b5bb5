using Orchestrator.V1;

namespace Orchestrator.EndToEnd.Harness;

/// <summary>Playbooks and signals of the tests.</summary>
static class Texts
{
    /// <summary>Without plays.</summary>
    public const string Head = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        roles:
          buyer: {required: 1, weight: 100, title: Buyer}
        attributes:
          account: {country: string?}
          contact: {title: string?}
        signals:
          page.viewed: {observed: true, properties: {topic: string?}}
          email.clicked: {observed: true}
          purchase.made: {observed: true, properties: {amount: money, kind: string?}}
        scores:
          engagement: {half-life: 7d, points: {page.viewed: 1, purchase.made: 10}}

        """;

    public const string Journey = """
        stages:
          start: {kind: inventory}
          engaged: {kind: inventory}
        transitions:
          - {id: warms, from: start, to: engaged, when: "score.engagement >= 20.0"}

        """;

    /// <summary>Each page view asks for a mail to whoever viewed it, a second after the last one at the earliest.</summary>
    public const string Mails = Head + Journey + """
        plays:
          - {id: mail, for: contact, on: page.viewed, goal: email.clicked, horizon: 7d, cool-down: 1s, value: 100, valid-for: 30m, treatments: [{id: mail-a, channel: email}]}

        """;

    /// <summary>The same with at most one mail for an account in 30 days.</summary>
    public const string OneMailAnAccount = Mails + """
        contact-policy:
          caps:
            - {per: account, channel: email, at-most: 1, rolling: 30d}

        """;

    public static Signal Viewed(string id, string account, string person = "ann") => new()
    {
        Id = id,
        Type = "page.viewed",
        Account = account,
        Identifiers = { new Identifier { Kind = "email", Value = $"{person}@{account}.example" } },
    };

    public static Signal Bought(string id, string account, long pence) => new()
    {
        Id = id,
        Type = "purchase.made",
        Account = account,
        Properties = { ["amount"] = new Value { Money = new Money { MinorUnits = pence, Currency = "GBP" } } },
    };
}
