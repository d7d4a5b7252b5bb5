using System.CommandLine;
using System.Globalization;

namespace Orchestrator.Cli.Accounts;

/// <summary><c>orc account team</c>: who of a department has how much in hand.</summary>
static class TeamCommand
{
    public static Command Build(Terminal terminal)
    {
        var department = new Argument<string>("department") { Description = "A department of the playbook" };
        return Connection.Bind(new Command("team", "Shows who of a department has how much in hand, and how many accounts wait for room") { department }, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Accounts.GetTeam(new() { Department = parsed.GetValue(department) }, session.Repeatable());
            return session.Answer(response, print =>
            {
                var team = response.Team;
                print.Facts(
                    ("department", team.Department),
                    ("pool", team.Pool),
                    ("capacity", team.OpenActions == 0 ? "as many as come" : $"{Show(team.OpenActions)} open actions{(team.PerOwner ? " each" : "")}"),
                    ("in hand", Show(team.InHand)),
                    ("waiting", team.WaitingCount == 0 ? "" : $"{Show(team.WaitingCount)} accounts"));
                if (team.Owners.Count > 0)
                {
                    print.Line();
                    print.Table(
                        ["OWNER", "IN HAND", "AT MOST"],
                        team.Owners.Select(owner => (string[])[owner.Owner.Length > 0 ? owner.Owner : "(nobody in particular)", Show(owner.InHand), owner.Limit == 0 ? "" : Show(owner.Limit)]),
                        "");
                }
            });
        });
    }

    static string Show(int number) => number.ToString(CultureInfo.InvariantCulture);
}
