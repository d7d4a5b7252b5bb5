using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>
/// What one silo says to the others and answers them, the same for every engine of several silos: questions to the owner of a partition, wherever it is, and playbooks told and caught up with. Who owns
/// what, and how that changes, is the engine's.
/// </summary>
/// <remarks>Members may be called from any thread once it is open.</remarks>
internal sealed class SiloTalk(Router router, ClusterSettings settings)
{
    private readonly List<ILinkReceiver> _listeners = [];
    private IOwnerCalls? _delivery;
    private IPartitionHost? _host;
    private PlaybookExchange? _playbooks;

    /// <param name="playbooks">Of this host.</param>
    public void Open(IPartitionHost host, PlaybookExchange playbooks) => (_host, _playbooks) = (host, playbooks);

    public void Attach(IOwnerCalls delivery, ILinkReceiver listener)
    {
        _delivery = delivery;
        _listeners.Add(listener);
    }

    public Task<LinkAnswer> CallAsync(int partition, LinkAsk ask)
    {
        var errand = new CallErrand(partition, ask);
        router.Go(errand);
        return errand.Answer;
    }

    /// <summary>The states of grains from their owner on another silo.</summary>
    /// <exception cref="PartitionUnavailableException">Nobody runs the partition now, or its owner did not answer.</exception>
    public async Task<ReadResult> ReadAsync(int partition, IReadOnlyList<GrainKey> keys, CancellationToken cancel)
    {
        var answer = await CallAsync(partition, new LinkAsk { Read = new() { Keys = { keys.Select(KeyForm.Write) } } }).WaitAsync(cancel);
        return answer.KindCase == LinkAnswer.KindOneofCase.States
            ? OutcomeForm.Read(answer.States)
            : throw new PartitionUnavailableException(OutcomeForm.ReasonOf(answer));
    }

    /// <summary>Has the owner of a partition hand it over, wherever it is.</summary>
    /// <returns>How long commands waited, or why it did not come to pass.</returns>
    public async Task<(TimeSpan? Pause, string Refused)> MoveAsync(int partition, string silo)
    {
        var answer = await CallAsync(partition, new LinkAsk { HandOver = new() { To = silo } });
        return answer.KindCase != LinkAnswer.KindOneofCase.HandedOver ? (null, OutcomeForm.ReasonOf(answer))
            : answer.HandedOver.Refused.Length > 0 ? (null, answer.HandedOver.Refused)
            : (TimeSpan.FromTicks(answer.HandedOver.Pause), "");
    }

    /// <summary>Answers a question about a partition; null if it does not run here.</summary>
    /// <param name="read">Reads grains here; null if the partition does not run here.</param>
    /// <param name="handOver">Gives the partition away.</param>
    public Task<LinkAnswer>? TryCall(int partition, LinkAsk ask, Func<IReadOnlyList<GrainKey>, Task<ReadResult>?> read, Func<string, Task<LinkAnswer>> handOver)
    {
        switch (ask.KindCase)
        {
            case LinkAsk.KindOneofCase.Read:
                return read([.. ask.Read.Keys.Select(KeyForm.Read)]) is { } reading ? AnswerAsync(reading) : null;
            case var _ when router.PlaceOf(partition) != Place.Here:
                return null;
            case LinkAsk.KindOneofCase.Playbooks:
                return Task.FromResult(new LinkAnswer { Versions = _playbooks!.After(ask.Playbooks.Tenant, ask.Playbooks.Known) });
            case LinkAsk.KindOneofCase.HandOver:
                return handOver(ask.HandOver.To);
            default:
                return _delivery is null ? Task.FromResult(new LinkAnswer { Unavailable = "this silo does not know the question" }) : _delivery.TryCall(partition, ask);
        }
    }

