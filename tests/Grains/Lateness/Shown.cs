using System.Collections;
using System.Globalization;
using System.Reflection;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Promises;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Accounts;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.Tests.Lateness;

/// <summary>A state in lines, without what stays as it came (<see cref="OrderRules"/>): so that whatever else is added to a state is compared too.</summary>
internal static class Shown
{
    /// <summary>What the rules say differs for good reason, and what has more in it than what is known: compared apart.</summary>
    private static readonly HashSet<(Type, string)> Apart =
    [
        (typeof(Promise), nameof(Promise.ToldBrokenAt)),
        (typeof(MilestoneRun), nameof(MilestoneRun.Alerted)),
        (typeof(Account), nameof(Account.Scores)),
        (typeof(Account), nameof(Account.Tallies)),
        (typeof(Account), nameof(Account.Boards)),
        (typeof(Contact), nameof(Contact.Scores)),
        (typeof(Contact), nameof(Contact.Outcomes)),
        (typeof(Standings.AccountStanding), nameof(Standings.AccountStanding.Family)),
    ];

    public static List<string> Of(object state)
    {
        List<string> lines = [];
        Show(state, state.GetType().Name, lines);
        return lines;
    }

    private static void Show(object? value, string path, List<string> lines)
    {
        switch (value)
        {
            case null or "":
                return;
            case DateTimeOffset at:
                lines.Add($"{path} = {at.UtcDateTime:O}");
                return;
            case double number:
                lines.Add($"{path} = {Math.Round(number, 6).ToString(CultureInfo.InvariantCulture)}");
                return;
            case string or bool or Enum or ulong or long or int or TimeSpan or Google.Protobuf.IMessage:
                lines.Add($"{path} = {value}");
                return;
            case GrainKey key:
                lines.Add($"{path} = {key}");
                return;
            case IDictionary map:
                foreach (DictionaryEntry entry in map)
                {
                    Show(entry.Value, $"{path}[{entry.Key}]", lines);
                }

                return;
            case IEnumerable many:
                var i = 0;
                foreach (var one in many)
                {
                    var pair = one?.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>) ? type : null;
                    Show(pair is null ? one : pair.GetProperty("Value")!.GetValue(one), $"{path}[{(pair is null ? i++ : pair.GetProperty("Key")!.GetValue(one))}]", lines);
                }

                return;
            default:
                foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0))
                {
                    if (IsCompared(value.GetType(), property.Name))
                    {
                        Show(property.GetValue(value), $"{path}.{property.Name}", lines);
                    }
                }

                return;
        }
    }

    private static bool IsCompared(Type type, string property) =>
        !Apart.Contains((type, property)) && property != "EqualityContract" && (!OrderRules.All.TryGetValue(type, out var rules) || (rules.TryGetValue(property, out var rule) && !rule.StartsWith(OrderRules.Stays, StringComparison.Ordinal)));
}
