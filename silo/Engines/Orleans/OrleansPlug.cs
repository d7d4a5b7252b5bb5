using System.Runtime.CompilerServices;
using Orchestrator.Silo.Engines.Cluster;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>What makes this program another one than the silo that everybody gets.</summary>
internal sealed class OrleansPlug : EnginePlug
{
    private readonly TaskCompletionSource<Facades.Services> _services = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override string Name => "orleans";

    public override IReadOnlyList<(string Name, string Help)> Settings => OrleansSettings.Known;

    public override IReadOnlyList<string> Quiet => ["Orleans", "Polly", typeof(Ear).FullName!];

    /// <summary>Before Program.cs, which both programs are made of.</summary>
    [ModuleInitializer]
    internal static void Plug() => Given = new OrleansPlug();

    public override PluggedEngine Make(EngineOffer offer)
    {
        var settings = OrleansSettings.Read(offer.Setting, offer.Settings.Postgres!);
        var view = new OrleansView(offer.Membership);
        var silo = new OrleansSilo(settings, offer.Me.Silo, offer.Logs, _services.Task, Telemetry.From(Environment.GetEnvironmentVariable, offer.Me.Silo));
        ISiloLink link = settings.Link == "grpc" ? offer.Link : new OrleansLink(name => silo.EarOf(view, name), TimeProvider.System, offer.Logs.CreateLogger<OrleansLink>());
        var engine = new OrleansEngine(silo, view, link, new Fence(offer.Settings.Postgres!), offer.Me, TimeProvider.System, offer.Logs.CreateLogger<OrleansEngine>());
        return new PluggedEngine(engine, view);
    }

    public override void Serve(SiloParts silo, TimeProvider clock) => _services.SetResult(new Facades.Services(silo, clock));
}
