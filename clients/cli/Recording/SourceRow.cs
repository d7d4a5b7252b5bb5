using Orchestrator.V1;

namespace Orchestrator.Cli.Recording;

/// <summary>A row on its way: the signals it became, and what was wrong with them.</summary>
/// <param name="Number">From 1; a heading does not count.</param>
/// <param name="Original">As it stands in the file, without its line end.</param>
sealed record SourceRow(long Number, string Original)
{
    /// <summary>Empty when no template wanted the row.</summary>
    public IReadOnlyList<Signal> Signals { get; init; } = [];

    /// <summary>Set when the row could not become signals at all.</summary>
    public string? Refusal { get; init; }
}

/// <summary>A source of rows, read once from the beginning to the end.</summary>
interface IRowSource : IDisposable
{
    /// <exception cref="CommandFailure">The file as a whole cannot be read on.</exception>
    IEnumerable<SourceRow> Rows();

    /// <summary>Starts the file that rejected rows go to.</summary>
    RejectFile NewRejects(string path);
}
