using System.Diagnostics;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Stages;
using Orchestrator.V1;
using Clause = Orchestrator.Grains.Stages.Clause;
using Deal = Orchestrator.Grains.Deals.Deal;
using DealAnswer = Orchestrator.Grains.Deals.DealAnswer;
using HeldTransition = Orchestrator.Grains.Deals.HeldTransition;
using Kind = Orchestrator.V1.StoredDealingsEvent.KindOneofCase;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Stored forms of what we and an account have in hand with each other.</summary>
internal static class DealingsForm
{
    public static StoredDealingsEvent Write(DealingsEvent @event) => @event switch
    {
        DealingsEvent.DealOpened e => new() { DealOpened = new() { Deal = e.Deal, At = Ticks.Of(e.At) } },
        DealingsEvent.DealValued e => new() { DealValued = new() { Deal = e.Deal, Amount = e.Amount, Currency = e.Currency, At = Ticks.Of(e.At) } },
        DealingsEvent.QuestionAnswered e => new() { QuestionAnswered = new() { Deal = e.Deal, Answer = Write(e.Answer) } },
        DealingsEvent.DealClosed e => new() { DealClosed = new() { Deal = e.Deal, Won = e.Won, Reason = e.Reason, At = Ticks.Of(e.At) } },
        DealingsEvent.DealFlagged e => new() { DealFlagged = new() { Deal = e.Deal, Because = e.Because, At = Ticks.Of(e.At) } },
        DealingsEvent.DealUnflagged e => new() { DealUnflagged = new() { Deal = e.Deal, At = Ticks.Of(e.At) } },
        DealingsEvent.TransitionHeld e => new() { TransitionHeld = Write(e.Held) },
        DealingsEvent.OwnerAssigned e => new() { OwnerAssigned = LedgerForm.Write(e.Owner) },
        DealingsEvent.Joined e => new() { Joined = new() { From = e.From, Dealings = Write(e.Dealings), At = Ticks.Of(e.At) } },
        DealingsEvent.DepartmentFull e => new() { DepartmentFull = new() { Department = e.Department, Since = Ticks.Of(e.At) } },
        DealingsEvent.DepartmentCalled e => new() { DepartmentCalled = new() { Department = e.Department, At = Ticks.Of(e.At) } },
        DealingsEvent.CallAnswered e => new() { CallAnswered = new() { Department = e.Department } },
        DealingsEvent.HandoffReturned e => new() { HandoffReturned = LedgerForm.Write(e.Handoff) },
        DealingsEvent.HandoffReady e => new() { HandoffReady = new() { Transition = e.Transition } },
        DealingsEvent.NoteTaken e => new() { NoteTaken = LedgerForm.Write(e.Note) },
        DealingsEvent.PromiseMade e => new() { PromiseMade = LedgerForm.Write(e.Promise) },
        DealingsEvent.PromiseDue e => new() { PromiseDue = new() { Promise = e.Promise, At = Ticks.Of(e.At) } },
        DealingsEvent.PromiseSettled e => new() { PromiseSettled = new() { Promise = e.Promise, Kept = e.Kept, Because = e.Because, At = Ticks.Of(e.At) } },
        DealingsEvent.InsightNoted e => new() { InsightNoted = LedgerForm.Write(e.Insight) },
        DealingsEvent.InsightStale e => new() { InsightStale = new() { About = e.About, At = Ticks.Of(e.At) } },
        DealingsEvent.FeedbackGiven e => new() { FeedbackGiven = LedgerForm.Write(e.Feedback) },
        DealingsEvent.FeedbackLate e => new() { FeedbackLate = new() { Feedback = e.Feedback, At = Ticks.Of(e.At) } },
        DealingsEvent.FeedbackAnswered e => new() { FeedbackAnswered = new() { Feedback = e.Feedback, Text = e.Text, By = e.By, ChangedIn = e.ChangedIn, At = Ticks.Of(e.At) } },
        _ => throw new UnreachableException(),
    };

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static DealingsEvent Read(StoredDealingsEvent stored) => stored.KindCase switch
    {
        Kind.DealOpened => new DealingsEvent.DealOpened(stored.DealOpened.Deal, Ticks.Instant(stored.DealOpened.At)),
        Kind.DealValued => new DealingsEvent.DealValued(stored.DealValued.Deal, stored.DealValued.Amount, stored.DealValued.Currency, Ticks.Instant(stored.DealValued.At)),
        Kind.QuestionAnswered => new DealingsEvent.QuestionAnswered(stored.QuestionAnswered.Deal, Read(stored.QuestionAnswered.Answer)),
        Kind.DealClosed => new DealingsEvent.DealClosed(stored.DealClosed.Deal, stored.DealClosed.Won, stored.DealClosed.Reason, Ticks.Instant(stored.DealClosed.At)),
        Kind.DealFlagged => new DealingsEvent.DealFlagged(stored.DealFlagged.Deal, stored.DealFlagged.Because, Ticks.Instant(stored.DealFlagged.At)),
        Kind.DealUnflagged => new DealingsEvent.DealUnflagged(stored.DealUnflagged.Deal, Ticks.Instant(stored.DealUnflagged.At)),
        Kind.TransitionHeld => new DealingsEvent.TransitionHeld(Read(stored.TransitionHeld)),
        Kind.OwnerAssigned => new DealingsEvent.OwnerAssigned(LedgerForm.Read(stored.OwnerAssigned)),
        Kind.Joined => new DealingsEvent.Joined(stored.Joined.From, Read(stored.Joined.Dealings), Ticks.Instant(stored.Joined.At)),
        Kind.DepartmentFull => new DealingsEvent.DepartmentFull(stored.DepartmentFull.Department, Ticks.Instant(stored.DepartmentFull.Since)),
        Kind.DepartmentCalled => new DealingsEvent.DepartmentCalled(stored.DepartmentCalled.Department, Ticks.Instant(stored.DepartmentCalled.At)),
        Kind.CallAnswered => new DealingsEvent.CallAnswered(stored.CallAnswered.Department),
        Kind.HandoffReturned => new DealingsEvent.HandoffReturned(LedgerForm.Read(stored.HandoffReturned)),
        Kind.HandoffReady => new DealingsEvent.HandoffReady(stored.HandoffReady.Transition),
        Kind.NoteTaken => new DealingsEvent.NoteTaken(LedgerForm.Read(stored.NoteTaken)),
        Kind.PromiseMade => new DealingsEvent.PromiseMade(LedgerForm.Read(stored.PromiseMade)),
        Kind.PromiseDue => new DealingsEvent.PromiseDue(stored.PromiseDue.Promise, Ticks.Instant(stored.PromiseDue.At)),
        Kind.PromiseSettled when stored.PromiseSettled is { } e => new DealingsEvent.PromiseSettled(e.Promise, e.Kept, e.Because, Ticks.Instant(e.At)),
        Kind.InsightNoted => new DealingsEvent.InsightNoted(LedgerForm.Read(stored.InsightNoted)),
        Kind.InsightStale => new DealingsEvent.InsightStale(stored.InsightStale.About, Ticks.Instant(stored.InsightStale.At)),
        Kind.FeedbackGiven => new DealingsEvent.FeedbackGiven(LedgerForm.Read(stored.FeedbackGiven)),
        Kind.FeedbackLate => new DealingsEvent.FeedbackLate(stored.FeedbackLate.Feedback, Ticks.Instant(stored.FeedbackLate.At)),
        Kind.FeedbackAnswered when stored.FeedbackAnswered is { } e => new DealingsEvent.FeedbackAnswered(e.Feedback, e.Text, e.By, e.ChangedIn, Ticks.Instant(e.At)),
        _ => throw new InvalidDataException("a fact about dealings has a form that this version does not know"),
    };

