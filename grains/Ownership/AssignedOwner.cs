namespace Orchestrator.Grains.Ownership;

/// <summary>Who of a department acts for an account.</summary>
/// <param name="Department">Empty: who answers for the whole lifecycle, end to end.</param>
/// <param name="Owner">A person or a team, as the tools name them.</param>
/// <param name="Since">Event time of what assigned them.</param>
/// <param name="By">How they came to it: who assigned them, or the rule.</param>
public sealed record AssignedOwner(string Department, string Owner, DateTimeOffset Since, string By);

/// <summary>The one party that answers for an account at an instant.</summary>
/// <param name="Department">Empty: nobody but whoever answers for the whole lifecycle.</param>
/// <param name="Owner">A person or team of the department; empty: the department as a whole.</param>
public readonly record struct Accountable(string Department, string Owner);
