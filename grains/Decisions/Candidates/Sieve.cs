namespace Orchestrator.Grains.Decisions;

/// <summary>Scratch memory of deciding by index: grown once, then free of allocation.</summary>
internal sealed class Sieve
{
    private ulong[] sets = [];
    private ulong[] nothing = [];
    private ulong[] overCap = [];
    private int words;

    /// <summary>By place: context, value and priority of those that are priced at each decision; of the person at hand.</summary>
    public (double Context, double Value, double Priority)[] Prices { get; private set; } = [];

    /// <summary>No treatment.</summary>
    public ReadOnlySpan<ulong> Nothing => nothing.AsSpan(0, words);

    /// <summary>Those whose question a cap answered.</summary>
    public ReadOnlySpan<ulong> OverCap => overCap.AsSpan(0, words);

    /// <summary>What is left for a person, by index among those considered.</summary>
    public Span<ulong> Kept(int person) => sets.AsSpan(person * words, words);

    public void Begin(CandidateIndex index, int people)
    {
        words = index.Words;
        if (sets.Length < people * words || nothing.Length < words)
        {
            sets = new ulong[2 * people * words];
            nothing = new ulong[2 * words];
            overCap = new ulong[2 * words];
        }

        if (Prices.Length < index.Of.Length)
        {
            Prices = new (double, double, double)[2 * index.Of.Length];
        }
    }

    /// <param name="first">Nothing was over a cap before.</param>
    public void Over(ReadOnlySpan<ulong> more, bool first)
    {
        for (var i = 0; i < words; i++)
        {
            overCap[i] = first ? more[i] : overCap[i] | more[i];
        }
    }
}
