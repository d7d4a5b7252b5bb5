using System.CommandLine;
using System.Text.Json;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Cli.Diagnosis;

/// <summary><c>orc doctor</c>: is there a silo, is it well, and can it decide? One line per check.</summary>
static class DoctorCommand
{
    public static Command Build(Terminal terminal) =>
        Connection.Bind(new Command("doctor", "Checks that the silo answers, is healthy and has a playbook; one line per check"), terminal, async (_, session) =>
        {
            var findings = await Examination.RunAsync(session);
            if (session.Json)
            {
                foreach (var finding in findings)
                {
                    session.Terminal.Out.WriteLine(JsonSerializer.Serialize(new { check = finding.Check, result = finding.Result.ToString().ToLowerInvariant(), detail = finding.Detail }));
                }
            }
            else
            {
                var print = new Printing(session.Terminal);
                foreach (var finding in findings)
                {
                    print.Line($"{finding.Result.ToString().ToLowerInvariant(),-7} {finding.Check}: {finding.Detail}");
                }
            }

            return findings.FirstOrDefault(finding => finding.Result == Result.Failed) switch
            {
                null => Exit.Ok,
                { Code: StatusCode.Unavailable or StatusCode.DeadlineExceeded } => Exit.Unavailable,
                _ => Exit.Failed,
            };
        });
}
