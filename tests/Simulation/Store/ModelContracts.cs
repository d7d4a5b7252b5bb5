using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;
using Orchestrator.Storage.Contract.Tests;

namespace Orchestrator.Simulation.Store;

/// <summary>The contract of the real stores, met by the model that the simulator stands on.</summary>
public sealed class ModelFenceContract : FenceContract
{
    private readonly StoreModel _model = new();

    protected override IStore Create() => new SimulatedStore(_model);
}

public sealed class ModelJournalContract : JournalContract
{
    private readonly StoreModel _model = new();

    protected override IStore Create() => new SimulatedStore(_model);
}

public sealed class ModelSnapshotContract : SnapshotContract
{
    private readonly StoreModel _model = new();

    protected override IStore Create() => new SimulatedStore(_model);
}

public sealed class ModelRetentionContract : RetentionContract
{
    private readonly StoreModel _model = new();

    protected override IStore Create() => new SimulatedStore(_model);
}

public sealed class ModelMembershipContract : MembershipContract
{
    private readonly StoreModel _model;
    private DateTimeOffset _now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public ModelMembershipContract() => _model = new StoreModel { Members = new MembershipModel(() => _now) };

    protected override IStore CreateStore() => new SimulatedStore(_model);

    protected override IMembership CreateMembership() => new SimulatedMembership(_model, new DirectTransport(_model));

    protected override Task LetPassAsync(TimeSpan time)
    {
        _now += time;
        return Task.CompletedTask;
    }
}
