using System.Reflection;
using System.Text.Json;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Playbooks.Comparing;
using Orchestrator.Grains.Playbooks.Schema;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

/// <summary>A difference in any section of the grammar is told: none is passed over in silence.</summary>
public sealed class DiffSectionsTests
{
    private const string Base = "unrelated: {x: 1}\n";

    /// <summary>By key of the grammar: a section, what it becomes, and how that is told.</summary>
    private static readonly Dictionary<string, (string Before, string After, string Told)> Sections = new(StringComparer.Ordinal)
    {
        ["playbook"] = ("one", "two", "playbook: `one` -> `two`"),
        ["title"] = ("{en: A}", "{en: B}", "title: en `A` -> `B`"),
        ["currency"] = ("EUR", "JPY", "currency: `EUR` -> `JPY`"),
        ["time-zone"] = ("Asia/Tokyo", "Europe/Paris", "time-zone: `Asia/Tokyo` -> `Europe/Paris`"),
        ["lifecycle-owner"] = ("office", "board", "lifecycle-owner: `office` -> `board`"),
        ["departments"] = ("{sales: {pool: hunter}}", "{sales: {pool: farmer}}", "department `sales`: pool `hunter` -> `farmer`"),
        ["segments"] = ("{a: {when: 'true'}, b: {when: 'false'}}", "{b: {when: 'false'}, a: {when: 'true'}}", "segments: the order changes from a, b to b, a"),
        ["roles"] = ("{buyer: {weight: 100}}", "{buyer: {weight: 80}}", "role `buyer`: weight `100` -> `80`"),
        ["buying-group"] = ("{engagement: {window: 30d}}", "{engagement: {window: 10d}}", "buying-group: engagement.window `30d` -> `10d`"),
        ["buying-groups"] = ("{storage: {priority: 1}}", "{storage: {priority: 2}}", "buying group `storage`: priority `1` -> `2`"),
        ["channels"] = ("{mail: {kind: push}}", "{mail: {kind: pull}}", "channel `mail`: kind `push` -> `pull`"),
        ["attributes"] = ("{account: {size: int?}}", "{account: {size: string?}}", "attributes: account.size `int?` -> `string?`"),
        ["signals"] = ("{a: {observed: true}}", "{a: {observed: false}}", "signal `a`: observed `true` -> `false`"),
        ["scores"] = ("{fit: {half-life: 7d}}", "{fit: {half-life: 9d}}", "score `fit`: half-life `7d` -> `9d`"),
        ["classification"] = ("{now: {when: 'true'}}", "{now: {when: 'false'}}", "class `now`: when `true` -> `false`"),
        ["journey"] = ("{start: a}", "{start: b}", "journey: start `a` -> `b`"),
        ["stages"] = ("{a: {kind: gate}}", "{a: {kind: inventory}}", "stage `a`: kind `gate` -> `inventory`"),
        ["transitions"] = ("[{id: x, to: a}, {id: y, to: b}]", "[{id: y, to: b}, {id: x, to: a}]", "transitions: the order changes from x, y to y, x"),
        ["plays"] = ("[{id: x, value: 1}]", "[{id: x, value: 2}]", "play `x`: value `1` -> `2`"),
        ["arbitration"] = ("{explore: 0}", "{explore: 0.1}", "arbitration: explore `0` -> `0.1`"),
        ["contact-policy"] = ("{over-cap: wait}", "{over-cap: skip}", "contact-policy: over-cap `wait` -> `skip`"),
        ["experiments"] = ("[{id: x, share: 0.1}]", "[{id: x, share: 0.2}]", "experiment `x`: share `0.1` -> `0.2`"),
        ["experience"] = ("[{stage: a, role: b}]", "[{stage: a, role: c}]", "experience: entry {stage: `a`, role: `b`} is removed"),
        ["recycle"] = ("{attempts: 4}", "{attempts: 5}", "recycle: attempts `4` -> `5`"),
        ["milestones"] = ("{onboarding: [{id: a, within: 7d}]}", "{onboarding: [{id: a, within: 9d}]}", "milestone `onboarding`: a.within `7d` -> `9d`"),
        ["expansion-phase"] = ("{when: 'true'}", "{when: 'false'}", "expansion-phase: when `true` -> `false`"),
        ["in-flight"] = ("{default: follow}", "{default: pin}", "in-flight: default `follow` -> `pin`"),
        ["lateness"] = ("{tolerance: 5m}", "{tolerance: 9m}", "lateness: tolerance `5m` -> `9m`"),
        ["paused"] = ("hold", "skip", "paused: `hold` -> `skip`"),
        ["journeys"] = ("{rescue: {priority: 1}}", "{rescue: {priority: 2}}", "journey `rescue`: priority `1` -> `2`"),
        ["journey-groups"] = ("{care: {at-most: 1}}", "{care: {at-most: 2}}", "group of journeys `care`: at-most `1` -> `2`"),
        ["counts"] = ("{customers: {at-least: 25}}", "{customers: {at-least: 30}}", "count `customers`: at-least `25` -> `30`"),
        ["goals"] = ("{wins: {target: 12}}", "{wins: {target: 13}}", "goal `wins`: target `12` -> `13`"),
        ["deal"] = ("{flag-when: 'true'}", "{flag-when: 'false'}", "deal: flag-when `true` -> `false`"),
        ["promises"] = ("{used: {within: 30d}}", "{used: {within: 20d}}", "kind of promise `used`: within `30d` -> `20d`"),
        ["handoffs"] = ("[{from: a, to: b}]", "[{from: a, to: c}]", "handoffs: entry {from: `a`, to: `b`} is removed"),
        ["feedback"] = ("[{from: a, to: b}]", "[{from: a, to: c}]", "feedback: entry {from: `a`, to: `b`} is removed"),
        ["data-quality"] = ("{account: {duplicates: {name: [name, city]}}}", "{account: {duplicates: {name: [name, country]}}}", "data-quality: account.duplicates.name `city` is removed"),
        ["matching"] = ("{free-mail: [a.test]}", "{free-mail: [b.test]}", "matching: free-mail `a.test` is removed"),
    };

