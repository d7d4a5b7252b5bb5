namespace Orchestrator.Silo.Sample;

/// <summary>One row of the bundled data.</summary>
/// <param name="Row">Place in the file, from 1; part of the ids of the signals made of it.</param>
/// <param name="At">When, in UTC.</param>
/// <param name="Customer">Number of the customer.</param>
/// <param name="Lines">Lines of the invoice.</param>
/// <param name="Quantity">Pieces bought less pieces returned.</param>
/// <param name="Purchase">Pence bought; 0 = nothing.</param>
/// <param name="Return">Pence returned; 0 = nothing.</param>
public sealed record Invoice(int Row, DateTimeOffset At, string Customer, string Country, int Lines, int Quantity, long Purchase, long Return);
