using Orchestrator.Grains.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Deciding;

public sealed class CompilingPlaybooks
{
    [Theory]
    [InlineData("deploy/playbooks/wholesaler.yaml")]
    [InlineData("deploy/playbooks/saas.yaml")]
    [InlineData("deploy/playbooks/the-model.yaml")]
    public void A_shipped_playbook_compiles_without_a_finding(string path)
    {
        var text = Playbooks.Samples.File(path);
        var result = PlaybookCompiler.Compile(text, Path.GetFileName(path), version: 1);
        Assert.Empty(result.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d.ToString()));
        Assert.NotNull(result.Playbook);
    }
}
