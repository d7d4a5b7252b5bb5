using System.CommandLine;
using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Insight;

/// <summary><c>orc insight icp</c>: who the ideal customer is by what became of accounts.</summary>
static class IcpCommand
{
    public static Command Build(Terminal terminal)
    {
        var score = new Option<string?>("--score") { Description = "The fit score that is compared; by default the only one" };
        var won = new Option<string[]>("--won") { Description = "Transitions that mean won or renewed; by default `won` and `renewed`", AllowMultipleArgumentsPerToken = true };
        var lost = new Option<string[]>("--lost") { Description = "Transitions that mean lost or churned; by default `lost` and `churned`", AllowMultipleArgumentsPerToken = true };
        var sample = new Option<int>("--sample") { Description = "Fewest accounts of each group, 5 or more", DefaultValueFactory = _ => 30 };
        var least = new Option<int>("--least") { Description = "Leaves out traits of fewer accounts, or of all but fewer", DefaultValueFactory = _ => 10 };
        var confidence = new Option<double>("--confidence") { Description = "0.8, 0.9, 0.95 or 0.99", DefaultValueFactory = _ => 0.95 };
        var yaml = new Option<bool>("--yaml") { Description = "Only the score with the learned points, ready for a draft" };
        var command = new Command("icp", "Learns the ideal customer and the personas from won, renewed, lost and churned accounts, beside the points that the fit score has") { score, won, lost, sample, least, confidence, yaml };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var request = new LearnIdealCustomerRequest
            {
                Score = parsed.GetValue(score) ?? "",
                Sample = parsed.GetValue(sample),
                Least = parsed.GetValue(least),
                Confidence = parsed.GetValue(confidence),
                Succeeded = { Split(parsed.GetValue(won)) },
                Failed = { Split(parsed.GetValue(lost)) },
            };
            var learned = await session.Client.Insight.LearnIdealCustomer(request, session.Lasting(session.Cancellation));
            if (!parsed.GetValue(yaml))
            {
                return session.Answer(learned, print => Print(print, learned));
            }

            session.Terminal.Out.Write(learned.Fragment);
            return Exit.Ok;
        });
    }

    static IEnumerable<string> Split(string[]? values) => (values ?? []).SelectMany(v => v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    static void Print(Printing print, LearnIdealCustomerResponse learned)
    {
        print.Facts(
            ("learned from", $"{learned.Succeeded} accounts that went through {string.Join(", ", learned.TransitionsSucceeded)}, {learned.Failed} through {string.Join(", ", learned.TransitionsFailed)}; {learned.Neither} are in neither group"),
            ("cases", $"{Printing.Show(learned.From)} to {Printing.Show(learned.Until)}"),
            ("points written", learned.WrittenAt is null ? null : $"{Printing.Show(learned.WrittenAt)}, version {learned.WrittenIn}"),
            ("drift", learned.WrittenIn > 0 ? $"{Number(100 * learned.Drift)} % of the points would change" : null),
            ("tells apart", $"{(learned.Separation.HasNow ? Number(learned.Separation.Now) : "-")} now{(learned.Separation.HasBefore ? $", {Number(learned.Separation.Before)} before it was written" : "")}{(learned.Separation.HasSince ? $", {Number(learned.Separation.Since)} since" : "")}; learned points {Number(learned.Separation.Learned)} over what they were learned from (0.5 = nothing, 1 = all)"));
        print.Line();
        print.Table(
            ["CONDITION", "POINTS", "LEARNED", "SUCCEEDED WITH", "WITHOUT", "LIFT", "LIFT BEFORE", "LIFT SINCE"],
            learned.Traits.Select(t => (string[])
            [
                t.Condition, t.HasPoints ? Number(t.Points) : "-", Number(t.Learned), Of(t.Row.Succeeded, t.Row.All), Of(t.Row.OthersSucceeded, t.Row.Others), Lift(t.Row), Lift(t.Before), Lift(t.Since),
            ]),
            "nothing goes with success surely enough");
        print.Line();
        print.Line("personas");
        print.Table(
            ["ROLE", "WHAT", "SUCCEEDED WITH", "WITHOUT", "LIFT"],
            learned.Personas.SelectMany(p => p.Traits.Prepend(p.Filled).Select((t, i) => (string[])[p.Role, i == 0 ? "(the role is filled)" : t.What, Of(t.Succeeded, t.All), Of(t.OthersSucceeded, t.Others), Lift(t)])),
            "no role was filled");
        print.Line();
        print.Line($"intervals of {Number(100 * learned.Confidence)} %: what goes together is not yet what causes; `--yaml` gives the score for a draft");
    }

    static string Of(long count, long all) => all == 0 ? "0 of 0" : $"{count} of {all} ({Number(100.0 * count / all)} %)";

    static string Lift(InsightRow? row) => row is null ? "-" : $"x{Number(row.Lift.Value)} ({Number(row.Lift.Low)} to {Number(row.Lift.High)})";

    static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
