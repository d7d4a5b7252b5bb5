using System.Globalization;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Insight;

/// <summary>Where the next page of a timeline begins: an entry's sequence and how many of its newest events were shown. Opaque to callers.</summary>
internal readonly record struct PageToken(long Sequence, int Shown)
{
    /// <summary>The token in words, tied to the account and contact that it was made for.</summary>
    public string Write(string account, string contact)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"{Sequence:x}-{Shown:x}");
        return $"{place}-{Check(place, account, contact)}";
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: not a token of this account and contact.</exception>
    public static PageToken Read(string token, string account, string contact)
    {
        var parts = token.Split('-');
        return parts.Length == 3
            && long.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var sequence) && sequence > 0
            && int.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var shown) && shown >= 0
            && parts[2] == Check($"{parts[0]}-{parts[1]}", account, contact)
                ? new PageToken(sequence, shown)
                : throw new RpcException(StatusCode.InvalidArgument, $"`{token}` is no page token of this account and contact: quote `next_page_token` of the page before");
    }

    private static string Check(string place, string account, string contact) =>
        StableHash.Of(StableHash.Of(place), StableHash.Of(account, contact)).ToString("x16", CultureInfo.InvariantCulture);
}
