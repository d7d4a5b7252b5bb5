namespace Orchestrator.Cli.Mapping;

/// <summary>One row of a table, with the names of its columns.</summary>
/// <param name="Columns">Index by column name.</param>
/// <param name="Cells">As many as columns.</param>
/// <param name="Number">From 1; the heading does not count.</param>
/// <param name="Digest">Of the whole file's content, in hexadecimal; the same however the file is called or packed.</param>
sealed record Row(IReadOnlyDictionary<string, int> Columns, IReadOnlyList<string> Cells, long Number, string Digest)
{
    /// <summary>The cell without the white space around it; empty when there is nothing in it.</summary>
    public string this[string column] => Cells[Columns[column]].Trim();
}

/// <summary>A row that cannot become signals; the message is for its owner.</summary>
#pragma warning disable CA1032 // The reason is the point.
sealed class RowRefusal(string reason) : Exception(reason);
#pragma warning restore CA1032
