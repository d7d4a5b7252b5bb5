namespace Orchestrator.Grains.Playbooks;

/// <summary>A play that only some segments name is eligible in these only.</summary>
internal static class SegmentPlays
{
    /// <param name="eligible">What else must hold; null: nothing.</param>
    public static Expression? Eligible(PlayDefinition play, Expression? eligible, PlaybookDefinition playbook)
    {
        var without = playbook.Segments.Where(s => s.Plays.Length > 0 && s.Plays.All(p => p.Id != play.Id)).Select(s => $"'{s.Id}'").ToList();
        if (play.Mandatory || without.Count == 0)
        {
            return eligible;
        }

        var belongs = $"!(segment in [{string.Join(", ", without)}])";
        return new Expression(eligible is null ? belongs : $"{belongs} && ({eligible.Text})", eligible?.At ?? play.At);
    }
}
