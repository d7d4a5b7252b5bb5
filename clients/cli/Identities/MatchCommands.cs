using System.CommandLine;
using Orchestrator.V1;

namespace Orchestrator.Cli.Identities;

/// <summary><c>orc contact assign</c> and <c>orc contact dismiss</c>: a person's word on where somebody belongs, and what an account remembers of it.</summary>
static class MatchCommands
{
    public static Command Assign(Terminal terminal)
    {
        var (identifier, account, by, reason) = (IdentifierArgument(), People.AccountOption(), ByOption(), ReasonOption());
        var to = new Option<string>("--to") { Description = "The account that they belong to", Required = true };
        var command = new Command("assign", "Says to which account a person belongs, whatever the playbook's matching says") { identifier, to, account, by, reason };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Identities.AssignContact(
                new()
                {
                    Account = parsed.GetValue(account) ?? "",
                    Identifier = People.Parse(parsed.GetValue(identifier)!),
                    To = parsed.GetValue(to),
                    By = parsed.GetValue(by),
                    Reason = parsed.GetValue(reason) ?? "",
                },
                session.Once());
            return session.Answer(response, print => print.Line($"assigned to {parsed.GetValue(to)}"));
        });
    }

    public static Command Dismiss(Terminal terminal)
    {
        var (identifier, account, by, reason) = (IdentifierArgument(), People.AccountOption(), ByOption(), ReasonOption());
        var command = new Command("dismiss", "Says that a person does not belong to their account; the playbook's matching does not bring them back") { identifier, account, by, reason };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Identities.DismissContact(
                new() { Account = parsed.GetValue(account) ?? "", Identifier = People.Parse(parsed.GetValue(identifier)!), By = parsed.GetValue(by), Reason = parsed.GetValue(reason) ?? "" },
                session.Once());
            return session.Answer(response, print => print.Line("dismissed"));
        });
    }

    /// <summary>What an account remembers of its people and its history.</summary>
    public static void Print(Printing print, IdentityView? identity)
    {
        if (identity?.SettlesAt is { } settles)
        {
            print.Line();
            print.Line($"history is being loaded: nothing is decided before {Printing.Show(settles)} unless somebody does something");
        }

        if (identity?.Overrides.Count > 0)
        {
            print.Line();
            print.Table(
                ["SAID AT", "BY", "CONTACT", "WHAT", "WHY"],
                identity.Overrides.Select(said => (string[])[Printing.Show(said.At), said.By, said.Contact, $"{(said.Belongs ? "belongs" : "does not belong")} to {said.Account}", said.Reason]),
                "");
        }
    }

    static Argument<string> IdentifierArgument() => new("identifier") { Description = "Who, as kind:value" };

    static Option<string> ByOption() => new("--by") { Description = "Who says so", Required = true };

    static Option<string?> ReasonOption() => new("--reason") { Description = "Why" };
}
