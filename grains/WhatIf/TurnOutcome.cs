using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;
using Kind = Orchestrator.V1.StoredAccountEvent.KindOneofCase;

namespace Orchestrator.Grains.WhatIf;

/// <summary>What was offered to whom: what two decisions are compared by.</summary>
public readonly record struct OfferMade(string Play, string Treatment, string Channel, string Department, string Contact);

/// <summary>A stage left for another.</summary>
public readonly record struct MoveMade(string From, string To, string Transition);

/// <summary>What one turn decided. Used again from turn to turn.</summary>
public sealed class TurnOutcome
{
    /// <summary>In place of a play where people are asked something.</summary>
    public const string Request = "(request)";

    public List<OfferMade> Offers { get; } = [];

    /// <summary>Why nothing was done; one for each choice of the turn that came to nothing.</summary>
    public List<NoneReason> Nones { get; } = [];

    public List<MoveMade> Moves { get; } = [];

    /// <summary>Why the command was refused; null if it was not.</summary>
    public string? Refused { get; set; }

    /// <summary>Whether the turn came about at all: time wakes an account under one playbook and not under another.</summary>
    public bool Happened { get; set; }

    /// <summary>Whether something was done or changed.</summary>
    public bool IsSomething => Offers.Count > 0 || Moves.Count > 0;

    public void Clear()
    {
        Offers.Clear();
        Nones.Clear();
        Moves.Clear();
        (Refused, Happened) = (null, false);
    }

    /// <summary>The same as another's.</summary>
    internal void Take(TurnOutcome other)
    {
        Offers.AddRange(other.Offers);
        Nones.AddRange(other.Nones);
        Moves.AddRange(other.Moves);
        (Refused, Happened) = (other.Refused, other.Happened);
    }

    public void Take(IReadOnlyList<Fact> facts)
    {
        Happened = true;
        for (var i = 0; i < facts.Count; i++)
        {
            switch (facts[i].Event)
            {
                case AccountEvent.ActionOffered(var action, _):
                    Offers.Add(new OfferMade(action.Play.Length > 0 ? action.Play : Request, action.Treatment, action.Channel, action.Department, action.Contact));
                    break;
                case AccountEvent.NoneDecided(var reason):
                    Nones.Add(reason);
                    break;
                case AccountEvent.StageEntered moved:
                    Moves.Add(new MoveMade(moved.From, moved.To, moved.Transition));
                    break;
                default:
                    break;
            }
        }
    }

    public void Take(Verdict verdict)
    {
        switch (verdict)
        {
            case Verdict.Accepted accepted:
                Take(accepted.Facts);
                break;
            case Verdict.Rejected(var rejection):
                Happened = true;
                Refused = rejection switch
                {
                    Rejection.UnknownSignalType(var type, _) => $"no signal `{type}` is declared",
                    Rejection.UnknownChannel(var channel, _) => $"no channel `{channel}` is declared",
                    _ => rejection.ToString(),
                };
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    public void Take(RecordedTurn turn)
    {
        Happened = true;
        foreach (var stored in turn.OfAccount)
        {
            switch (stored.KindCase)
            {
                case Kind.ActionOffered:
                    var action = stored.ActionOffered.Action;
                    Offers.Add(new OfferMade(action.Play.Length > 0 ? action.Play : Request, action.Treatment, action.Channel, action.Department, action.Contact));
                    break;
                case Kind.None_:
                    Nones.Add((NoneReason)stored.None.Reason);
                    break;
                case Kind.StageEntered:
                    Moves.Add(new MoveMade(stored.StageEntered.From, stored.StageEntered.To, stored.StageEntered.Transition));
                    break;
                default:
                    break;
            }
        }
    }

    private static string Name(OfferMade offer) => offer.Treatment.Length > 0 ? $"{offer.Play}/{offer.Treatment}" : offer.Play;

    /// <summary>In one line, for a list of what differs.</summary>
    public string Describe()
    {
        if (Refused is not null)
        {
            return $"refused: {Refused}";
        }

        var parts = Moves.Select(m => $"stage {m.From} -> {m.To} ({m.Transition})")
            .Concat(Offers.Select(o => o.Contact.Length > 0 ? $"{Name(o)} for {o.Contact}" : Name(o)))
            .Concat(Offers.Count == 0 ? Nones.Select(n => $"none: {NoneReasons.Describe(n)}") : []);
        return string.Join("; ", parts) is { Length: > 0 } said ? said : "nothing";
    }
}
