using System.Collections;

namespace Orchestrator.Protos.Rpc;

/// <summary>Headers or trailers of a call: ordered, several values a name, names compared without case.</summary>
/// <remarks>
/// Values are kept as they travel. Names that end in <c>-bin</c> carry bytes as base64, which goes out without padding and comes in
/// with or without it, possibly several values joined by commas.
/// </remarks>
public sealed class Metadata : IEnumerable<KeyValuePair<string, string>>
{
    const string BinarySuffix = "-bin";
    readonly List<KeyValuePair<string, string>> entries = [];

    public int Count => entries.Count;

    /// <summary>True for names whose values are bytes.</summary>
    public static bool IsBinary(string name) => name.EndsWith(BinarySuffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>True for names that the protocol itself uses and an application can neither send nor see.</summary>
    public static bool IsReserved(string name) =>
        name.Length == 0 || name[0] == ':'
        || (name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase) && !name.Equals("grpc-status-details-bin", StringComparison.OrdinalIgnoreCase)
            && !name.Equals("grpc-retry-pushback-ms", StringComparison.OrdinalIgnoreCase))
        || name.Equals("te", StringComparison.OrdinalIgnoreCase) || name.Equals("content-type", StringComparison.OrdinalIgnoreCase)
        || name.Equals("content-length", StringComparison.OrdinalIgnoreCase) || name.Equals("host", StringComparison.OrdinalIgnoreCase)
        || name.Equals("connection", StringComparison.OrdinalIgnoreCase) || name.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase);

    /// <summary>Adds a text value: visible ASCII and spaces.</summary>
    /// <exception cref="ArgumentException">The name is reserved or ill-formed, is a <c>-bin</c> name, or the value is not printable ASCII.</exception>
    public void Add(string name, string value)
    {
        Check(name);
        if (IsBinary(name))
        {
            throw new ArgumentException($"expected bytes for `{name}`, found text", nameof(value));
        }

        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new ArgumentException($"expected printable ASCII for `{name}`; send other text as bytes under a name that ends in `-bin`", nameof(value));
        }

        AddAsTravels(name, value);
    }

    /// <summary>Adds bytes under a name that ends in <c>-bin</c>.</summary>
    /// <exception cref="ArgumentException">The name is reserved, ill-formed, or does not end in <c>-bin</c>.</exception>
    public void Add(string name, ReadOnlySpan<byte> value)
    {
        Check(name);
        if (!IsBinary(name))
        {
            throw new ArgumentException($"expected a name that ends in `-bin` for bytes, found `{name}`", nameof(name));
        }

        AddAsTravels(name, Convert.ToBase64String(value).TrimEnd('='));
    }

    /// <summary>Adds a value as it came off the wire, unchecked.</summary>
    public void AddAsTravels(string name, string value) => entries.Add(new(name.ToLowerInvariant(), value));

    /// <summary>The last value of a name as it travels, or null.</summary>
    public string? Get(string name)
    {
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            if (entries[i].Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return entries[i].Value;
            }
        }

        return null;
    }

    /// <summary>All values of a name as they travel, in order; may be empty.</summary>
    public IEnumerable<string> GetAll(string name) =>
        entries.Where(entry => entry.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(entry => entry.Value);

    /// <summary>All values of a <c>-bin</c> name, in order; may be empty.</summary>
    /// <exception cref="RpcException">INTERNAL: a value is not base64.</exception>
    public IReadOnlyList<byte[]> GetBytes(string name) =>
        [.. GetAll(name).SelectMany(value => value.Split(',')).Select(value => Decode(name, value.Trim()))];

    public void Clear() => entries.Clear();

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    static byte[] Decode(string name, string value)
    {
        var bare = value.TrimEnd('=');
        try
        {
            return Convert.FromBase64String(bare.PadRight((bare.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException cause)
        {
            throw new RpcException(StatusCode.Internal, $"expected base64 in metadata `{name}`", cause);
        }
    }

    static void Check(string name)
    {
        if (IsReserved(name))
        {
            throw new ArgumentException($"`{name}` is the protocol's own and cannot be sent as metadata", nameof(name));
        }

        if (name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
        {
            throw new ArgumentException($"expected letters, digits, `-`, `_` and `.` in a metadata name, found `{name}`", nameof(name));
        }
    }
}
