using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Lateness;
using Orchestrator.Grains.Tests.Playbooks;
using Orchestrator.V1;
using Xunit;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Grains.Tests.Survivorship;

/// <summary>Two worlds in which the same happens, with every room of accounts and people in use: in one of them two accounts are one for a while.</summary>
internal sealed class PartingWorlds
{
    public const string Old = "b-2";
    public const string Third = "c-3";
    private static readonly string[] Parts = ["kid-1", "kid-2", "kid-3"];

    /// <summary>What the model does not use.</summary>
    private const string Rooms = """

        promises:
          used: {kept-when: "signals.count('product.used', {'feature': 'report'}) >= 2", within: 30d}
        data-quality:
          account:
            attributes: {industry: {}}
            duplicates: {name: [industry], contacts: true}
          contact:
            attributes: {title: {}}
            alike: [title]
        journey-groups:
          care: {at-most: 1, on-conflict: displace, displaced: wait, wait-at-most: 20d}
          desk: {at-most: 1, on-conflict: queue, wait-at-most: 30d}
        journeys:
          reading: {of: contact, group: care, priority: 1, stages: {out: {}, in: {}, done: {}}, ends: [done], re-entry: {cool-down: 7d, since: end}, enter: [{id: downloads, to: in, on: [content.downloaded]}], transitions: [{id: tires, from: in, to: done, when: "journey_days('reading') >= 9.0"}]}
          rescue: {of: contact, group: care, priority: 9, stages: {out: {}, in: {}}, enter: [{id: trouble, to: in, on: [ticket.opened]}, {id: by-hand, to: in, by: manual}], transitions: [{id: calm, from: in, to: out, when: "signals.any(['ticket.closed'])"}]}
          deal-desk: {of: account, group: desk, priority: 5, stages: {out: {}, in: {}, done: {}}, ends: [done], re-entry: any-time, enter: [{id: priced, to: in, on: [opportunity.updated]}], transitions: [{id: settled, from: in, to: done, when: "journey_days('deal-desk') >= 6.0"}]}
          review: {of: account, group: desk, priority: 2, stages: {out: {}, in: {}, done: {}}, ends: [done], re-entry: {cool-down: 3d, since: end}, enter: [{id: active, to: in, when: "score.engagement >= 20.0"}], transitions: [{id: over, from: in, to: done, when: "journey_days('review') >= 4.0"}]}
          buying: {of: account, stages: {looks: {}, compares: {}, decides: {}}, transitions: [{id: reads, from: looks, to: compares, when: "signals.any(['content.downloaded'])"}, {id: meets, from: compares, to: decides, when: "signals.any(['meeting.held'])"}, {id: forgets, from: [compares, decides], to: looks, when: "journey_days('buying') >= 12.0"}]}
        buying-groups:
          storage: {members: "contact.title == 'head of 1' || contact.title == 'head of 2'"}
        counts:
          known: {when: "stage != 'awareness'", at-least: 2}
          eager: {when: "score.engagement >= 20.0", at-least: 1}
        goals:
          new-leads: {pool: hunter, enters: lead, target: 50, period: quarter}
          revenue: {pool: farmer, on: contract.signed, amount: "double(signal.amount)", target: 900000000, period: quarter}
        lateness: {tolerance: 10m, reach: 14d}

        """;

    private static readonly string Text = Samples.File("deploy/playbooks/the-model.yaml") + Rooms;

    /// <summary>Nothing goes out, so that nothing that went out can differ: all that is left must be equal.</summary>
    private static readonly string Silent = WithoutPlays(Text);

    private readonly Random random;
    private readonly Chronicle[] both;

    private PartingWorlds(int seed, string text)
    {
        random = new Random(seed);
        // With the journal at hand, so that what comes late is put right in both.
        both = [new Chronicle(text), new Chronicle(text)];
        Merged.MayRefuse = Never.MayRefuse = true;
    }

    public Scene Merged => both[0].Scene;

    public Scene Never => both[1].Scene;

    private IEnumerable<Scene> Both => both.Select(b => b.Scene);

    private bool IsMerged => Merged.AccountOf(Old).ForwardedTo.Length > 0;

    public static PartingWorlds WithPlays(int seed) => new(seed, Text);

    public static PartingWorlds WithoutPlays(int seed) => new(seed, Silent);

    /// <summary>What was there when the two became one: ids of actions and slots, of ended ones too.</summary>
    public HashSet<string> Before { get; private set; } = [];

    /// <summary>Plays of which something was offered since, in either world.</summary>
    public HashSet<string> OfferedSince => [.. Both.SelectMany(s => s.Journal).Select(f => f.Event).OfType<AccountEvent.ActionOffered>().Where(e => !Before.Contains(e.Action.Id)).Select(e => e.Action.Play)];

