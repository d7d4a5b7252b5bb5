namespace Orchestrator.Grains.Requests;

/// <summary>What a person said to a request.</summary>
/// <param name="By">Who, as the tool that answered knows them; empty if it did not say.</param>
/// <param name="Department">Whose people were asked.</param>
/// <param name="Reason">Of a no: why; may be empty. Of a yes: what else was said.</param>
/// <param name="At">When.</param>
internal readonly record struct RequestAnswer(string By, string Department, string Reason, DateTimeOffset At)
{
    /// <summary>As evidence: a person's word, not something observed.</summary>
    public string Asserted => $"asserted by {(By.Length > 0 ? $"`{By}`" : "somebody")}{(Department.Length > 0 ? $" of {Department}" : "")} at {At.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture)}";
}
