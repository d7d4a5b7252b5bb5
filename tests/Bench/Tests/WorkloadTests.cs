using Google.Protobuf;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Load;
using Xunit;

namespace Orchestrator.Bench.Tests;

public sealed class WorkloadTests
{
    static readonly LoadOptions Options = new() { Address = new("http://127.0.0.1:1"), Accounts = 2_000, Contacts = 10_000 };

    [Fact]
    public void A_signal_is_about_two_hundred_bytes_on_the_wire() =>
        Assert.InRange(new Workload(Options with { Accounts = 20_000, Contacts = 100_000, Run = "r19a3f0c1d2e" }, DateTimeOffset.UnixEpoch.AddDays(20_000)).MeanBytes, 190, 210);

    [Fact]
    public void A_signal_made_again_is_the_same_to_the_byte()
    {
        var workload = new Workload(Options, DateTimeOffset.UnixEpoch.AddDays(20_000));
        var slate = new Workload.Slate();
        var first = Enumerable.Range(0, 500).Select(n => workload.Fill(slate, n).ToByteString()).ToList();
        Assert.All(Enumerable.Range(0, 500).Reverse(), n => Assert.Equal(first[n], workload.Fill(slate, n).ToByteString()));
        Assert.Equal(500, first.Distinct().Count());
    }

    [Fact]
    public void Going_in_turn_touches_every_account_before_any_twice()
    {
        var workload = new Workload(Options with { Sequential = true }, DateTimeOffset.UnixEpoch);
        Assert.Equal(2_000, Enumerable.Range(0, 2_000).Select(n => workload.AccountOf(n)).Distinct().Count());
    }

    [Theory]
    [InlineData(50, 10)]
    [InlineData(10, 10)]
    [InlineData(500, 10)]
    [InlineData(190, 1)]
    [InlineData(1, 1)]
    public void The_canonical_playbook_compiles_without_a_warning(int plays, int stages)
    {
        var compiled = PlaybookCompiler.Compile(CanonicalPlaybook.Text(plays, stages), "canonical.yaml", version: 1);
        Assert.Empty(compiled.Diagnostics);
        Assert.Equal(plays, compiled.Playbook!.Plays.Length);
    }

    [Fact]
    public void Every_signal_keeps_to_the_playbooks_schema()
    {
        var playbook = PlaybookCompiler.Compile(CanonicalPlaybook.Text(50, 10), "canonical.yaml", version: 1).Playbook!;
        var workload = new Workload(Options, DateTimeOffset.UnixEpoch.AddDays(20_000));
        var slate = new Workload.Slate();
        var attributes = playbook.Definition.Attributes.Account.Select(attribute => attribute.Name).ToHashSet();
        Assert.All(Enumerable.Range(0, 2_000), n =>
        {
            var signal = workload.Fill(slate, n).Signal;
            var declared = playbook.Signals[signal.Type];
            Assert.All(signal.Properties.Keys, name => Assert.True(declared.Properties.ContainsKey(name) || (signal.Type == BuiltInSignals.AccountUpdated && attributes.Contains(name)), name));
            Assert.All(declared.Definition.Properties.Where(property => !property.Optional), property => Assert.Contains(property.Name, signal.Properties.Keys));
        });
    }
}
