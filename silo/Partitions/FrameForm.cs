using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

/// <summary>Frames as bytes in the journal.</summary>
public static class FrameForm
{
    /// <summary>The form that this version writes; it reads all up to it.</summary>
    public const uint Format = 1;

    /// <exception cref="InvalidDataException">The frame was written by a newer version.</exception>
    public static StoredFrame Read(byte[] body)
    {
        var frame = StoredFrame.Parser.ParseFrom(body);
        Check(frame.Format);
        return frame;
    }

    /// <exception cref="InvalidDataException">The form is newer than this version.</exception>
    internal static void Check(uint format)
    {
        if (format > Format)
        {
            throw new InvalidDataException($"a frame has form {format}, this version reads up to {Format}; start a newer one");
        }
    }
}
