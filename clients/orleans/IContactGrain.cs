using Orchestrator.V1;
using Orleans;

namespace Orchestrator.Orleans;

/// <summary>One person, for Orleans clients of the cluster. The key is an identifier, <c>kind:value</c>, such as <c>email:jane@acme.example</c>; make it with <see cref="ContactKey"/>.</summary>
/// <remarks>As with <see cref="IAccountGrain"/>: the state is the partition's.</remarks>
[Alias("orchestrator.contact")]
public interface IContactGrain : IGrainWithStringKey
{
    /// <summary>Records a signal of this person; returns when it is durable, or refused with the reason.</summary>
    /// <param name="signal">This person's identifier is put first if it is not among its own.</param>
    [Alias("record")]
    Task<Acknowledgement> RecordAsync(Signal signal);

    /// <summary>The person as known now.</summary>
    /// <exception cref="OrchestratorException">NOT_FOUND: nobody is known by this identifier.</exception>
    [Alias("get")]
    Task<GetContactResponse> GetAsync();

    /// <summary>The best action for this person now, leased to the caller, or why there is none.</summary>
    [Alias("decide")]
    Task<DecideResponse> DecideAsync(string channel, TimeSpan? lease = null);

    /// <summary>May this be sent to this person now? Reserves the slot if so. The request's identifiers are set to this one.</summary>
    [Alias("reserve")]
    Task<ReserveResponse> ReserveAsync(ReserveRequest request);
}

/// <summary>Keys of contact grains.</summary>
public static class ContactKey
{
    /// <summary>The key of the person with this identifier.</summary>
    /// <param name="kind">Of the identifier, such as <c>email</c>; without a colon.</param>
    /// <param name="value">As it comes; normalised by the cluster.</param>
    public static string Of(string kind, string value) =>
        kind.Length > 0 && !kind.Contains(':', StringComparison.Ordinal) ? $"{kind}:{value}" : throw new ArgumentException($"the kind is `{kind}`, one without `:` was expected", nameof(kind));

    /// <summary>The identifier that a key stands for.</summary>
    /// <exception cref="OrchestratorException">INVALID_ARGUMENT: it is none.</exception>
    public static Identifier Read(string key) =>
        key.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && colon < key.Length - 1
            ? new Identifier { Kind = key[..colon], Value = key[(colon + 1)..] }
            : throw new OrchestratorException("INVALID_ARGUMENT", $"the key is `{key}`, `kind:value` was expected, such as `email:jane@acme.example`");
}
