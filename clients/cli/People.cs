using System.CommandLine;
using Orchestrator.V1;

namespace Orchestrator.Cli;

/// <summary>Whom a command is about: an account, or a person by an identifier.</summary>
static class People
{
    public static Option<string?> AccountOption() => new("--account") { Description = "The account's id" };

    public static Option<string[]> IdentifierOption() => new("--identifier", "-i")
    {
        Description = "Who it is, as kind:value, for example email:ann@example.com; may be given several times",
        DefaultValueFactory = _ => [],
    };

    /// <exception cref="CommandFailure">It is not of the form kind:value.</exception>
    public static Identifier Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && colon < text.Length - 1
            ? new() { Kind = text[..colon], Value = text[(colon + 1)..] }
            : throw new CommandFailure(Exit.Usage, $"expected an identifier as kind:value, for example `email:ann@example.com`, found `{text}`");
    }

    /// <exception cref="CommandFailure">Neither is given, or an identifier is ill-formed.</exception>
    public static IReadOnlyList<Identifier> Require(string? account, IEnumerable<string> identifiers)
    {
        var parsed = identifiers.Select(Parse).ToList();
        return parsed.Count > 0 || !string.IsNullOrEmpty(account)
            ? parsed
            : throw new CommandFailure(Exit.Usage, "expected `--account` or `--identifier`, found neither");
    }
}
