namespace Orchestrator.Grains.Partitioning;

/// <summary>A name under which a person is known somewhere.</summary>
/// <param name="Kind">"email", "user", "anonymous", "crm" and so on; lower case.</param>
/// <param name="Value">Normalised: e-mail addresses trimmed and in lower case.</param>
public readonly record struct PersonName(string Kind, string Value)
{
    /// <summary>The name as a key: <c>kind:value</c>.</summary>
    public override string ToString() => $"{Kind}:{Value}";

    /// <summary>Trims, lower-cases the kind and, for e-mail, the value.</summary>
    public static PersonName Normalise(string kind, string value)
    {
        var normalKind = kind.Trim().ToLowerInvariant();
        var trimmed = value.Trim();
        return new(normalKind, normalKind == "email" ? trimmed.ToLowerInvariant() : trimmed);
    }

    /// <summary>Reads <c>kind:value</c>.</summary>
    public static PersonName Parse(string key)
    {
        var colon = key.IndexOf(':', StringComparison.Ordinal);
        return new(key[..colon], key[(colon + 1)..]);
    }
}
