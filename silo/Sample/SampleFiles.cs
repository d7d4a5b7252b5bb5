namespace Orchestrator.Silo.Sample;

/// <summary>Where the bundled sample is.</summary>
/// <param name="Invoices">Gzip of CSV; see deploy/samples/retail_b2b/README.md.</param>
/// <param name="Playbook">YAML.</param>
public sealed record SampleFiles(string Invoices, string Playbook)
{
    /// <summary>Beside the program, where the build puts it.</summary>
    /// <exception cref="FileNotFoundException">The copy of the program is not whole.</exception>
    public static SampleFiles Bundled()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "sample");
        var files = new SampleFiles(Path.Combine(folder, "retail_b2b", "invoices.csv.gz"), Path.Combine(folder, "wholesaler.yaml"));
        var missing = new[] { files.Invoices, files.Playbook }.FirstOrDefault(f => !File.Exists(f));
        return missing is null ? files : throw new FileNotFoundException($"the sample's file `{missing}` is missing: build the project again, or copy the folder `sample` beside the program");
    }
}
