using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orchestrator.Silo.StoreCommands;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>This process as a silo of the Orleans cluster.</summary>
internal interface IOrleansSilo : IAsyncDisposable
{
    /// <summary>Joins the cluster; the engine hears who is in it from then on.</summary>
    Task StartAsync(OrleansEngine engine, CancellationToken cancel);

    /// <summary>Leaves the cluster.</summary>
    /// <param name="inOrder">False: the others have given this silo up already, and there is nobody to say goodbye to.</param>
    Task StopAsync(bool inOrder);

    /// <summary>Where a partition runs; Orleans activates it if it runs nowhere.</summary>
    Task<PartitionPlace> WhereAsync(int partition);

    /// <summary>Of the running silo; null before it was started.</summary>
    IServiceProvider? Services { get; }
}

/// <summary>An Orleans silo with a host of its own beside the one that serves gRPC: it starts after the store is open and stops before that closes.</summary>
/// <param name="telemetry">Where what it says goes, null = nowhere; ends with it.</param>
internal sealed class OrleansSilo(OrleansSettings settings, string name, ILoggerFactory logs, Task<Facades.Services> services, Telemetry? telemetry) : IOrleansSilo
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(10);

    // Calls to those that do not answer would be waited for one after the other, and whoever supervises this silo could not start it again meanwhile.
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _over = new();
    private IHost? _host;
    private TlsConnections? _tls;
    private Task _hearing = Task.CompletedTask;
    private bool _stopped = true;

    public IServiceProvider? Services => _host?.Services;

    public async Task StartAsync(OrleansEngine engine, CancellationToken cancel)
    {
        await OrleansTables.CheckAsync(settings.Connection, cancel);
        var details = await SiloDetails.ReadAsync(name, settings, cancel);
        _tls = settings.Tls is var (certificate, key, authority) ? new TlsConnections(certificate, key, authority) : null;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.Replace(ServiceDescriptor.Singleton(logs));

        // Who is told to stop is this process; it has the engine leave first.
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.UseOrleans(silo =>
        {
            settings.Configure(silo, name);
            silo.Services.AddSingleton<ILocalSiloDetails>(details);
            _tls?.Configure(silo);
            Configure(silo, engine, services, Build.Own);
        });
        _host = builder.Build();
        CheckFree(settings.Listen, "orleans-listen");
        if (settings.GatewayPort > 0)
        {
            CheckFree(new IPEndPoint(settings.Listen.Address, settings.GatewayPort), "orleans-gateway");
        }

        await _host.StartAsync(cancel);
        _hearing = Task.Run(() => HearAsync(_host.Services, engine, _over.Token), CancellationToken.None);
    }

    // Where somebody else listens Orleans would share the port with him without a word, and each would get a part of the other's connections.
    private static void CheckFree(IPEndPoint at, string setting)
    {
        using var listener = new TcpListener(at) { ExclusiveAddressUse = true };
        try
        {
            listener.Start();
        }
        catch (SocketException taken)
        {
            throw new EngineRefusedException($"cannot listen on {at}: {taken.Message}; stop what listens there, or choose another with --{setting}", taken);
        }
    }

    /// <summary>What the engine needs of a silo, however that is hosted.</summary>
    /// <param name="build">The version that this silo says it is of.</param>
    public static void Configure(ISiloBuilder silo, OrleansEngine engine, Task<Facades.Services> services, Version build)
    {
        silo.Services.AddSingleton<global::Orleans.Metadata.IGrainPropertiesProvider>(new Build(build));
        silo.AddActivityPropagation();
        silo.Services.AddSingleton(engine);
        silo.Services.AddSingleton(services);
        silo.Services.AddPlacementDirector<Facades.NearPartition, Facades.NearPartitionDirector>();
        if (engine.Link is OrleansLink link)
        {
            silo.Services.AddSingleton(link);
            silo.Services.AddSingleton<Ears>();
            silo.AddGrainService<Ear>();
        }

        silo.Services.AddPlacementDirector<PartitionPlacement, PartitionDirector>();
        silo.Services.Replace(ServiceDescriptor.Singleton<IFatalErrorHandler>(new Faller(engine)));

        // Taking a partition over reads the store, at worst behind hundreds of others.
        silo.Configure<GrainCollectionOptions>(options => options.ActivationTimeout = options.DeactivationTimeout = TimeSpan.FromMinutes(1));
    }

    /// <summary>Tells the engine who is in the cluster, now and at every change.</summary>
    public static async Task HearAsync(IServiceProvider services, OrleansEngine engine, CancellationToken cancel)
    {
        var membership = services.GetRequiredService<IClusterMembershipService>();
        try
        {
            engine.Hear(membership.CurrentSnapshot);
            await foreach (var members in membership.MembershipUpdates.WithCancellation(cancel))
            {
                engine.Hear(members);
            }
        }
        catch (OperationCanceledException)
        {
            // The silo has stopped.
        }
    }

    /// <summary>The ear of another silo; null while Orleans does not know it.</summary>
    public IEar? EarOf(OrleansView view, string name) =>
        view.Members is { } members && OrleansView.AddressOf(members, name) is { } address ? _host?.Services.GetService<Ears>()?.At(address) : null;

    public Task<PartitionPlace> WhereAsync(int partition) =>
        _host is { } host ? host.Services.GetRequiredService<IGrainFactory>().GetGrain<IPartitionGrain>(partition).WhereAsync() : throw new OrleansException("the Orleans silo has not started");

    public async Task StopAsync(bool inOrder)
    {
        _over.Cancel();
        if (_host is not null)
        {
            var within = inOrder ? StopWithin : EndWithin;
            using var limit = new CancellationTokenSource(within);
            try
            {
                await _host.StopAsync(limit.Token).WaitAsync(within + within, CancellationToken.None);
            }
            catch (Exception late) when (late is OperationCanceledException or TimeoutException)
            {
                // It is not waited for any longer: the others notice by themselves that it is gone.
                _stopped = false;
            }
        }

        await _hearing;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopped && _host is IAsyncDisposable host)
        {
            await host.DisposeAsync();
        }

        telemetry?.Dispose();
        _tls?.Dispose();
        _over.Dispose();
    }

    /// <summary>A silo that Orleans gave up must not end the process at once: what is under way is answered first.</summary>
    private sealed class Faller(OrleansEngine engine) : IFatalErrorHandler
    {
        public bool IsUnexpected(Exception exception) => exception is not OperationCanceledException;

        public void OnFatalException(object? sender, string? context, Exception? exception) =>
            engine.Fell(new OrleansException($"Orleans gave this silo up: {Short(exception?.Message ?? context ?? "it does not say why")}", exception!));

        // Behind this comes the whole table of the cluster.
        private static string Short(string message) => message.IndexOf(" Membership: [", StringComparison.Ordinal) is > 0 and var end ? message[..end] : message;
    }

    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
