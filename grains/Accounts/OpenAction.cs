using Orchestrator.Grains.Requests;

namespace Orchestrator.Grains.Accounts;

/// <summary>An action that was offered and is not settled yet.</summary>
public sealed record OpenAction
{
    /// <summary>Stable through every attempt and restart.</summary>
    public required string Id { get; init; }

    /// <summary>Empty for a request, like <see cref="Treatment"/>.</summary>
    public required string Play { get; init; }

    public required string Treatment { get; init; }

    public required string Channel { get; init; }

    /// <summary>Whom it is for; empty when it concerns the account as a whole.</summary>
    public required string Contact { get; init; }

    /// <summary>Who must act; empty for plays aimed at a contact directly.</summary>
    public required string Department { get; init; }

    /// <summary>It counts against what the department can have in hand.</summary>
    public bool Counted { get; init; }

    /// <summary>It waits for the department's word that there is room; nobody sees it before.</summary>
    public bool Awaits { get; init; }

    /// <summary>Who within the department must act; empty: whoever takes it.</summary>
    public string Owner { get; init; } = "";

    public required string Stage { get; init; }

    public required string Playbook { get; init; }

    public required int PlaybookVersion { get; init; }

    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>Never delivered at or after this instant.</summary>
    public required DateTimeOffset ValidUntil { get; init; }

    public required bool Transactional { get; init; }

    /// <summary>True when a caller asked for it synchronously; it is not pushed then.</summary>
    public bool Asked { get; init; }

    public required Factors Factors { get; init; }

    /// <summary>Why this, in one plain sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>How often it has been delivered and come back.</summary>
    public int Attempt { get; init; }

    /// <summary>Not delivered before this instant.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>What a person is asked to answer; null: it comes from a play.</summary>
    public Request? Request { get; init; }
}

/// <summary>What arbitration computed: priority = propensity x context x value x lever.</summary>
/// <param name="Propensity">Probability in [0, 1].</param>
/// <param name="Context">Dimensionless, 1 = neutral.</param>
/// <param name="Value">Minor currency units.</param>
/// <param name="Lever">Dimensionless, in [0, 10].</param>
/// <param name="Probability">Probability in (0, 1] of this choice, exploration included.</param>
public readonly record struct Factors(double Propensity, double Context, double Value, double Lever, double Probability)
{
    /// <summary>Minor currency units.</summary>
    public double Priority => PriorityOf(Propensity, Context, Value, Lever);

    /// <summary>The same, before there are factors.</summary>
    public static double PriorityOf(double propensity, double context, double value, double lever) => propensity * context * value * lever;
}
