using Orchestrator.Grains.Accounts;

namespace Orchestrator.Grains.Lateness;

/// <summary>An action that was offered in fact, and what became of it.</summary>
internal sealed class PastOffer(OpenAction action)
{
    public OpenAction Action => action;

    /// <summary>Null: it is open.</summary>
    public EndedHow? How { get; set; }

    /// <summary>Why it would not have been made, if it would not.</summary>
    public string Why { get; set; } = "";

    /// <summary>Why and when it would have been taken back before it was done; empty: it would not.</summary>
    public string TakenBack { get; set; } = "";

    /// <summary>Whether the same offer was made in the order in which everything happened.</summary>
    public bool IsMatched { get; set; }

    public bool Is(OpenAction other) => other.Play == action.Play && other.Treatment == action.Treatment && other.Contact == action.Contact;
}