    /// <summary>Answers the wish that a partition of this silo goes to another.</summary>
    /// <param name="view">The silos as this one sees them.</param>
    /// <param name="give">Gives it; how long it was stopped here, null if it was not handed over.</param>
    public async Task<LinkAnswer> HandOverAsync(int partition, string to, ClusterView? view, Func<Task<TimeSpan?>> give)
    {
        if (to == settings.Silo)
        {
            return new LinkAnswer { HandedOver = new() };
        }

        if (view?.Silos.FirstOrDefault(s => s.Silo == to) is not { Alive: true, Leaving: false })
        {
            return new LinkAnswer { HandedOver = new() { Refused = $"silo `{to}` is not alive, or is leaving" } };
        }

        return await give() is { } pause
            ? new LinkAnswer { HandedOver = new() { Pause = pause.Ticks } }
            : new LinkAnswer { HandedOver = new() { Refused = $"partition {partition} could not be handed over; look who runs it now" } };
    }

    public void Linked(LinkHello silo)
    {
        router.Credit(silo.Silo, silo.Credit);
        foreach (var listener in _listeners)
        {
            listener.Linked(silo);
        }
    }

    /// <summary>Takes in what is not about who owns what, which is the engine's to look at first.</summary>
    /// <param name="send">To a silo.</param>
    /// <returns>False if a playbook came before those that it follows: they are to be caught up with.</returns>
    public bool Received(string from, LinkMessage message, Func<string, LinkMessage, bool> send)
    {
        switch (message.KindCase)
        {
            case LinkMessage.KindOneofCase.Ask:
                router.Asked(message.Ask, answer => send(from, new LinkMessage { Answer = answer }));
                break;
            case LinkMessage.KindOneofCase.Answer:
                router.Answered(from, message.Answer);
                break;
            case LinkMessage.KindOneofCase.Post:
                router.Posted(message.Post);
                break;
            case LinkMessage.KindOneofCase.Playbook:
                return _playbooks!.Take(message.Playbook.Tenant, message.Playbook.Version);
            default:
                foreach (var listener in _listeners)
                {
                    listener.Received(from, message);
                }

                break;
        }

        return true;
    }

    public void Broken(string silo)
    {
        router.Broken(silo);
        foreach (var listener in _listeners)
        {
            listener.Broken(silo);
        }
    }

    /// <summary>A version was published here.</summary>
    /// <returns>What the others are to be told; null if it is no news.</returns>
    public LinkMessage? Published(string tenant, PlaybookVersion version) =>
        _playbooks!.Add(tenant, version) ? new LinkMessage { Playbook = new() { Tenant = tenant, Version = AnswerForm.Write(version) } } : null;

    /// <summary>Asks the owners of the catalogs for the playbooks that are missing here.</summary>
    /// <returns>False if one of them did not answer: nobody owns it yet, or it moves.</returns>
    public async Task<bool> CatchUpAsync(Func<bool> isStopping)
    {
        foreach (var catalog in settings.Catalogs)
        {
            var partition = catalog.PartitionOf(_host!.Partitions);
            while (!isStopping() && router.PlaceOf(partition) != Place.Here)
            {
                var answer = await CallAsync(partition, new LinkAsk { Playbooks = new() { Tenant = catalog.Tenant, Known = _playbooks!.Known(catalog.Tenant) } });
                if (answer.KindCase != LinkAnswer.KindOneofCase.Versions)
                {
                    return false;
                }

                if (answer.Versions.Versions.Count == 0)
                {
                    break;
                }

                foreach (var version in answer.Versions.Versions)
                {
                    _playbooks.Take(catalog.Tenant, version);
                }
            }
        }

        return true;
    }

    private static async Task<LinkAnswer> AnswerAsync(Task<ReadResult> reading)
    {
        try
        {
            return new LinkAnswer { States = OutcomeForm.Write(await reading) };
        }
        catch (PartitionUnavailableException gone)
        {
            return new LinkAnswer { Unavailable = gone.Message };
        }
    }
}
