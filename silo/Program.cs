using System.Net.Sockets;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Delivery;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Rpc;
using Orchestrator.Silo.Sample;
using Orchestrator.Silo.StoreCommands;
using Orchestrator.V1;

// 0. Work on a store without a silo.
if (args is [StoreCommand.Name, ..])
{
    using var interrupted = new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) =>
    {
        pressed.Cancel = true;
        interrupted.Cancel();
    };
    return await StoreCommand.RunAsync(args[1..], Environment.GetEnvironmentVariable, Console.Out, Console.Error, !Console.IsErrorRedirected, interrupted.Token);
}

// 1. Settings.
if (args is ["--help" or "-h"])
{
    Console.WriteLine(ServerSettings.Usage);
    return 0;
}

if (ServerSettings.Read(args, Environment.GetEnvironmentVariable, out var error) is not { } settings)
{
    Console.Error.WriteLine($"error: {error}\n\n{ServerSettings.Usage}");
    return 2;
}

// 2. Host: one port for gRPC in cleartext HTTP/2, one for HTTP/1.1.
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ApplicationName = "Orchestrator.Silo", ContentRootPath = AppContext.BaseDirectory });
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
builder.Logging.SetMinimumLevel(settings.Sample ? LogLevel.Warning : LogLevel.Information);
builder.Logging.AddSimpleConsole(options => (options.SingleLine, options.TimestampFormat) = (true, "HH:mm:ss "));
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.ListenRpc(settings.Grpc.Address, settings.Grpc.Port);
    kestrel.Listen(settings.Http);
});
builder.WebHost.UseKestrelCore();
builder.Services.AddSingleton<IHostLifetime, DrainingLifetime>();
var app = builder.Build();
var stopping = app.Lifetime.ApplicationStopping;

// 3. The silo: store, partitions, delivery.
try
{
    Directory.CreateDirectory(settings.Data);
}
catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error: the data folder `{settings.Data}` cannot be made: {refused.Message}; choose another with --data");
    return 1;
}

await using var sample = settings.Sample ? new SampleRun(SampleFiles.Bundled(), TimeSpan.FromSeconds(settings.SampleSeconds), Console.Out, colours: !Console.IsOutputRedirected) : null;
await using var silo = new SiloParts(
    settings,
    new SqliteStore(Path.Combine(settings.Data, "orchestrator.db"), TimeProvider.System),
    sample?.Clock ?? TimeProvider.System,
    app.Services.GetRequiredService<ILoggerFactory>(),
    sample is null ? null : SampleRun.Bounds,
    sample is null ? null : SampleRun.Delivery);
try
{
    await silo.StartAsync(stopping, sample is null ? SampleRun.RefuseAsync : sample.OpenAsync);
}
catch (Exception refused) when (refused is StoreRefusedException or StoreCorruptException or StoreFullException or StoreFailedException)
{
    Console.Error.WriteLine($"error: {refused.Message}");
    return 1;
}

// 4. Services over it.
app.UseRouting();
app.UseRpcUnimplemented();
app.MapRpc(SignalsReflection.Descriptor.Services[0], silo.Signals);
app.MapRpc(ActionsReflection.Descriptor.Services[0], new ActionService(silo.Hub, _ => Tenants.Default, new DecideCall(silo.Runtime, silo.People, silo.Hub).DecideAsync, stopping));
app.MapRpc(PlaybooksReflection.Descriptor.Services[0], new PlaybookService(silo.Runtime));
app.MapRpc(AccountsReflection.Descriptor.Services[0], new AccountService(silo.Runtime, silo.Shelf, silo.People, silo.Actions, sample?.Clock ?? TimeProvider.System));
app.MapRpc(PoliciesReflection.Descriptor.Services[0], new ContactPolicyService(silo.Runtime, silo.People));
app.MapRpcHealth();
app.MapRpcReflection();
app.MapGet("/livez", () => "ok");
app.MapGet("/readyz", () => silo.Runtime.Failed.IsCompleted ? Results.Text("the store has failed", statusCode: 503) : Results.Text("ok"));

// 5. Serve until told to stop, or until the store fails.
try
{
    await app.StartAsync();
}
catch (IOException inUse) when (inUse.InnerException is SocketException or Microsoft.AspNetCore.Connections.AddressInUseException)
{
    Console.Error.WriteLine($"error: cannot listen on {settings.Http} or {settings.Grpc}: {inUse.InnerException.Message}; stop what listens there, or choose other addresses with --http and --grpc");
    return 1;
}

Console.WriteLine($"serving: HTTP on http://{settings.Http}, gRPC (h2c) on http://{settings.Grpc}, data in {settings.Data}");
if (sample is not null)
{
    await sample.StartAsync(silo);
}

var told = ((DrainingLifetime)app.Services.GetRequiredService<IHostLifetime>()).Told;
var failed = await Task.WhenAny(silo.Runtime.Failed, told) == silo.Runtime.Failed;
if (failed)
{
    Console.Error.WriteLine($"error: the store cannot be used any more: {(await silo.Runtime.Failed).Message}");
}

// 6. Consumers hear that they should go before their streams end.
silo.Hub.Drain(TimeSpan.FromSeconds(1));
await Task.Delay(TimeSpan.FromMilliseconds(100));
if (sample is not null)
{
    await sample.DisposeAsync();
}

await app.StopAsync();
return failed ? 1 : 0;