    public static StoredDealings Write(AccountDealings dealings) => new()
    {
        Deals = { dealings.Deals.Select(Write) },
        Held = dealings.Held is { } held ? Write(held) : null,
        Owners = { dealings.Owners.Select(LedgerForm.Write) },
        Returned = { dealings.Returned.Select(LedgerForm.Write) },
        Notes = { dealings.Notes.Select(LedgerForm.Write) },
        Promises = { dealings.Promises.Select(LedgerForm.Write) },
        Insights = { dealings.Insights.Select(LedgerForm.Write) },
        Feedback = { dealings.Feedback.Select(LedgerForm.Write) },
        Full = { dealings.Full.Select(f => new StoredFullDepartment { Department = f.Department, Since = Ticks.Of(f.Since), Called = f.IsCalled }) },
    };

    public static AccountDealings Read(StoredDealings stored) => AccountDealings.None with
    {
        Deals = [.. stored.Deals.Select(Read)],
        Held = stored.Held is { } held ? Read(held) : null,
        Owners = [.. stored.Owners.Select(LedgerForm.Read)],
        Returned = [.. stored.Returned.Select(LedgerForm.Read)],
        Notes = [.. stored.Notes.Select(LedgerForm.Read)],
        Promises = [.. stored.Promises.Select(LedgerForm.Read)],
        Insights = [.. stored.Insights.Select(LedgerForm.Read)],
        Feedback = [.. stored.Feedback.Select(LedgerForm.Read)],
        Full = [.. stored.Full.Select(f => new Owners.FullDepartment(f.Department, Ticks.Instant(f.Since), f.Called))],
    };

