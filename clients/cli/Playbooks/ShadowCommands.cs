using System.CommandLine;
using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Playbooks;

/// <summary><c>orc playbook shadow</c>: a second playbook that decides silently beside the live one.</summary>
static class ShadowCommands
{
    public static Command Build(Terminal terminal) => new("shadow", "Lets a second playbook decide silently beside the live one, and compares")
    {
        Start(terminal),
        Status(terminal),
        Stop(terminal),
    };

    static Command Start(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "The playbook's id" };
        var version = new Option<int>("--version") { Description = "A published version decides" };
        var file = new Option<string?>("--file") { Description = "A text decides that is not published" };
        var share = new Option<double>("--share") { Description = "Share of the accounts, above 0 to 1", DefaultValueFactory = _ => 1 };
        var command = new Command("start", "Lets a version or a file decide silently on everything that is recorded from now on; emits, reserves and changes nothing") { name, version, file, share };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var request = new StartShadowRequest { Playbook = parsed.GetValue(name), Share = parsed.GetValue(share) };
            if (request.Share is not (> 0 and <= 1))
            {
                throw new CommandFailure(Exit.Usage, $"expected `--share` above 0 to 1, found `{request.Share.ToString(CultureInfo.InvariantCulture)}`");
            }

            switch (parsed.GetValue(version), parsed.GetValue(file))
            {
                case (> 0 and var number, null):
                    request.Version = number;
                    break;
                case (0, { } path):
                    (request.Text, request.File) = await PlaybookCommands.ReadAsync(path, session);
                    break;
                default:
                    throw new CommandFailure(Exit.Usage, "expected either `--version` with a version's number or `--file` with a playbook's text");
            }

            return Answer(session, (await session.Client.Shadow.StartShadow(request, session.Once())).Shadow);
        });
    }

    static Command Status(Terminal terminal)
    {
        var examples = new Option<int>("--examples") { Description = "How many examples of what differs, 1 to 1000", DefaultValueFactory = _ => 20 };
        var fail = new Option<bool>("--exit-code") { Description = "Exit with 4 if anything differs" };
        var command = new Command("status", "Shows how the shadow and the live playbook compare so far") { examples, fail };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var status = (await session.Client.Shadow.GetShadow(new() { Examples = parsed.GetValue(examples) }, session.Repeatable())).Shadow;
            Answer(session, status);
            return status.Report.Differs && parsed.GetValue(fail) ? Exit.Refused : Exit.Ok;
        });
    }

    static Command Stop(Terminal terminal) =>
        Connection.Bind(new Command("stop", "Ends the shadow; what it came to stays readable until the next start"), terminal, async (parsed, session) =>
            Answer(session, (await session.Client.Shadow.StopShadow(new(), session.Once())).Shadow));

    static int Answer(Session session, ShadowStatus status) => session.Answer(status, print => Print(print, status));

    static void Print(Printing print, ShadowStatus status)
    {
        print.Facts(
            ("shadow", $"{status.Playbook} {(status.Version > 0 ? $"version {status.Version}" : status.File)}{(status.Share < 1 ? $", {(100 * status.Share).ToString("0.##", CultureInfo.InvariantCulture)} % of the accounts" : "")}"),
            ("since", $"{Printing.Show(status.StartedAt)}{(status.Running ? "" : $" until {Printing.Show(status.StoppedAt)}")}"),
            ("decisions", $"{Number(status.Decisions)}, of which {Number(status.Same)} came out the same and {Number(status.Decisions - status.Same)} differ"),
            ("not compared", $"{Number(status.Stood)} turns of people and other systems, {Number(status.LeftOut)} whose history is dropped"),
            ("behind", $"{Number(status.FramesBehind)} frames"));
        print.Line();
        foreach (var (of, title, heading) in new[] { (ShadowAgreement.Types.Of.Stage, "decisions by stage", "STAGE"), (ShadowAgreement.Types.Of.Play, "offers by play", "PLAY"), (ShadowAgreement.Types.Of.Department, "offers by department", "DEPARTMENT") })
        {
            var rows = status.Agreements.Where(a => a.Of == of).Select(a => of == ShadowAgreement.Types.Of.Stage
                ? (string[])[a.Name.Length > 0 ? a.Name : "(new)", Number(a.Same), Number(a.LiveOnly)]
                : [a.Name, Number(a.Same), Number(a.LiveOnly), Number(a.ShadowOnly)]).ToList();
            if (rows.Count > 0)
            {
                print.Line(title);
                print.Table(of == ShadowAgreement.Types.Of.Stage ? [heading, "SAME", "DIFFERENT"] : [heading, "BOTH", "LIVE ONLY", "SHADOW ONLY"], rows, "");
                print.Line();
            }
        }

        WhatIfPage.PrintDifferences(print, status.Report);
    }

    static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
