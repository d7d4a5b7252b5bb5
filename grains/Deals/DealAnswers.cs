using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Playbooks;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Deals;

/// <summary>Finds answers in signals: in the built-in `deal.answered`, and in properties that are named as questions are.</summary>
/// <remarks>For a question `next-step` these are `next-step` (text), `next-step-at` (instant) and `next-step-awaits` (text).</remarks>
internal static class DealAnswers
{
    public static void Take(TurnBuilder turn, CompiledDeals deals, CompiledSignal type, Signal signal, string deal, DateTimeOffset time)
    {
        if (type.Meaning == SignalMeaning.DealAnswered)
        {
            Add(turn, type, signal, deal, signal.Properties["question"].Text, signal.Properties.GetValueOrDefault("text"), signal.Properties.GetValueOrDefault("at"), signal.Properties.GetValueOrDefault("awaits"), time);
            return;
        }

        foreach (var question in deals.Definition.Questions)
        {
            var text = signal.Properties.GetValueOrDefault(question.Id);
            var at = signal.Properties.GetValueOrDefault(question.Id + "-at");
            var awaits = signal.Properties.GetValueOrDefault(question.Id + "-awaits");
            if (text is not null || at is not null || awaits is not null)
            {
                Add(turn, type, signal, deal, question.Id, text, at, awaits, time);
            }
        }
    }

    private static void Add(TurnBuilder turn, CompiledSignal type, Signal signal, string deal, string question, Value? text, Value? at, Value? awaits, DateTimeOffset time)
    {
        // A date without a text dates the text that is there.
        var known = turn.Account.Dealings!.FindDeal(deal)!.Answers.FirstOrDefault(a => a.Question == question);
        if (known?.GivenAt > time)
        {
            return;
        }

        var said = text is null ? known?.Text ?? "" : Text(text);
        var by = signal.AssertedBy.Length > 0 ? signal.AssertedBy : signal.Source;
        DateTimeOffset? dated = at is { KindCase: Value.KindOneofCase.Instant } ? SignalValues.Instant(at) : null;
        turn.Add(new DealingsEvent.QuestionAnswered(deal, new DealAnswer(question, said, dated, Text(awaits), by, time, type.Definition.Observed && signal.AssertedBy.Length == 0, signal.Id)));
    }

    private static string Text(Value? value) => value is { KindCase: Value.KindOneofCase.Text } ? value.Text.Trim() : "";
}
