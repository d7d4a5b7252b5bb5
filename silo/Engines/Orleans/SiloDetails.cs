using System.Net;
using Npgsql;
using Orleans.Runtime;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>
/// Who this silo is for Orleans. Its generation tells it from those that had the same address before, and must be higher than theirs: Orleans takes it from the machine's clock, so that a silo whose clock was set back
/// would be taken for its dead predecessor. Here it comes from the database's clock, and is above all that the table has of this address.
/// </summary>
internal sealed class SiloDetails : ILocalSiloDetails
{
    // Orleans counts generations in seconds since then.
    private const string Generation =
        """
        SELECT greatest(extract(epoch FROM clock_timestamp() - timestamptz '2022-01-01 00:00:00+00')::bigint, coalesce(max(generation)::bigint + 1, 0))::int
        FROM cluster_silo WHERE deployment = $1 AND address = $2 AND port = $3
        """;

    private SiloDetails(string name, OrleansSettings settings, int generation)
    {
        (Name, ClusterId) = (name, settings.ClusterId);
        SiloAddress = SiloAddress.New(settings.Advertise, settings.Listen.Port, generation);
        GatewayAddress = settings.GatewayPort == 0 ? null! : SiloAddress.New(settings.Advertise, settings.GatewayPort, 0);
    }

    public string Name { get; }

    public string ClusterId { get; }

    public string DnsHostName { get; } = Dns.GetHostName();

    public SiloAddress SiloAddress { get; }

    /// <summary>Null without a gateway, as Orleans has it.</summary>
    public SiloAddress GatewayAddress { get; }

    /// <param name="name">As in the rows of the silos.</param>
    public static async Task<SiloDetails> ReadAsync(string name, OrleansSettings settings, CancellationToken cancel)
    {
        await using var session = new NpgsqlConnection(settings.Connection + ";Pooling=false");
        await session.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(Generation, session)
        {
            Parameters = { new() { Value = settings.ClusterId }, new() { Value = settings.Advertise.ToString() }, new() { Value = settings.Listen.Port } },
        };
        return new SiloDetails(name, settings, (int)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!);
    }
}
