using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Delivery;

/// <summary>What an ack id says.</summary>
/// <param name="Account">Tenant and account.</param>
/// <param name="ActionId">The action within the account.</param>
/// <param name="Attempt">Which delivery, from 1.</param>
/// <param name="Grant">Which lease of which start of the silo; never repeated.</param>
public readonly record struct Ack(GrainKey Account, string ActionId, int Attempt, long Grant);

/// <summary>
/// Writes and reads ack ids: everything needed to settle, signed, and nothing about the connection. A client may quote one on another stream,
/// another silo, after a reconnect or a restart, since all silos of a store share the key.
/// </summary>
/// <remarks>
/// base64url(version, tenant, account, action, attempt, grant, first 16 bytes of HMAC-SHA256 over what precedes). Texts are UTF-8 behind their length,
/// numbers are LEB128. Safe from any thread. Not encrypted: it holds no more than the delivery it came with.
/// </remarks>
public sealed class AckIds
{
    private const byte Version = 1;
    private const int TagBytes = 16;
    private const int MostBytes = 1_536;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly byte[] key;

    /// <param name="key">The store's secret, 16 bytes or more; copied.</param>
    /// <exception cref="ArgumentException">The key is shorter than 16 bytes.</exception>
    public AckIds(ReadOnlySpan<byte> key)
    {
        if (key.Length < 16)
        {
            throw new ArgumentException($"the key of ack ids has {key.Length} bytes, 16 or more are needed", nameof(key));
        }

        this.key = key.ToArray();
    }

    public string Write(in Ack ack)
    {
        Span<byte> bytes = stackalloc byte[MostBytes];
        bytes[0] = Version;
        var at = 1;
        Put(bytes, ref at, ack.Account.Tenant);
        Put(bytes, ref at, ack.Account.Affinity);
        Put(bytes, ref at, ack.ActionId);
        Put(bytes, ref at, (ulong)ack.Attempt);
        Put(bytes, ref at, (ulong)ack.Grant);
        Tag(bytes[..at], bytes[at..(at + TagBytes)]);
        return Base64Url.EncodeToString(bytes[..(at + TagBytes)]);
    }

    /// <summary>Reads an ack id that this store signed for this tenant.</summary>
    /// <param name="why">When false: what is wrong with it, to be shown to the caller.</param>
    public bool TryRead(string text, string tenant, out Ack ack, [NotNullWhen(false)] out string? why)
    {
        if (TryRead(text, out ack, out why) && ack.Account.Tenant != tenant)
        {
            ack = default;
            why = $"ack id `{Shown(text)}` is not one of ours: it was given to another tenant";
        }

        return why is null;
    }

    /// <summary>Reads an ack id that this store signed, whoever it was given to: for silos among themselves.</summary>
    /// <inheritdoc cref="TryRead(string, string, out Ack, out string?)"/>
    public bool TryRead(string text, out Ack ack, [NotNullWhen(false)] out string? why)
    {
        ack = default;
        if (text.Length == 0)
        {
            why = "ack id is empty";
            return false;
        }

        Span<byte> bytes = stackalloc byte[MostBytes];
        if (text.Length > Base64Url.GetEncodedLength(MostBytes) || !IsBase64Url(text)
            || Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done || length < TagBytes + 6 || bytes[0] != Version)
        {
            why = $"ack id `{Shown(text)}` is not one of ours: it is garbled or cut";
            return false;
        }

        Span<byte> tag = stackalloc byte[TagBytes];
        var signed = bytes[..(length - TagBytes)];
        Tag(signed, tag);
        if (!CryptographicOperations.FixedTimeEquals(tag, bytes[(length - TagBytes)..length]))
        {
            why = $"ack id `{Shown(text)}` is not one of ours: its signature does not fit";
            return false;
        }

        var at = 1;
        var account = GrainKey.Account(Text(signed, ref at), Text(signed, ref at));
        ack = new(account, Text(signed, ref at), (int)Number(signed, ref at), (long)Number(signed, ref at));
        why = null;
        return true;
    }

    // The decoder skips white space and accepts padding; an opaque token has one spelling.
    private static bool IsBase64Url(string text) => !text.AsSpan().ContainsAnyExcept(Alphabet);

    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static string Shown(string text) => text.Length <= 24 ? text : text[..24] + "...";

    private static void Put(Span<byte> bytes, ref int at, string text)
    {
        Put(bytes, ref at, (ulong)Strict.GetByteCount(text));
        at += Strict.GetBytes(text, bytes[at..^TagBytes]);
    }

    private static void Put(Span<byte> bytes, ref int at, ulong number)
    {
        while (number >= 0x80)
        {
            bytes[at++] = (byte)((number & 0x7f) | 0x80);
            number >>= 7;
        }

        bytes[at++] = (byte)number;
    }

    // Only signed bytes come here, so the shape is ours.
    private static string Text(ReadOnlySpan<byte> bytes, ref int at)
    {
        var length = (int)Number(bytes, ref at);
        var text = Strict.GetString(bytes.Slice(at, length));
        at += length;
        return text;
    }

    private static ulong Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        var number = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            number |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return number;
            }
        }
    }

    private void Tag(ReadOnlySpan<byte> signed, Span<byte> tag)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, signed, whole);
        whole[..TagBytes].CopyTo(tag);
    }
}
