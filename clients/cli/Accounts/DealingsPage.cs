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

        PrintLedger(print, account);
        if (account.Held is { } held)
        {
            print.Line();
            print.Line($"transition {held.Transition} waits since {Printing.Show(held.Since)} for answers about deal {held.Deal}; missing: {string.Join(", ", held.Missing)}");
        }
    }

    /// <summary>The one who answers for the account now, and for whom they wait.</summary>
    public static string Accountable(Account account)
    {
        var who = account.Ownership is { } ownership
            ? string.Join(": ", new[] { ownership.Department, ownership.Owner }.Where(part => part.Length > 0))
            : account.Accountable;
        return account.Ownership?.Pending is { } pending
            ? $"{who}, until {pending.To} accepts handoff {pending.Handoff} (by {Printing.Show(pending.AcceptUntil)})"
            : account.Ownership?.Returned.FirstOrDefault() is { } returned
                ? $"{who}; handoff {returned.Handoff} came back: {returned.Reason}"
                : who;
    }

    static void PrintLedger(Printing print, Account account)
    {
        if (account.Promises.Count > 0)
        {
            print.Line();
            print.Table(
                ["PROMISE", "STANDING", "TEXT", "BY", "DUE", "BECAUSE"],
                account.Promises.Select(promise => (string[])
                    [promise.Id, promise.ToldBrokenAt is null ? Standing(promise) : $"{Standing(promise)}, told broken {Printing.Show(promise.ToldBrokenAt)}", promise.Text, promise.By, Printing.Show(promise.DueAt), promise.Because]),
                "");
        }

        if (account.Knowledge?.Insights.Count > 0)
        {
            print.Line();
            print.Table(
                ["INSIGHT", "TEXT", "BY", "NOTED", "VALID UNTIL"],
                account.Knowledge.Insights.Select(insight => (string[])
                    [insight.About, insight.Text, insight.By, Printing.Show(insight.NotedAt), insight.StaleSince is null ? Printing.Show(insight.ValidUntil) : $"stale since {Printing.Show(insight.StaleSince)}"]),
                "");
        }

        if (account.Knowledge?.Feedback.Count > 0)
        {
            print.Line();
            print.Table(
                ["FEEDBACK", "FROM", "TO", "ABOUT", "VERSION", "VERDICT", "ANSWER"],
                account.Knowledge.Feedback.Select(feedback => (string[])
                [
                    feedback.Id, feedback.From, feedback.To, string.Join(" ", feedback.Kind, feedback.About), feedback.PlaybookVersion == 0 ? "" : $"{feedback.PlaybookVersion}",
                    string.Join(": ", new[] { feedback.Verdict, feedback.Text }.Where(part => part.Length > 0)),
                    feedback.AnsweredAt is not null ? feedback.Answer : feedback.LateSince is not null ? $"late since {Printing.Show(feedback.LateSince)}" : "",
                ]),
                "");
        }
    }

    static string Standing(Promise promise) => promise.Standing switch
    {
        Promise.Types.Standing.Open => "open",
        Promise.Types.Standing.Kept => $"kept {Printing.Show(promise.SettledAt)}",
        Promise.Types.Standing.Broken => $"broken {Printing.Show(promise.SettledAt)}",
        Promise.Types.Standing.Unspecified or _ => "",
    };

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
