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
