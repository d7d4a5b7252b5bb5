using System.Collections.Concurrent;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.V1;

namespace Orchestrator.Cluster.Tests;

/// <summary>Clients that send one signal after the other through all silos, each until it is durable, and remember what was acknowledged.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly SiloCluster _cluster;
    private readonly CancellationTokenSource _over = new();
    private readonly Task[] _clients;
    private readonly ConcurrentQueue<Signal> _acknowledged = new();

    public Load(SiloCluster cluster, int clients = 8)
    {
        _cluster = cluster;
        _clients = [.. Enumerable.Range(0, clients).Select(SendAsync)];
    }

    public IReadOnlyCollection<Signal> Acknowledged => _acknowledged;

    /// <summary>Waits until this many more signals are acknowledged.</summary>
    public Task MoreAsync(int count)
    {
        var until = _acknowledged.Count + count;
        return SiloCluster.UntilAsync(() => Task.FromResult(_acknowledged.Count >= until || _clients.Any(c => c.IsFaulted)), $"{count} more signals are acknowledged");
    }

    /// <summary>Ends it; fails if a client failed.</summary>
    public async Task EndAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>Asserts that each acknowledged signal is there once: an account counts the distinct signals that it has applied.</summary>
    /// <param name="others">Signals of an account that others than this load have sent.</param>
    public async Task AssertAllThereOnceAsync(Func<string, int> others)
    {
        foreach (var account in SiloCluster.Accounts)
        {
            var sent = _acknowledged.Where(s => s.Account == account).ToArray();
            var known = (await SiloCluster.AnswerAsync(() => _cluster.Up.First().Client.Accounts.GetAccount(new() { Account = account }, new() { Idempotent = true }))).Account;
            Assert.True(sent.Length + others(account) == known.SignalCount, $"{sent.Length} signals of {account} were acknowledged, {known.SignalCount} were applied");
            foreach (var signal in sent.TakeLast(3))
            {
                Assert.Equal(Acknowledgement.Types.Result.Duplicate, (await _cluster.InsistAsync(signal, first: 0)).Result);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_clients).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
    }

    private async Task SendAsync(int client)
    {
        for (var n = 0; !_over.IsCancellationRequested; n++)
        {
            var signal = Texts.Viewed($"l-{client}-{n}", SiloCluster.Accounts[((client * 7) + n) % SiloCluster.Partitions]);
            await _cluster.InsistAsync(signal, first: client + n);
            _acknowledged.Enqueue(signal);
        }
    }
}
