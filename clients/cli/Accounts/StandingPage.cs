using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary>What stands beside an account's stage, as part of its page.</summary>
static class StandingPage
{
    public static void Print(Printing print, Account account)
    {
        foreach (var group in account.BuyingGroups)
        {
            print.Line();
            print.Line($"buying group{(group.Offering.Length > 0 ? $" for {group.Offering}" : "")}: {Percent(group.Completeness)} complete{(group.HasEngagement ? $", engagement {Printing.Show(group.Engagement)}" : "")}");
            print.Table(
                ["ROLE", "FILLED", "COMPLETE", "SHARE", "PEOPLE"],
                group.Roles.Select(role => (string[])
                [
                    role.Role, $"{role.Assigned} of {role.Required}", Percent(role.Completeness), Percent(role.Share),
                    string.Join(", ", role.Members.Select(member => group.HasEngagement ? $"{member.Contact} ({Printing.Show(member.Engagement)})" : member.Contact)),
                ]),
                "");
        }
    }

    static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";
}
