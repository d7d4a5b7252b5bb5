using System.CommandLine;
using Orchestrator.Cli.Identities;

namespace Orchestrator.Cli.Accounts;

/// <summary><c>orc contact</c>: what is known of a person.</summary>
static class ContactCommands
{
    public static Command Build(Terminal terminal)
    {
        var account = new Argument<string?>("account") { Description = "The account's id", Arity = ArgumentArity.ZeroOrOne };
        var contact = new Argument<string?>("contact") { Description = "The contact's id within the account", Arity = ArgumentArity.ZeroOrOne };
        var identifier = new Option<string?>("--identifier", "-i") { Description = "Who it is, as kind:value, for example email:ann@example.com" };
        var show = new Command("show", "Shows what is known of a person, named by account and contact or by an identifier") { account, contact, identifier };
        Connection.Bind(show, terminal, async (parsed, session) =>
        {
            var (byAccount, byContact, byName) = (parsed.GetValue(account), parsed.GetValue(contact), parsed.GetValue(identifier));
            if (byName is null ? byAccount is null || byContact is null : byAccount is not null)
            {
                throw new CommandFailure(Exit.Usage, "expected an account and a contact, or `--identifier` alone");
            }

            var response = await session.Client.Accounts.GetContact(
                new() { Account = byAccount ?? "", Contact = byContact ?? "", Identifier = byName is null ? null : People.Parse(byName) },
                session.Repeatable());
            return session.Answer(response, print => AccountPage.Print(print, response));
        });
        return new("contact", "Shows people") { show, MergeCommands.MergeContacts(terminal), MatchCommands.Assign(terminal), MatchCommands.Dismiss(terminal) };
    }
}