    /// <summary>By property of what a playbook says: the keys of the grammar that say it.</summary>
    private static readonly Dictionary<string, string[]> Properties = new(StringComparer.Ordinal)
    {
        ["Id"] = ["playbook"], ["Title"] = ["title"], ["Currency"] = ["currency"], ["TimeZone"] = ["time-zone"], ["LifecycleOwner"] = ["lifecycle-owner"], ["Departments"] = ["departments"],
        ["Segments"] = ["segments"], ["BuyingGroup"] = ["buying-group", "roles"], ["Channels"] = ["channels"], ["Attributes"] = ["attributes"], ["Signals"] = ["signals"], ["Scores"] = ["scores"],
        ["Classification"] = ["classification"], ["Stages"] = ["stages"], ["Start"] = ["journey"], ["Transitions"] = ["transitions"], ["Plays"] = ["plays"], ["Arbitration"] = ["arbitration"],
        ["ContactPolicy"] = ["contact-policy"], ["Experiments"] = ["experiments"], ["Experience"] = ["experience"], ["Matching"] = ["matching"], ["Recycle"] = ["recycle"],
        ["Customer"] = ["milestones", "expansion-phase"], ["Lateness"] = ["lateness"], ["InFlight"] = ["in-flight"], ["Paused"] = ["paused"], ["Deal"] = ["deal"], ["Handoffs"] = ["handoffs"],
        ["Promises"] = ["promises"], ["Feedback"] = ["feedback"], ["Journeys"] = ["journeys"], ["JourneyGroups"] = ["journey-groups"], ["Offerings"] = ["buying-groups"],
        ["AccountQuality"] = ["data-quality"], ["ContactQuality"] = ["data-quality"], ["Counts"] = ["counts"], ["Goals"] = ["goals"],
    };

    public static TheoryData<string> Keys => [.. Sections.Keys];

    [Fact]
    public void C1_every_section_of_the_grammar_and_every_property_of_a_playbook_is_compared()
    {
        var grammar = JsonDocument.Parse(PlaybookSchema.OfPlaybook()).RootElement.GetProperty("definitions").GetProperty("Playbook").GetProperty("properties").EnumerateObject().Select(p => p.Name);
        Assert.Equal(string.Join(' ', grammar.Order(StringComparer.Ordinal)), string.Join(' ', Sections.Keys.Order(StringComparer.Ordinal)));

        // Where a section stands in the text is nothing that it says.
        var said = typeof(PlaybookDefinition).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => p.Name).Except([nameof(PlaybookDefinition.At)]);
        Assert.Equal(string.Join(' ', said.Order(StringComparer.Ordinal)), string.Join(' ', Properties.Keys.Order(StringComparer.Ordinal)));
        Assert.Equal(string.Join(' ', Sections.Keys.Order(StringComparer.Ordinal)), string.Join(' ', Properties.Values.SelectMany(k => k).Distinct().Order(StringComparer.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void C1_a_section_that_changes_comes_or_goes_is_told(string key)
    {
        var (before, after, told) = Sections[key];
        Assert.Equal(told, Diff($"{key}: {before}\n", $"{key}: {after}\n")[0]);
        Assert.Empty(Diff($"{key}: {before}\n", $"{key}: {before}\n"));
        Assert.Contains("is added", Diff("", $"{key}: {after}\n")[0], StringComparison.Ordinal);
        Assert.Contains("is removed", Diff($"{key}: {before}\n", "")[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("journeys: {a: {priority: 1}, b: {priority: 1}}", "journeys: {b: {priority: 1}, a: {priority: 1}}", "journeys: the order changes from a, b to b, a")]
    [InlineData("journeys: {a: {transitions: [{id: x}, {id: y}]}}", "journeys: {a: {transitions: [{id: y}, {id: x}]}}", "journey `a`: the order of transitions changes from x, y to y, x")]
    [InlineData("journeys: {a: {enter: [{id: x}, {id: y}]}}", "journeys: {a: {enter: [{id: y}, {id: x}]}}", "journey `a`: the order of enter changes from x, y to y, x")]
    [InlineData("matching: {rules: [{id: x}, {id: y}]}", "matching: {rules: [{id: y}, {id: x}]}", "matching: the order of rules changes from x, y to y, x")]
    [InlineData("data-quality: {account: {duplicates: {domain: [site, mail]}}}", "data-quality: {account: {duplicates: {domain: [mail, site]}}}", "data-quality: the order of account.duplicates.domain changes from `site`, `mail` to `mail`, `site`")]
    public void C1_an_order_that_decides_is_told(string before, string after, string told) => Assert.Equal(told, Assert.Single(Diff(before + "\n", after + "\n")));

    private static List<string> Diff(string before, string after) => [.. PlaybookDiff.Between(Base + before, "a.yaml", Base + after, "b.yaml").Changes!.Select(c => c.ToString())];
}
