namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>Where a partition is, as far as this silo knows.</summary>
internal enum Place
{
    /// <summary>At another silo, or at none.</summary>
    Away,

    /// <summary>This silo is taking it over: what comes waits.</summary>
    Coming,

    /// <summary>It runs here.</summary>
    Here,

    /// <summary>It is being stopped here: what comes waits.</summary>
    Going,
}

/// <summary>The way to one partition. Fields belong to the router's lock; <see cref="Place"/> may be read without it.</summary>
internal sealed class Lane
{
    private volatile Place _place;

    public Place Place
    {
        get => _place;
        set => _place = value;
    }

    /// <summary>The highest epoch heard of.</summary>
    public long Epoch { get; set; }

    /// <summary>Who has that epoch; empty if nobody ever took it.</summary>
    public string Owner { get; set; } = "";

    /// <summary>The owner said that it does not run the partition under this epoch: nothing is sent there until a higher one is heard of.</summary>
    public long DoubtedEpoch { get; set; } = -1;

    /// <summary>Waiting, in order.</summary>
    public List<Errand> Held { get; } = [];

    /// <summary>Sent and not answered, in order.</summary>
    public LinkedList<Errand> UnderWay { get; } = new();

    /// <summary>
    /// Whether what waits may go: not while something younger is under way, since that may come back as well and must then go behind.
    /// </summary>
    public bool InOrder => UnderWay.Last is null || Held.Count == 0 || UnderWay.Last.Value.Order < Held[0].Order;

    public void Hold(Errand errand)
    {
        var at = Held.Count;
        while (at > 0 && Held[at - 1].Order > errand.Order)
        {
            at--;
        }

        Held.Insert(at, errand);
    }
}
