using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary>What we and an account have in hand with each other, as tables.</summary>
static class DealingsPage
{
    public static void Print(Printing print, Account account)
    {
        if (account.Deals.Count > 0)
        {
            print.Line();
            print.Table(
                ["DEAL", "STANDING", "AMOUNT", "ANSWERED", "FLAGGED", "MISSING"],
                account.Deals.Select(deal => (string[])
                [
                    deal.Id, Standing(deal), deal.Amount is { } amount ? Printing.Show(new Value { Money = amount }) : "", $"{deal.Answered} of {deal.Questions}",
                    deal.FlaggedAt is null ? "" : $"since {Printing.Show(deal.FlaggedAt)}: {deal.FlaggedBecause}",
                    string.Join(", ", deal.Answers.Where(answer => !answer.Complete).Select(answer => answer.Question)),
                ]),
                "");
            PrintAnswers(print, account);
        }

        if (account.Held is { } held)
        {
            print.Line();
            print.Line($"transition {held.Transition} waits since {Printing.Show(held.Since)} for answers about deal {held.Deal}; missing: {string.Join(", ", held.Missing)}");
        }
    }

    static void PrintAnswers(Printing print, Account account)
    {
        var known = account.Deals.SelectMany(deal => deal.Answers.Where(answer => answer.GivenAt is not null).Select(answer => (deal.Id, Answer: answer))).ToList();
        if (known.Count > 0)
        {
            print.Line();
            print.Table(
                ["DEAL", "QUESTION", "ANSWER", "AT", "AWAITS", "BY", "GIVEN"],
                known.Select(one => (string[])
                [
                    one.Id, one.Answer.Question, one.Answer.Text, Printing.Show(one.Answer.At), one.Answer.Awaits,
                    one.Answer.By + (one.Answer.Observed ? " (observed)" : " (asserted)"), Printing.Show(one.Answer.GivenAt),
                ]),
                "");
        }
    }

    static string Standing(Deal deal) => deal.Standing switch
    {
        Deal.Types.Standing.Open => "open",
        Deal.Types.Standing.Won => $"won {Printing.Show(deal.ClosedAt)}",
        Deal.Types.Standing.Lost => $"lost {Printing.Show(deal.ClosedAt)}{(deal.Reason.Length > 0 ? $": {deal.Reason}" : "")}",
        Deal.Types.Standing.Unspecified or _ => "",
    };
}
