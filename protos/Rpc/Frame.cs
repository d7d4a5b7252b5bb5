namespace Orchestrator.Protos.Rpc;

/// <summary>A message on the wire: one flag byte (1 = compressed), its length as four bytes, most significant first, then the message.</summary>
public static class Frame
{
    public const int HeaderBytes = 5;
}
