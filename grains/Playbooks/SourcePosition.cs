namespace Orchestrator.Grains.Playbooks;

/// <summary>A place in a text file: line and column from 1; a column counts UTF-16 code units, a tab is one.</summary>
/// <remarks>(0, 0) marks what no file says, such as a channel that is built in.</remarks>
public readonly record struct SourcePosition(int Line, int Column) : IComparable<SourcePosition>
{
    public static readonly SourcePosition Start = new(1, 1);

    public int CompareTo(SourcePosition other) =>
        Line != other.Line ? Line.CompareTo(other.Line) : Column.CompareTo(other.Column);

    public static bool operator <(SourcePosition left, SourcePosition right) => left.CompareTo(right) < 0;
    public static bool operator >(SourcePosition left, SourcePosition right) => left.CompareTo(right) > 0;
    public static bool operator <=(SourcePosition left, SourcePosition right) => left.CompareTo(right) <= 0;
    public static bool operator >=(SourcePosition left, SourcePosition right) => left.CompareTo(right) >= 0;
    public override string ToString() => $"{Line}:{Column}";
}
