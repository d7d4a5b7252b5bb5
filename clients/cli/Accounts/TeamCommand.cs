using System.CommandLine;
using System.Globalization;

namespace Orchestrator.Cli.Accounts;

/// <summary><c>orc account team</c>: who of a department has how much in hand.</summary>
static class TeamCommand
{
    public static Command Build(Terminal terminal)
    {
        var department = new Argument<string>("department") { Description = "A department of the playbook" };
        return Connection.Bind(new Command("team", "Shows who of a department has how much in hand, how many accounts wait for room, and the goals of its pool") { department }, terminal, async (parsed, session) =>
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
                if (team.Goals.Count > 0)
                {
                    print.Line();
                    print.Table(
                        ["GOAL", "ACHIEVED", "TARGET", "UNTIL", "REACHED", "BEFORE"],
                        team.Goals.Select(g => (string[])[g.Goal, Printing.Show(g.Achieved), Printing.Show(g.Target), Printing.Show(g.PeriodEnd), Printing.Show(g.ReachedAt), Printing.Show(g.AchievedBefore)]),
                        "");
                }

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
