using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;

namespace Orchestrator.Cli.ContactPolicy;

/// <summary><c>orc policy</c>: the one gate for messages, also for those that are sent by hand.</summary>
static class PolicyCommands
{
    public static Command Build(Terminal terminal) => new("policy", "Asks the contact policy before something is sent, and tells it what was")
    {
        Reserve(terminal),
        Confirm(terminal),
        Release(terminal),
    };

    static Command Reserve(Terminal terminal)
    {
        var channel = new Option<string>("--channel") { Description = "A channel of the playbook", Required = true };
        var account = People.AccountOption();
        var identifiers = People.IdentifierOption();
        var purpose = new Option<string?>("--purpose") { Description = "A purpose of the playbook's consent, for example marketing; without it consent is not asked" };
        var transactional = new Option<bool>("--transactional") { Description = "Counted apart and never held back" };
        var hold = new Option<string?>("--hold") { Description = "How long the slot is held, 1s to 24h [default: 5m]" };
        var id = new Option<string?>("--id") { Description = "Idempotency key: the same id gets the same reservation [default: a new one]" };
        var command = new Command("reserve", "May this person be sent something now? Takes the slot if so; exit code 4 if not")
        {
            channel, account, identifiers, purpose, transactional, hold, id,
        };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var request = new ReserveRequest
            {
                Id = parsed.GetValue(id) ?? Guid.NewGuid().ToString("N"),
                Account = parsed.GetValue(account) ?? "",
                Channel = parsed.GetValue(channel),
                Purpose = parsed.GetValue(purpose) ?? "",
                Transactional = parsed.GetValue(transactional),
                Hold = parsed.GetValue(hold) is { } asked ? Duration.FromTimeSpan(Durations.Parse(asked, "--hold")) : null,
            };
            request.Identifiers.Add(People.Require(parsed.GetValue(account), parsed.GetValue(identifiers)!));
            var response = await session.Client.ContactPolicy.Reserve(request, session.Repeatable());
            session.Answer(response, print => print.Line(Sentence(response)));

            // A refusal is an answer, not an error; the exit code lets `reserve && send` do the right thing.
            return response.Permitted ? Exit.Ok : Exit.Refused;
        });
    }

    static Command Confirm(Terminal terminal)
    {
        var reservation = new Argument<string>("reservation") { Description = "As `reserve` gave it" };
        return Connection.Bind(new Command("confirm", "It was sent") { reservation }, terminal, async (parsed, session) =>
        {
            var response = await session.Client.ContactPolicy.Confirm(new() { Reservation = parsed.GetValue(reservation) }, session.Repeatable());
            return session.Answer(response, print => print.Line("confirmed"));
        });
    }

    static Command Release(Terminal terminal)
    {
        var reservation = new Argument<string>("reservation") { Description = "As `reserve` gave it" };
        return Connection.Bind(new Command("release", "It was not sent: the slot is free again") { reservation }, terminal, async (parsed, session) =>
        {
            var response = await session.Client.ContactPolicy.Release(new() { Reservation = parsed.GetValue(reservation) }, session.Repeatable());
            return session.Answer(response, print => print.Line("released"));
        });
    }

    static string Sentence(ReserveResponse response) => response.Permitted
        ? $"permitted: reservation {response.Reservation}, held until {Printing.Show(response.HeldUntil)}"
        : $"refused: {response.RefusedBy}{(response.NotBefore is null ? "" : $"; not before {Printing.Show(response.NotBefore)}")}";
}