    public void Merge()
    {
        Before = [.. Never.States.OfType<Account>().SelectMany(a => a.OpenActions.Select(o => o.Id).Concat(a.Slots.Select(s => s.Id)).Concat(a.Ended.Select(e => e.Id))),
            .. Never.Journal.Select(f => f.Event).OfType<AccountEvent.ActionOffered>().Select(e => e.Action.Id)];
        Merged.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, Old), Scene.Company));
    }

    public void Undo() => Assert.IsType<Verdict.Accepted>(Merged.Unmerge(Old).Verdict);

    /// <summary>The account that ends is handed over from one department to another, and somebody is asked to take it.</summary>
    public void Qualify()
    {
        for (var i = 0; i < 8; i++)
        {
            Send(Old, i == 0 ? "form.submitted" : "webinar.attended", $"old{i % 3}", 7_000_001 + (i * 11), i == 0 ? [] : ["minutes", 9]);
            Send(Old, "account.updated", "", 8_000_001 + (i * 11), ["industry", "software", "employees", 900, "country", "JP"]);
        }
    }

    /// <summary>Somebody takes the account that ends from another department.</summary>
    public void Accept()
    {
        foreach (var scene in Both)
        {
            if (scene.AccountOf(Old).OpenActions.FirstOrDefault(a => a.Request is not null) is { } asked)
            {
                scene.Do(new AccountCommand.Settle(GrainKey.Account(Scene.Tenant, Old), asked.Id, new Grains.Accounts.Settlement.Done("accepted", "") { By = "kim" }));
            }
        }
    }

    /// <summary>Another system holds a slot of somebody of the account that ends, and one of its journeys waits for another.</summary>
    public void Hold()
    {
        for (var i = 0; i < 3; i++)
        {
            Send(Old, "webinar.attended", "old0", 9_000_001 + (i * 11), ["minutes", 9]);
        }

        Something(17, 9_000_101);
        Reserve(0, "held", ofOld: true);
    }

    /// <summary>Both live on.</summary>
    public void Live(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            var (what, days, number) = (random.Next(30), random.Next(3), random.Next(1_000_000));
            foreach (var one in both)
            {
                Chronicle.Advance(one, one.Scene.Now.AddHours((days * 24) + 1));
            }

            switch (what)
            {
                case 0 or 1:
                    Affiliate(random.Next(4), random.Next(4), number);
                    break;
                case 2 or 3:
                    Reserve(random.Next(3), $"q{number}", random.Next(2) == 0);
                    break;
                case 4 or 5:
                    EndReservation(random.Next(8), random.Next(2) == 0);
                    break;
                case 6:
                    Send(Parts[number % 3], "page.viewed", $"kid{number % 2}", number, ["url", "/"]);
                    break;
                case 7:
                    Send(Third, "contact.joined", Person(number), number, ["also", true, "role", "end-user"]);
                    break;
                default:
                    Something(what, number);
                    break;
            }
        }

        foreach (var one in both)
        {
            Chronicle.Advance(one, one.Scene.Now.AddMinutes(1));
        }
    }

    /// <summary>An account is part of another from now on, or of none.</summary>
    private void Affiliate(int who, int whose, int number)
    {
        string[] all = [Scene.Company, Old, "top", ""];
        var (part, whole) = who < 3 ? (Parts[who], all[whose]) : (all[number % 2], whose < 2 ? "top" : "");
        if (IsMerged && whose < 2 && Never.AccountOf(part).Standing?.Family?.Parent is Scene.Company or Old)
        {
            // While both are one, nobody moves from the one to the other.
            whole = "top";
        }

        Send(part, "account.affiliated", "", number, ["parent", whole]);
    }

    private void Something(int what, int number)
    {
        var account = number % 2 == 0 ? Scene.Company : Old;
        var (who, now) = (number / 2 % 4 == 3 ? "both" : $"{(account == Old ? "old" : "new")}{number / 2 % 4}", Merged.Now);
        var money = new Money { Currency = "JPY", MinorUnits = number };
        (string Type, string Person, object[] Properties) signal = what switch
        {
            8 => ("page.viewed", who, ["url", "/", "topic", "pricing"]),
            9 => ("content.downloaded", who, ["asset", "a", "topic", "roi"]),
            10 => ("form.submitted", who, []),
            11 => ("webinar.attended", who, ["minutes", 30]),
            12 => ("product.used", who, ["feature", number % 3 == 0 ? "admin" : "report"]),
            13 => ("contact.updated", who, ["title", $"head of {number % 5}"]),
            14 => ("account.updated", "", ["industry", number % 3 == 0 ? "software" : "finance", "employees", 100 + (number % 300), "country", "JP"]),
            15 => ("meeting.booked", who, ["at", now]),
            16 => ("meeting.held", who, ["note", "went well"]),
            17 => ("opportunity.updated", who, ["opportunity", $"o{number % 3}", "amount", money, "next-step", "call", "next-step-at", now.AddDays(5)]),
            18 => ("contract.signed", who, ["opportunity", $"o{number % 3}", "amount", money, "renews-at", now.AddDays(200)]),
            19 => ("opportunity.lost", who, ["opportunity", $"o{number % 3}", "reason", "timing"]),
            20 => ("purchase.made", who, ["amount", money, "product", "p"]),
            21 => ("ticket.opened", who, ["severity", 1 + (number % 3)]),
            22 => ("ticket.closed", who, []),
            23 => ("survey.answered", who, ["kind", "nps", "score", number % 11]),
            24 => ("promise.made", "", ["promise", $"p{number % 4}", "text", "t", "kind", "used", "opportunity", number % 3 == 0 ? "" : $"o{number % 3}"]),
            25 => number % 3 == 0 ? ("promise.kept", "", ["promise", $"p{number % 4}"]) : ("insight.noted", "", ["about", $"topic {number % 3}", "text", "t", "valid-for", TimeSpan.FromDays(30)]),
            26 => ("role.assigned", who, ["role", number % 3 == 0 ? "champion" : "end-user"]),
            27 => number % 3 == 0 ? ("contact.left", who, ["reason", "gone"]) : ("consent.given", who, ["purpose", "marketing", "channel", "email"]),
            28 => ("journey.requested", who, ["journey", "rescue", "reason", "asked for"]),
            _ => number % 2 == 0 ? ("owner.assigned", "", ["department", "sales", "owner", number % 3 == 0 ? "kim" : "lee"]) : ("incident.declared", who, []),
        };
        Send(account, signal.Type, signal.Person, number, signal.Properties);
    }

    private static string Person(int number) => number % 3 == 0 ? "both" : number % 3 == 1 ? $"old{number % 2}" : $"new{number % 2}";

    private void Send(string account, string type, string person, int number, object[] properties)
    {
        foreach (var one in both)
        {
            var scene = one.Scene;
            var signal = scene.NewSignal(type, person, properties);
            (signal.Id, signal.Account) = ($"k{number}-{scene.Now.UtcTicks}", account);
            if (number % 11 == 0)
            {
                signal.Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(scene.Now.AddMinutes(-30));
            }

            scene.Record(signal, account);
            Assert.True(scene.Verdict is Verdict.Accepted || scene.Rejection is Rejection.BadSignal, scene.Verdict.ToString());
            one.Correct();
        }
    }

    /// <summary>Somebody else's message to a person of one of the two: who asks is sent on to where the person is.</summary>
    private void Reserve(int who, string request, bool ofOld)
    {
        var (account, person) = (ofOld ? Old : Scene.Company, Scene.Name($"{(ofOld ? "old" : "new")}{who}"));
        foreach (var scene in Both)
        {
            var at = scene.AccountOf(account).ForwardedTo is { Length: > 0 } into ? into : account;
            if (scene.AccountOf(at).Identifiers.TryGetValue(person, out var contact) && scene.AccountOf(at).Contacts.ContainsKey(contact))
            {
                scene.Do(new AccountCommand.Reserve(GrainKey.Account(Scene.Tenant, at), contact, request, "email", "", true, TimeSpan.FromDays(2)));
            }
        }
    }

    private void EndReservation(int which, bool sent)
    {
        foreach (var scene in Both)
        {
            var held = new[] { Scene.Company, Old }.Where(a => scene.AccountOf(a).ForwardedTo.Length == 0)
                .SelectMany(a => scene.AccountOf(a).Reservations.Where(r => r.State == ReservationState.Held).Select(r => (Account: a, Reservation: r))).OrderBy(r => r.Reservation.RequestId, StringComparer.Ordinal).ToList();
            if (held.Count > 0)
            {
                scene.Do(new AccountCommand.EndReservation(GrainKey.Account(Scene.Tenant, held[which % held.Count].Account), held[which % held.Count].Reservation.Id, sent));
            }
        }
    }

    private static string WithoutPlays(string text)
    {
        var lines = text.Split('\n').ToList();
        var from = lines.FindIndex(l => l.StartsWith("plays:", StringComparison.Ordinal));
        var to = lines.FindIndex(from, l => l.StartsWith("arbitration:", StringComparison.Ordinal));
        lines.RemoveRange(from, to - from);
        return string.Join('\n', lines.Where(l => !l.Contains("levers:", StringComparison.Ordinal) && !l.Contains("raise:", StringComparison.Ordinal)
            && !l.Contains("buyer-paced:", StringComparison.Ordinal) && !l.Contains("script-test", StringComparison.Ordinal)));
    }
}
