using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Shadows;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.WhatIf;
using Orchestrator.V1;

namespace Orchestrator.Silo.Shadows;

/// <summary>A shadow's counts as stored.</summary>
internal static class ShadowTallyForm
{
    /// <param name="next">The next sequence, by partition.</param>
    public static StoredShadowProgress Write(string run, IEnumerable<long> next, ShadowTally tally)
    {
        var c = tally.Comparison;
        return new StoredShadowProgress
        {
            Run = run,
            Next = { next },
            Live = Write(c.Before),
            Shadow = Write(c.After),
            Agreements = { tally.Agreements.OrderBy(a => a.Key.Of).ThenBy(a => a.Key.Name, StringComparer.Ordinal).Select(a => new StoredShadowAgreement { Of = (uint)a.Key.Of, Name = a.Key.Name, Same = a.Value.Same, LiveOnly = a.Value.LiveOnly, ShadowOnly = a.Value.ShadowOnly }) },
            Decisions = tally.Decisions,
            Same = tally.Same,
            Stood = c.Stood,
            LeftOut = tally.LeftOut,
            Signals = c.Signals,
            Turns = c.Turns,
            DecisionsChanged = c.DecisionsChanged,
            ReasonsChanged = c.ReasonsChanged,
            MovesChanged = c.MovesChanged,
            RefusalsChanged = c.RefusalsChanged,
            Examples = { c.Examples.Select(e => new StoredShadowExample { Account = e.Account, At = Ticks.Of(e.At), Cause = e.Cause, Live = e.Before, Shadow = e.After }) },
            FirstAt = Ticks.Of(c.From),
            LastAt = Ticks.Of(c.To),
        };
    }

    public static ShadowTally Read(StoredShadowProgress stored)
    {
        var tally = new ShadowTally { Decisions = stored.Decisions, Same = stored.Same, LeftOut = stored.LeftOut };
        var c = tally.Comparison;
        Read(stored.Live, c.Before);
        Read(stored.Shadow, c.After);
        foreach (var a in stored.Agreements)
        {
            tally.Agreements[((AgreementOf)a.Of, a.Name)] = new AgreementCounts(a.Same, a.LiveOnly, a.ShadowOnly);
        }

        (c.Stood, c.Signals, c.Turns) = (stored.Stood, stored.Signals, stored.Turns);
        (c.DecisionsChanged, c.ReasonsChanged, c.MovesChanged, c.RefusalsChanged) = (stored.DecisionsChanged, stored.ReasonsChanged, stored.MovesChanged, stored.RefusalsChanged);
        c.Examples.AddRange(stored.Examples.Select(e => new Difference(e.Account, Ticks.Instant(e.At), e.Cause, e.Live, e.Shadow)));
        (c.From, c.To) = (Ticks.InstantOrNone(stored.FirstAt), Ticks.InstantOrNone(stored.LastAt));
        return tally;
    }

    private static StoredShadowSide Write(SideCounts side) => new()
    {
        Decisions = side.Decisions,
        Offers = { side.Offers.Select(o => Count(o.Value, 0, o.Key.Play, o.Key.Treatment, o.Key.Channel, o.Key.Department)) },
        Nones = { side.Nones.Select(n => Count(n.Value, (long)n.Key)) },
        Moves = { side.Moves.Select(m => Count(m.Value, 0, m.Key.From, m.Key.To, m.Key.Transition)) },
        Load = { side.Load.Select(l => Count(l.Value, l.Key.Day, l.Key.Department)) },
        Refused = { side.Refused.Select(r => Count(r.Value, 0, r.Key)) },
    };

    private static void Read(StoredShadowSide? stored, SideCounts side)
    {
        if (stored is null)
        {
            return;
        }

        side.Decisions = stored.Decisions;
        foreach (var o in stored.Offers)
        {
            side.Offers[(o.Words[0], o.Words[1], o.Words[2], o.Words[3])] = o.Count;
        }

        foreach (var n in stored.Nones)
        {
            side.Nones[(NoneReason)n.Number] = n.Count;
        }

        foreach (var m in stored.Moves)
        {
            side.Moves[new MoveMade(m.Words[0], m.Words[1], m.Words[2])] = m.Count;
        }

        foreach (var l in stored.Load)
        {
            side.Load[(l.Words[0], l.Number)] = l.Count;
        }

        foreach (var r in stored.Refused)
        {
            side.Refused[r.Words[0]] = r.Count;
        }
    }

    private static StoredShadowCount Count(long count, long number, params string[] words) => new() { Count = count, Number = number, Words = { words } };
}
