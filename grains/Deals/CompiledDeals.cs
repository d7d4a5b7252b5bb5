using System.Collections.Frozen;
using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Deals;

/// <summary>A playbook's deals, compiled.</summary>
/// <param name="FlagWhen">In the order of the file.</param>
public sealed record CompiledDeals(DealDefinition Definition, ImmutableArray<Condition> FlagWhen)
{
    private readonly FrozenDictionary<string, QuestionDefinition> questions = Definition.Questions.ToFrozenDictionary(q => q.Id, StringComparer.Ordinal);

    public QuestionDefinition? Question(string id) => questions.GetValueOrDefault(id);

    /// <summary>How many questions the deal answers: a dated one needs an instant, or what is awaited. 0 without a deal.</summary>
    public int Answered(Deal? deal)
    {
        var answered = 0;
        foreach (var question in Definition.Questions)
        {
            answered += IsAnswered(question, deal) ? 1 : 0;
        }

        return answered;
    }

    /// <summary>The questions without a full answer, in the order of the playbook.</summary>
    public IEnumerable<string> Missing(Deal? deal) => Definition.Questions.Where(q => !IsAnswered(q, deal)).Select(q => q.Id);

    private static bool IsAnswered(QuestionDefinition question, Deal? deal) =>
        deal?.Find(question.Id) is { } answer && (!question.Dated || answer.At is not null || answer.Awaits.Length > 0);
}
