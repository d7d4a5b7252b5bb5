using System.CommandLine;

namespace Orchestrator.Cli.Identities;

/// <summary><c>orc account merge</c>, <c>orc account unmerge</c> and <c>orc contact merge</c>: who is who, by a person's word.</summary>
static class MergeCommands
{
    public static Command MergeAccounts(Terminal terminal)
    {
        var account = new Argument<string>("account") { Description = "The account that ends" };
        var into = new Option<string>("--into") { Description = "The account that carries on", Required = true };
        var command = new Command("merge", "Merges an account into another, which carries on with its people, history and attributes") { account, into };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Identities.MergeAccounts(new() { Account = parsed.GetValue(account), Into = parsed.GetValue(into) }, session.Repeatable());
            return session.Answer(response, print => print.Line($"merged; {response.Account} carries on"));
        });
    }

    public static Command Unmerge(Terminal terminal)
    {
        var account = new Argument<string>("account") { Description = "The account that was merged into another; with a name, the account of the contact who is two people" };
        var identifier = new Argument<string?>("identifier") { Description = "A name, as kind:value, of the one who does not belong to them; left out, the whole account is apart again", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("unmerge", "Undoes a merge: both have their own history and state again") { account, identifier };
        return Connection.Bind(command, terminal, (parsed, session) =>
            parsed.GetValue(identifier) is { } name ? UnmergeContactAsync(session, parsed.GetValue(account)!, name) : UnmergeAccountAsync(session, parsed.GetValue(account)!));
    }

    static async Task<int> UnmergeContactAsync(Session session, string account, string identifier)
    {
        var response = await session.Client.Identities.Unmerge(new() { Account = account, Identifier = People.Parse(identifier) }, session.Repeatable());
        var names = string.Join(", ", response.Identifiers.Select(name => $"{name.Kind}:{name.Value}"));
        return session.Answer(response, print => print.Line(
            $"{(response.Changed ? "undone" : "undone before")}: {names} is {response.Restored.Contact} of {response.Restored.Account}, apart from {response.Kept.Contact} of {response.Kept.Account}"));
    }

    static async Task<int> UnmergeAccountAsync(Session session, string account)
    {
        var response = await session.Client.Identities.UnmergeAccounts(new() { Account = account }, session.Repeatable());
        return session.Answer(response, print => print.Line(
            response.Changed ? $"undone: {response.Restored} has its {response.People} people and its own state again, apart from {response.Kept}" : $"undone before: {response.Restored} is an account of its own"));
    }

    public static Command Duplicates(Terminal terminal)
    {
        var account = new Argument<string>("account") { Description = "The account" };
        var command = new Command("duplicates", "Lists accounts that may be the same company; `merge` or `dismiss` answers") { account };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Accounts.GetAccount(new() { Account = parsed.GetValue(account) }, session.Repeatable());
            var suspected = response.Account.Standing?.DataQuality?.SuspectedAccounts.ToList() ?? [];
            return session.Answer(response, print =>
            {
                foreach (var other in suspected)
                {
                    print.Line($"{other.Account}  {Printing.Show(100 * other.Score)} %  the same {string.Join(", ", other.Kinds)}");
                }

                if (suspected.Count == 0)
                {
                    print.Line("no other account is suspected to be the same company");
                }
            });
        });
    }

    public static Command Dismiss(Terminal terminal)
    {
        var account = new Argument<string>("account") { Description = "An account" };
        var other = new Argument<string>("other") { Description = "The account that is another company" };
        var by = new Option<string>("--by") { Description = "Who says so", Required = true };
        var reason = new Option<string?>("--reason") { Description = "Why" };
        var command = new Command("dismiss", "Says that two accounts which are suspected to be one company are two") { account, other, by, reason };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Identities.DismissDuplicate(
                new() { Account = parsed.GetValue(account), Other = parsed.GetValue(other), By = parsed.GetValue(by), Reason = parsed.GetValue(reason) ?? "" }, session.Repeatable());
            return session.Answer(response, print => print.Line($"dismissed: {parsed.GetValue(account)} and {parsed.GetValue(other)} are two companies"));
        });
    }

    public static Command MergeContacts(Terminal terminal)
    {
        var identifier = new Argument<string>("identifier") { Description = "Who ends, as kind:value" };
        var into = new Option<string>("--into") { Description = "Who carries on, as kind:value", Required = true };
        var account = new Option<string?>("--account") { Description = "The account of who ends, where the name alone does not say it" };
        var intoAccount = new Option<string?>("--into-account") { Description = "The account of who carries on, where the name alone does not say it" };
        var command = new Command("merge", "Merges a known person into another, who carries on") { identifier, into, account, intoAccount };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Identities.MergeContacts(
                new()
                {
                    Account = parsed.GetValue(account) ?? "",
                    Identifier = People.Parse(parsed.GetValue(identifier)!),
                    IntoAccount = parsed.GetValue(intoAccount) ?? "",
                    Into = People.Parse(parsed.GetValue(into)!),
                },
                session.Repeatable());
            return session.Answer(response, print => print.Line($"merged; {response.Contact.Contact} of {response.Contact.Account} carries on"));
        });
    }
}
