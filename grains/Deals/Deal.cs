using System.Collections.Immutable;

namespace Orchestrator.Grains.Deals;

/// <summary>Where a deal stands. Stored: never renumber.</summary>
public enum DealStanding
{
    Open = 0,
    Won = 1,
    Lost = 2,
}

/// <summary>An opportunity of an account, with what we know of it: the answers to the playbook's questions.</summary>
/// <param name="Id">As the signals name it; never empty.</param>
/// <param name="OpenedAt">Event time of the signal that opened it, or opened it again.</param>
public sealed record Deal(string Id, DateTimeOffset OpenedAt)
{
    public DealStanding Standing { get; init; }

    /// <summary>Null exactly while it is open.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Why it was lost; empty if nobody said.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Minor units of <see cref="Currency"/>; null: nobody said.</summary>
    public long? Amount { get; init; }

    /// <summary>ISO 4217; empty while there is no amount.</summary>
    public string Currency { get; init; } = "";

    /// <summary>The event time of <see cref="Amount"/>; null while there is none.</summary>
    public DateTimeOffset? AmountAt { get; init; }

    /// <summary>Sorted by question. A withdrawn answer stays, empty, so that a late earlier one does not come back.</summary>
    public ImmutableArray<DealAnswer> Answers { get; init; } = [];

    /// <summary>Since when one of the playbook's `flag-when` holds; null: none does.</summary>
    public DateTimeOffset? FlaggedAt { get; init; }

    /// <summary>The first of them that held, with what it saw; empty while not flagged.</summary>
    public string FlaggedBecause { get; init; } = "";

    public bool IsOpen => Standing == DealStanding.Open;

    public bool IsFlagged => FlaggedAt is not null;

    /// <summary>The answer to this question, or null if it was never answered or was withdrawn.</summary>
    public DealAnswer? Find(string question)
    {
        foreach (var answer in Answers)
        {
            if (answer.Question == question)
            {
                return answer.IsWithdrawn ? null : answer;
            }
        }

        return null;
    }

    /// <summary>With this answer, unless a later one is there.</summary>
    public Deal With(DealAnswer answer)
    {
        for (var i = 0; i < Answers.Length; i++)
        {
            var order = string.CompareOrdinal(Answers[i].Question, answer.Question);
            if (order == 0)
            {
                return Answers[i].GivenAt > answer.GivenAt ? this : this with { Answers = Answers.SetItem(i, answer) };
            }

            if (order > 0)
            {
                return this with { Answers = Answers.Insert(i, answer) };
            }
        }

        return this with { Answers = Answers.Add(answer) };
    }
}

/// <summary>An answer to one of a deal's questions, with its provenance.</summary>
/// <param name="Question">Id of the question.</param>
/// <param name="Text">In words; may be empty if there is a date.</param>
/// <param name="At">The instant that the answer names, such as that of the next step; null: undated.</param>
/// <param name="Awaits">If undated: what is awaited; empty: nothing was named.</param>
/// <param name="By">Who said so, or the system that did; may be empty.</param>
/// <param name="GivenAt">Event time.</param>
/// <param name="Observed">A machine saw it; false: a person asserts it.</param>
/// <param name="Signal">The signal that carried it.</param>
public sealed record DealAnswer(string Question, string Text, DateTimeOffset? At, string Awaits, string By, DateTimeOffset GivenAt, bool Observed, string Signal)
{
    public bool IsWithdrawn => Text.Length == 0 && At is null && Awaits.Length == 0;
}

/// <summary>A transition whose criterion held while answers were missing: it is gone through as soon as there are enough, if the account is still there.</summary>
/// <param name="Transition">Id.</param>
/// <param name="Deal">The deal concerned; empty: there was none.</param>
/// <param name="StageSince">When the account had entered the stage; entering any stage later ends the wait.</param>
/// <param name="Evidence">Of the criterion.</param>
public sealed record HeldTransition(string Transition, string Deal, DateTimeOffset StageSince, DateTimeOffset At, ImmutableArray<Stages.Clause> Evidence, string Reason);
