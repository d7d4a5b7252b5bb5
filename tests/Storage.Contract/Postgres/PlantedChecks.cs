namespace Orchestrator.Storage.Contract.Tests.Postgres;

/// <summary>Ways to fence an append that look right and are not. They are run to show that the violation really happens: a test that cannot find a planted bug proves nothing.</summary>
internal static class PlantedChecks
{
    /// <summary>Looks whether the epoch still holds, and writes in the next statement.</summary>
    public const string PlainSelect = "SELECT 1 FROM fence WHERE partition = 0 AND epoch = 1 AND next_sequence = 1";

    /// <summary>Locks the row against a change of its key only, which a take-over is not.</summary>
    public const string KeyShare = PlainSelect + " FOR KEY SHARE";

    /// <summary>Locks the row against any change for as long as the client likes.</summary>
    public const string Share = PlainSelect + " FOR SHARE";

    /// <summary>What follows the check.</summary>
    public const string Write =
        """
        INSERT INTO journal(sequence, epoch, at, partition, segment, crc, body) VALUES (1, 1, 7, 0, 0, 0, '\x010203');
        UPDATE fence SET next_sequence = 2 WHERE partition = 0
        """;

    /// <summary>Compares the epoch as it should, and takes whatever sequence is next.</summary>
    public const string WithoutSequence =
        """
        WITH f AS (UPDATE fence SET next_sequence = next_sequence + 1, segment = 0 WHERE partition = 0 AND epoch = 1 RETURNING next_sequence - 1 AS sequence)
        INSERT INTO journal(sequence, epoch, at, partition, segment, crc, body) SELECT sequence, 1, 7, 0, 0, 0, '\x010203' FROM f
        """;
}
