using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Scores;
using Orchestrator.V1;
using static Orchestrator.V1.StoredAccountEvent;
using static Orchestrator.V1.StoredContactEvent;

namespace Orchestrator.Grains.StoredForms;

/// <summary>
/// Events straight into bytes: the same as those of <see cref="EventForm.Write(GrainEvent, uint)"/>, byte for byte. Only what nearly every signal causes is
/// written by hand here; everything else takes the way over its message.
/// </summary>
internal static class EventBytes
{
    public static void Write(GrainEvent @event, uint turn, FormBuffer into)
    {
        switch (@event)
        {
            case AccountEvent.SignalRecorded e:
                var recorded = BeginAccount(into, turn, SignalRecordedFieldNumber);
                Write(e, into);
                End(into, recorded);
                break;
            case AccountEvent.NoneDecided e:
                var none = BeginAccount(into, turn, NoneFieldNumber);
                into.Whole(StoredNone.ReasonFieldNumber, (uint)e.Reason);
                End(into, none);
                break;
            case AccountEvent.ActionOffered e:
                var offered = BeginAccount(into, turn, ActionOfferedFieldNumber);
                Write(e.Action, into);
                into.Flag(StoredActionOffered.SlotTakenFieldNumber, e.SlotTaken);
                End(into, offered);
                break;
            case ContactEvent.Signalled e:
                var signalled = BeginContact(into, turn, SignalledFieldNumber);
                into.Whole(StoredContactSignalled.AtFieldNumber, Ticks.Of(e.At));
                Write(e.Scores, StoredContactSignalled.ScoresFieldNumber, into);
                End(into, signalled);
                break;
            case ContactEvent.SlotTaken e:
                var taken = BeginContact(into, turn, SlotTakenFieldNumber);
                into.Text(StoredSlot.IdFieldNumber, e.Slot.Id);
                into.Text(StoredSlot.ChannelFieldNumber, e.Slot.Channel);
                into.Flag(StoredSlot.TransactionalFieldNumber, e.Slot.Transactional);
                into.Whole(StoredSlot.AtFieldNumber, Ticks.Of(e.Slot.At));
                into.Text(StoredSlot.ContactFieldNumber, e.Slot.Contact);
                End(into, taken);
                break;
            case ContactEvent.PlayRested e:
                var rested = BeginContact(into, turn, StoredContactEvent.PlayRestedFieldNumber);
                into.Text(StoredPlayRested.PlayFieldNumber, e.Play);
                into.Whole(StoredPlayRested.UntilFieldNumber, Ticks.Of(e.Until));
                into.Whole(StoredPlayRested.AtFieldNumber, Ticks.Of(e.At));
                End(into, rested);
                break;
            default:
                into.Append(EventForm.Write(@event, turn));
                break;
        }
    }

    private static (int Outer, int Inner) BeginAccount(FormBuffer into, uint turn, int field) => Begin(into, turn, StoredEvent.AccountFieldNumber, field);

    private static (int Outer, int Inner) BeginContact(FormBuffer into, uint turn, int field) => Begin(into, turn, StoredEvent.ContactFieldNumber, field);

    private static (int Outer, int Inner) Begin(FormBuffer into, uint turn, int kind, int field)
    {
        into.Whole(StoredEvent.TurnFieldNumber, turn);
        var outer = into.Begin(kind);
        return (outer, into.Begin(field));
    }

    private static void End(FormBuffer into, (int Outer, int Inner) begun)
    {
        into.End(begun.Inner);
        into.End(begun.Outer);
    }

