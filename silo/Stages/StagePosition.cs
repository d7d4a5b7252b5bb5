using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace Orchestrator.Silo.Stages;

/// <summary>How far somebody who follows stage changes has come: the next sequence of each partition. Opaque to callers.</summary>
/// <remarks>It names the store's incarnation: after a restore from a backup the same sequences hold other frames.</remarks>
internal static class StagePosition
{
    private const uint Form = 1;

    public static ByteString Write(long incarnation, long[] next)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteUInt32(Form);
            output.WriteInt64(incarnation);
            output.WriteInt32(next.Length);
            foreach (var sequence in next)
            {
                output.WriteInt64(sequence);
            }
        }

        return ByteString.CopyFrom(bytes.GetBuffer(), 0, checked((int)bytes.Length));
    }

    /// <returns>False: it is none of this store.</returns>
    public static bool TryRead(ByteString position, long incarnation, int partitions, [NotNullWhen(true)] out long[]? next)
    {
        next = null;
        try
        {
            var input = position.CreateCodedInput();
            if (input.ReadUInt32() != Form || input.ReadInt64() != incarnation || input.ReadInt32() != partitions)
            {
                return false;
            }

            var read = new long[partitions];
            for (var i = 0; i < partitions; i++)
            {
                read[i] = input.ReadInt64();
                if (read[i] < 1)
                {
                    return false;
                }
            }

            next = input.IsAtEnd ? read : null;
            return next is not null;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }
}
