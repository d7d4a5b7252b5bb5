using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Orchestrator.V1;
using Xunit;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.Tests.Survivorship;

/// <summary>The proof by comparison: in one world two accounts become one and are undone, in the other nobody ever took them for one.</summary>
public sealed class AccountPartingTests
{
    private const string Old = "b-2";
    private static readonly string Model = Samples.File("deploy/playbooks/the-model.yaml");

    [Fact]
    public void A9_whole_accounts_merged_and_unmerged_at_once_are_never_merged_byte_for_byte()
    {
        var used = new SortedSet<string>(StringComparer.Ordinal);
        for (var seed = 0; seed < 60; seed++)
        {
            var (merged, never) = (Scene.Given(Model), Scene.Given(Model));
            var random = new Random(seed);
            Qualify(seed, merged, never);
            Live(random, 25 + random.Next(40), merged, never);
            Note(used, merged);
            merged.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, Old), Scene.Company));
            Assert.Equal(Scene.Company, merged.AccountOf(Old).ForwardedTo);
            Assert.IsType<Verdict.Accepted>(merged.Unmerge(Old).Verdict);
            AssertSame(never, merged, seed, Bytes);
        }

        Assert.Equal("customer dealings journey left open-action request slots standing support", string.Join(' ', used));
    }

    /// <summary>With what came since on the side that it named. What plays offered since went out, and is left out here.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A9_what_came_between_merge_and_undo_is_on_the_side_that_it_named(int first)
    {
        for (var seed = first * 15; seed < (first + 1) * 15; seed++)
        {
            var (merged, never) = (Scene.Given(Model), Scene.Given(Model));
            var random = new Random(seed);
            Qualify(seed, merged, never);
            Live(random, 25 + random.Next(20), merged, never);
            merged.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, Old), Scene.Company));
            Live(random, 5 + random.Next(20), merged, never);
            Assert.IsType<Verdict.Accepted>(merged.Unmerge(Old).Verdict);
            AssertSame(never, merged, seed, Known);
            Live(random, 5, merged, never);
            AssertSame(never, merged, seed, Known);
        }
    }

    private static void AssertSame(Scene never, Scene merged, int seed, Func<GrainState, string> show)
    {
        foreach (var expected in never.States.Where(s => s is Account or Contact { Exists: true }))
        {
            var actual = merged.States.First(s => s.Key == expected.Key);
            var (one, other) = (show(expected), show(actual));
            Assert.True(one == other, $"seed {seed}: {expected.Key}\nnever:  {Around(one, other)}\nmerged: {Around(other, one)}\n{Trail(never)}\n{Trail(merged)}");
        }

        foreach (var identity in never.States.OfType<Identity>())
        {
            Assert.Equal(identity.Contact, merged.States.OfType<Identity>().First(i => i.Key == identity.Key).Contact);
        }
    }

    /// <summary>Every third time the account that ends is handed over from one department to another, and somebody is asked to take it.</summary>
    private static void Qualify(int seed, params Scene[] scenes)
    {
        foreach (var scene in scenes)
        {
            for (var i = 0; seed % 3 == 0 && i < 8; i++)
            {
                scene.Record(scene.NewSignal(i == 0 ? "form.submitted" : "webinar.attended", $"old{i % 3}", i == 0 ? [] : ["minutes", 9]), Old);
                scene.Record(scene.NewSignal("account.updated", "", "industry", "software", "employees", 900, "country", "JP"), Old);
            }

            if (seed % 6 == 0 && scene.AccountOf(Old).OpenActions.FirstOrDefault(a => a.Request is not null) is { } asked)
            {
                scene.Do(new AccountCommand.Settle(GrainKey.Account(Scene.Tenant, Old), asked.Id, new Grains.Accounts.Settlement.Done("accepted", "") { By = "kim" }));
            }
        }
    }

    /// <summary>Which rooms of the account that ends are in use.</summary>
    private static void Note(SortedSet<string> used, Scene scene)
    {
        var account = scene.AccountOf(Old);
        (string Room, bool IsUsed)[] rooms =
        [
            ("dealings", account.Dealings is not null), ("customer", account.Customer is not null), ("support", account.Support is not null), ("standing", account.Standing is not null),
            ("journey", account.Journey is not null), ("left", account.Standing?.Left.IsEmpty == false), ("open-action", account.OpenActions.Any(a => a.Request is null)),
            ("request", account.OpenActions.Any(a => a.Request is not null)), ("slots", !account.Slots.IsEmpty),
        ];
        used.UnionWith(rooms.Where(r => r.IsUsed).Select(r => r.Room));
    }

    /// <summary>Both live on: signals of both accounts, by name of the account or of a person, and days.</summary>
    private static void Live(Random random, int steps, params Scene[] scenes)
    {
        for (var step = 0; step < steps; step++)
        {
            var (account, kind, who, days, number) = (random.Next(2) == 0 ? Scene.Company : Old, random.Next(22), random.Next(4), random.Next(4), random.Next(1_000_000));
            var routed = kind < 6 && random.Next(3) == 0;
            foreach (var scene in scenes)
            {
                scene.After(TimeSpan.FromHours((days * 24) + 1));
                var (type, person, properties) = What(kind, who == 3 ? "both" : $"{(account == Old ? "old" : "new")}{who}", number, scene.Now);
                var signal = scene.NewSignal(type, person, properties);
                signal.Id = $"k{step}-{number}";
                if (routed && scene.IdentityOf(person).Contact is not null)
                {
                    scene.Route(signal);
                }
                else
                {
                    signal.Account = account;
                    scene.Record(signal, account);
                    Assert.True(scene.Verdict is Verdict.Accepted || scene.Rejection is Rejection.BadSignal, scene.Verdict.ToString());
                }
            }
        }

        foreach (var scene in scenes)
        {
            scene.After(TimeSpan.FromMinutes(1));
        }
    }

    private static (string Type, string Person, object[] Properties) What(int kind, string who, int number, DateTimeOffset now) => kind switch
    {
        0 => ("page.viewed", who, ["url", "/", "topic", "pricing"]),
        1 => ("content.downloaded", who, ["asset", "a", "topic", "roi"]),
        2 => ("form.submitted", who, []),
        3 => ("webinar.attended", who, ["minutes", 30]),
        4 => ("product.used", who, ["feature", number % 2 == 0 ? "admin" : "report"]),
        5 => ("contact.updated", who, ["title", $"head of {number % 5}"]),
        6 => ("account.updated", "", ["industry", "software", "employees", 100 + number % 300, "country", "JP"]),
        7 => ("meeting.booked", who, ["at", now]),
        8 => ("meeting.held", who, ["note", "went well"]),
        9 => ("opportunity.updated", who, ["opportunity", $"o{number % 3}", "amount", new Money { Currency = "JPY", MinorUnits = number }, "next-step", "call", "next-step-at", now.AddDays(5)]),
        10 => ("contract.signed", who, ["opportunity", $"o{number % 3}", "amount", new Money { Currency = "JPY", MinorUnits = number }, "renews-at", now.AddDays(200)]),
        11 => ("opportunity.lost", who, ["opportunity", $"o{number % 3}", "reason", "timing"]),
        12 => ("purchase.made", who, ["amount", new Money { Currency = "JPY", MinorUnits = number }, "product", "p"]),
        13 => ("ticket.opened", who, ["severity", 1 + (number % 3)]),
        14 => ("ticket.closed", who, []),
        15 => ("survey.answered", who, ["kind", "nps", "score", number % 11]),
        16 => ("insight.noted", "", ["about", $"topic {number % 3}", "text", "t", "valid-for", TimeSpan.FromDays(30)]),
        17 => ("feedback.given", "", ["from", "inside-sales", "to", "marketing", "about", "play:call-the-champion", "verdict", "good"]),
        18 => ("role.assigned", who, ["role", number % 2 == 0 ? "champion" : "end-user"]),
        19 => ("consent.given", who, ["purpose", "marketing", "channel", "email"]),
        20 => ("contact.left", who, ["reason", "gone"]),
        _ => ("owner.assigned", "", ["department", "sales", "owner", number % 2 == 0 ? "kim" : "lee"]),
    };

    private static string Bytes(GrainState state) => StateForm.Write(state switch
    {
        // A place in the journal, and the addresses that a merge leaves behind for what is on its way, are no part of what is known.
        Account account => account with { Wake = null, Seen = SeenSignals.None, History = Own(account.History), Deferrals = [], OpenActions = [.. account.OpenActions.OrderBy(a => a.Id, StringComparer.Ordinal)] },
        _ => state with { Wake = null },
    }, 0).ToString();

    private static string Known(GrainState state) => Bytes(state switch
    {
        Account account => account with
        {
            OpenActions = [.. account.OpenActions.Where(a => a.Request is not null).Select(a => a with { Id = a.Request!.Subject })],
            Slots = [],
            Rests = [],
            Ended = [],
            Dealings = account.Dealings is { } dealings ? dealings with { Full = [] } : null,
            Customer = account.Customer is { } customer ? customer with { SelfService = [] } : null,
        },
        Contact contact => contact with { Slots = [], Rests = [] },
        _ => state,
    });

    private static AccountHistory? Own(AccountHistory? history)
    {
        var own = history is null ? null : history with { Parted = [], PartedAccounts = [] };
        return own is null || (own.SettlesAt is null && own.Latest.IsEmpty && own.Overrides.IsEmpty && own.Merging.Length == 0) ? null : own;
    }

    private static string Trail(Scene scene) => string.Join(' ', scene.Past.Where(p => p.Fact.Event is AccountEvent.SignalRecorded e && e.Signal.Identifiers.Any(i => i.Value.StartsWith("both", StringComparison.Ordinal))).TakeLast(6).Select(p => $"{p.Grain.Affinity}<-{((AccountEvent.SignalRecorded)p.Fact.Event).Signal.Id}/{((AccountEvent.SignalRecorded)p.Fact.Event).Signal.Account}"));

    private static string Around(string one, string other)
    {
        var at = 0;
        while (at < one.Length && at < other.Length && one[at] == other[at])
        {
            at++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"[{at}] …{one[Math.Max(0, at - 200)..Math.Min(one.Length, at + 300)]}");
    }
}