    private static void Write(AccountEvent.SignalRecorded e, FormBuffer into)
    {
        into.Message(StoredSignalRecorded.SignalFieldNumber, e.Signal);
        into.Text(StoredSignalRecorded.ContactFieldNumber, e.Contact);
        into.Whole(StoredSignalRecorded.AtFieldNumber, Ticks.Of(e.At));
        Write(e.Scores, StoredSignalRecorded.ScoresFieldNumber, into);
        for (var i = 0; i < e.Tallies.Count; i++)
        {
            var post = e.Tallies[i];
            var begun = into.Begin(StoredSignalRecorded.TalliesFieldNumber);
            into.Text(StoredTallyPost.TallyFieldNumber, post.Tally);
            into.Whole(StoredTallyPost.AtFieldNumber, Ticks.Of(post.At));
            into.Number(StoredTallyPost.AmountFieldNumber, post.Amount);
            into.Whole(StoredTallyPost.KeepForFieldNumber, post.KeepFor.Ticks);
            into.End(begun);
        }

        into.Whole(StoredSignalRecorded.PlaybookVersionFieldNumber, e.PlaybookVersion);
        into.Fixed64(StoredSignalRecorded.IdHashFieldNumber, e.IdHash);
        into.Fixed32(StoredSignalRecorded.ContentHashFieldNumber, e.ContentHash);
        into.Whole(StoredSignalRecorded.SequenceFieldNumber, e.Sequence);
    }

    private static void Write(IReadOnlyList<ScorePost> posts, int field, FormBuffer into)
    {
        for (var i = 0; i < posts.Count; i++)
        {
            var post = posts[i];
            var begun = into.Begin(field);
            into.Text(StoredScorePost.ScoreFieldNumber, post.Score);
            into.Number(StoredScorePost.PointsFieldNumber, post.Points);
            into.Whole(StoredScorePost.HalfLifeFieldNumber, post.HalfLife.Ticks);
            into.Whole(StoredScorePost.AtFieldNumber, Ticks.Of(post.At));
            into.End(begun);
        }
    }

    private static void Write(OpenAction action, FormBuffer into)
    {
        var begun = into.Begin(StoredActionOffered.ActionFieldNumber);
        into.Text(StoredAction.IdFieldNumber, action.Id);
        into.Text(StoredAction.PlayFieldNumber, action.Play);
        into.Text(StoredAction.TreatmentFieldNumber, action.Treatment);
        into.Text(StoredAction.ChannelFieldNumber, action.Channel);
        into.Text(StoredAction.ContactFieldNumber, action.Contact);
        into.Text(StoredAction.DepartmentFieldNumber, action.Department);
        into.Text(StoredAction.StageFieldNumber, action.Stage);
        into.Whole(StoredAction.PlaybookVersionFieldNumber, action.PlaybookVersion);
        into.Whole(StoredAction.DecidedAtFieldNumber, Ticks.Of(action.DecidedAt));
        into.Whole(StoredAction.ValidUntilFieldNumber, Ticks.Of(action.ValidUntil));
        into.Flag(StoredAction.TransactionalFieldNumber, action.Transactional);
        into.Number(StoredAction.PropensityFieldNumber, action.Factors.Propensity);
        into.Number(StoredAction.ContextFieldNumber, action.Factors.Context);
        into.Number(StoredAction.ValueFieldNumber, action.Factors.Value);
        into.Number(StoredAction.LeverFieldNumber, action.Factors.Lever);
        into.Number(StoredAction.ProbabilityFieldNumber, action.Factors.Probability);
        into.Text(StoredAction.ReasonFieldNumber, action.Reason);
        into.Whole(StoredAction.AttemptFieldNumber, action.Attempt);
        into.Whole(StoredAction.NotBeforeFieldNumber, Ticks.Of(action.NotBefore));
        into.Text(StoredAction.PlaybookFieldNumber, action.Playbook);
        into.Flag(StoredAction.AskedFieldNumber, action.Asked);
        if (action.Request is { } request)
        {
            into.Message(StoredAction.RequestFieldNumber, RequestForm.Write(request));
        }

        into.Text(StoredAction.OwnerFieldNumber, action.Owner);
        into.Flag(StoredAction.CountedFieldNumber, action.Counted);
        into.Flag(StoredAction.AwaitsFieldNumber, action.Awaits);
        into.End(begun);
    }
}
