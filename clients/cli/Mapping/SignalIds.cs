using System.Globalization;

namespace Orchestrator.Cli.Mapping;

/// <summary>Ids of signals that bring none of their own: the same file gives the same ids, so a second run finds duplicates and doubles nothing.</summary>
static class SignalIds
{
    // 96 bits of SHA-256: no two files of one company will ever share them, and the id stays far below its 100 bytes.
    const int DigestCharacters = 24;

    /// <param name="digest">Of the file's content, hexadecimal.</param>
    /// <param name="row">From 1.</param>
    /// <param name="suffix">Tells the signals of one row apart; may be empty.</param>
    public static string OfRow(string digest, long row, string suffix) =>
        string.Create(CultureInfo.InvariantCulture, $"{digest.AsSpan(0, DigestCharacters)}-{row}{(suffix.Length > 0 ? "-" : "")}{suffix}");
}
