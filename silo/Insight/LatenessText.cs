using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Lateness;

namespace Orchestrator.Silo.Insight;

/// <summary>Signals that came late and what was put right, in the form of the contract and in the reader's words.</summary>
internal static class LatenessText
{
    public static string KindOf(LatenessEvent fact) => fact switch
    {
        LatenessEvent.Came => "late-signal",
        LatenessEvent.Sought => "correction-sought",
        LatenessEvent.Corrected => "correction",
        LatenessEvent.RoomCorrected => "room-corrected",
        _ => throw new UnreachableException(),
    };

    public static string ContactOf(LatenessEvent fact) => fact is LatenessEvent.Came came ? came.Signal.Contact : "";

    public static string SentenceOf(LatenessEvent fact) => fact switch
    {
        LatenessEvent.Came e => $"Signal `{e.Signal.Type}` ({e.Signal.Id}) came late: it happened at {At(e.Signal.HappenedAt)} and came at {At(e.Signal.CameAt)}; what followed is judged anew at {At(e.Due)}.",
        LatenessEvent.Sought e => $"What happened since is to be judged anew; if nothing comes of it, again at {At(e.Next)}.",
        LatenessEvent.Corrected e => Sentence(e.Correction),
        LatenessEvent.RoomCorrected e => $"Put right because {string.Join(", ", e.Signals.Select(s => $"`{s}`"))} came late, {NameOf(e.Room)}: {string.Join("; ", e.Changes)}.",
        _ => throw new UnreachableException(),
    };

    /// <summary>What would be otherwise beside stage, decisions and rooms, in words.</summary>
    public static IEnumerable<string> AlsoOf(Rederived found) =>
        found.Scores.Select(s => $"score `{s.Name}`")
            .Concat(found.People.Where(p => p.Changes.Count == 0 && p.Left is null && p.ReturnedAt is null).Select(p => $"roles, scores or words on consent of {p.Contact}"))
            .Concat(found.People.SelectMany(p => p.Changes.Select(c => $"{p.Contact}: {c}")))
            .Concat(found.People.Where(p => p.Left is not null).Select(p => $"{p.Contact} left the company at {At(p.Left!.At)}"))
            .Concat(found.People.Where(p => p.ReturnedAt is not null).Select(p => $"{p.Contact} is with the company"))
            .Concat(found.Parent is { } parent ? [parent.Length > 0 ? $"part of account `{parent}`" : "part of no other account"] : [])
            .Concat(found.Stays);

    /// <summary>A room in the reader's words.</summary>
    public static string NameOf(Room room) => room switch
    {
        Room.Deals => "deals",
        Room.Promises => "promises",
        Room.Insights => "insights",
        Room.Feedback => "feedback",
        Room.Owners => "owners",
        Room.Milestones => "milestones",
        Room.Customer => "customer",
        Room.Support => "support",
        Room.Recycling => "recycling",
        Room.Way => "stage entries",
        Room.Journeys => "journeys",
        Room.BuyingGroup => "buying group",
    };

    public static V1.AccountLateness? Write(LatenessState? state) => state is null ? null : new()
    {
        LateSignals = state.LateSignals,
        ChangedDecisions = state.ChangedDecisions,
        DoneInError = state.DoneInError,
        Pending = { state.Pending.Select(Write) },
        CorrectsAt = state.Due is { } due ? Timestamp.FromDateTimeOffset(due) : null,
        Corrections = { state.Corrections.Select(Write) },
    };

    public static V1.LateSignal Write(LateSignal signal) => new()
    {
        Id = signal.Id,
        Type = signal.Type,
        Contact = signal.Contact,
        HappenedAt = Timestamp.FromDateTimeOffset(signal.HappenedAt),
        CameAt = Timestamp.FromDateTimeOffset(signal.CameAt),
    };

    public static V1.Correction Write(Correction correction) => new()
    {
        At = Timestamp.FromDateTimeOffset(correction.At),
        Since = Timestamp.FromDateTimeOffset(correction.Since),
        Signals = { correction.Signals.Select(Write) },
        StageBefore = correction.StageBefore,
        StageAfter = correction.StageAfter,
        Changed = { correction.Changed.Select(Write) },
        Unlisted = correction.Unlisted,
        Also = { correction.Also },
        Undetermined = correction.Undetermined,
        Rooms = { correction.Rooms.Select(r => new V1.CorrectedRoom { Room = NameOf(r.Room), Changes = { r.Changes } }) },
    };

    public static V1.ChangedDecision Write(ChangedDecision changed) => new()
    {
        Kind = changed.Kind switch
        {
            ChangeKind.Revoked => V1.ChangedDecision.Types.Kind.Revoked,
            ChangeKind.Done => V1.ChangedDecision.Types.Kind.Done,
            ChangeKind.Ended => V1.ChangedDecision.Types.Kind.Ended,
            ChangeKind.Missed => V1.ChangedDecision.Types.Kind.Missed,
        },
        ActionId = changed.Action,
        Play = changed.Play,
        Treatment = changed.Treatment,
        Channel = changed.Channel,
        Contact = changed.Contact,
        At = Timestamp.FromDateTimeOffset(changed.At),
        Why = changed.Why,
    };

    private static string Sentence(Correction correction)
    {
        var cause = $"because of {string.Join(", ", correction.Signals.Select(s => $"`{s.Id}`"))}, which came late";
        if (correction.Undetermined.Length > 0)
        {
            return $"Nothing was put right {cause}: {correction.Undetermined}.";
        }

        List<string> said = [];
        if (correction.StageBefore != correction.StageAfter)
        {
            said.Add($"stage `{correction.StageBefore}` became `{correction.StageAfter}`");
        }

        said.AddRange(correction.Also);
        said.AddRange(correction.Rooms.Select(r => $"{NameOf(r.Room)}: {string.Join(", ", r.Changes)}"));
        said.AddRange(correction.Changed.Select(Say));
        if (correction.Unlisted > 0)
        {
            said.Add($"{correction.Unlisted} more decisions would have been others");
        }

        return said.Count == 0
            ? $"Everything since {At(correction.Since)} was judged anew {cause}: nothing is different."
            : $"Everything since {At(correction.Since)} was judged anew {cause}: {string.Join("; ", said)}.";
    }

    private static string Say(ChangedDecision changed) => changed.Kind switch
    {
        ChangeKind.Revoked => $"`{changed.Play}` ({changed.Action}) of {At(changed.At)} is taken back ({changed.Why})",
        ChangeKind.Done => $"`{changed.Play}` ({changed.Action}) of {At(changed.At)} was done and would not have been ({changed.Why})",
        ChangeKind.Ended => $"`{changed.Play}` ({changed.Action}) of {At(changed.At)} would not have been decided ({changed.Why})",
        ChangeKind.Missed => $"`{changed.Play}` would have been decided at {At(changed.At)}",
    };

    private static string At(DateTimeOffset instant) => instant.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
}
