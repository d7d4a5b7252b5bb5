using System.CommandLine;
using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Insight;

/// <summary><c>orc insight clv-fit</c>: what customers are worth, fitted to the company's own.</summary>
static class ValueFitCommand
{
    public static Command Build(Terminal terminal)
    {
        var score = new Option<string?>("--score") { Description = "The score with a value model; by default the only one" };
        var sample = new Option<int>("--sample") { Description = "Fewest customers, 50 or more; a fifth of it must have bought again", DefaultValueFactory = _ => 200 };
        var yaml = new Option<bool>("--yaml") { Description = "Only the parameters, ready for a draft" };
        var command = new Command("clv-fit", "Fits the parameters of what customers are worth to what all accounts bought") { score, sample, yaml };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var request = new FitValueRequest { Score = parsed.GetValue(score) ?? "", Sample = parsed.GetValue(sample) };
            var fit = await session.Client.Insight.FitValue(request, session.Lasting(session.Cancellation));
            if (!parsed.GetValue(yaml))
            {
                return session.Answer(fit, print => Print(print, fit));
            }

            session.Terminal.Out.Write(fit.Fragment);
            return Exit.Ok;
        });
    }

    static void Print(Printing print, FitValueResponse fit)
    {
        print.Facts(
            ("fitted to", $"{fit.Customers} customers, {fit.Repeaters} with repeat purchases"),
            ("purchases", $"{Printing.Show(fit.From)} to {Printing.Show(fit.Until)}"),
            ("units", $"{Durations.Show(fit.Unit.ToTimeSpan())}; minor units of {fit.Currency}"));
        foreach (var remark in fit.Remarks)
        {
            print.Line($"note: {remark}");
        }

        print.Line();
        print.Table(
            ["PARAMETER", fit.CurrentIsPublished ? "NOW (PUBLISHED ONES STAND IN)" : "NOW", "FITTED"],
            [
                ["r", Number(fit.Current.R), Number(fit.Fitted.R)],
                ["alpha", Number(fit.Current.Alpha), Number(fit.Fitted.Alpha)],
                ["a", Number(fit.Current.A), Number(fit.Fitted.A)],
                ["b", Number(fit.Current.B), Number(fit.Fitted.B)],
                ["log likelihood, buying", Number(fit.Current.BuyingLogLikelihood), Number(fit.Fitted.BuyingLogLikelihood)],
                ["p", Spend(fit.Current, p => p.P), Spend(fit.Fitted, p => p.P)],
                ["q", Spend(fit.Current, p => p.Q), Spend(fit.Fitted, p => p.Q)],
                ["v", Spend(fit.Current, p => p.V), Spend(fit.Fitted, p => p.V)],
                ["log likelihood, spend", Spend(fit.Current, p => p.SpendLogLikelihood), Spend(fit.Fitted, p => p.SpendLogLikelihood)],
            ],
            "");
        print.Line();
        print.Line(fit.Fragment.TrimEnd());
    }

    static string Spend(ValueParameters parameters, Func<ValueParameters, double> read) => parameters.HasP ? Number(read(parameters)) : "-";

    static string Number(double number) => number.ToString("0.#####", CultureInfo.InvariantCulture);
}