    private static StoredDeal Write(Deal deal)
    {
        var stored = new StoredDeal
        {
            Id = deal.Id,
            OpenedAt = Ticks.Of(deal.OpenedAt),
            Standing = (int)deal.Standing,
            ClosedAt = Ticks.Of(deal.ClosedAt),
            Reason = deal.Reason,
            Currency = deal.Currency,
            AmountAt = Ticks.Of(deal.AmountAt),
            Answers = { deal.Answers.Select(Write) },
            FlaggedAt = Ticks.Of(deal.FlaggedAt),
            FlaggedBecause = deal.FlaggedBecause,
        };
        if (deal.Amount is { } amount)
        {
            stored.Amount = amount;
        }

        return stored;
    }

    private static Deal Read(StoredDeal stored) => new(stored.Id, Ticks.Instant(stored.OpenedAt))
    {
        Standing = (DealStanding)stored.Standing,
        ClosedAt = Ticks.InstantOrNone(stored.ClosedAt),
        Reason = stored.Reason,
        Amount = stored.HasAmount ? stored.Amount : null,
        Currency = stored.Currency,
        AmountAt = Ticks.InstantOrNone(stored.AmountAt),
        Answers = [.. stored.Answers.Select(Read)],
        FlaggedAt = Ticks.InstantOrNone(stored.FlaggedAt),
        FlaggedBecause = stored.FlaggedBecause,
    };

    private static StoredDealAnswer Write(DealAnswer answer) => new()
    {
        Question = answer.Question,
        Text = answer.Text,
        At = Ticks.Of(answer.At),
        Awaits = answer.Awaits,
        By = answer.By,
        GivenAt = Ticks.Of(answer.GivenAt),
        Observed = answer.Observed,
        Signal = answer.Signal,
    };

    private static DealAnswer Read(StoredDealAnswer stored) => new(
        stored.Question, stored.Text, Ticks.InstantOrNone(stored.At), stored.Awaits, stored.By, Ticks.Instant(stored.GivenAt), stored.Observed, stored.Signal);

    private static StoredHeldTransition Write(HeldTransition held) => new()
    {
        Transition = held.Transition,
        Deal = held.Deal,
        StageSince = Ticks.Of(held.StageSince),
        At = Ticks.Of(held.At),
        Evidence = { held.Evidence.Select(c => new StoredHeldClause { Text = c.Text, Held = c.Held, Values = c.Values, AssertedOnly = c.AssertedOnly }) },
        Reason = held.Reason,
    };

    private static HeldTransition Read(StoredHeldTransition stored) => new(
        stored.Transition, stored.Deal, Ticks.Instant(stored.StageSince), Ticks.Instant(stored.At), [.. stored.Evidence.Select(c => new Clause(c.Text, c.Held, c.Values) { AssertedOnly = c.AssertedOnly })], stored.Reason);
}
