using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>The deal: which signals tell of it, and what must be known.</summary>
internal static class DealBinding
{
    public static DealDefinition Deal(Field field, ImmutableArray<SignalDefinition> signals)
    {
        var section = field.Section(SectionKind.Deal);
        var key = section.Optional("opportunity", name => name.Id(), "opportunity");
        var amount = section.Optional("amount", name => name.Id(), "amount");
        var opened = Signals(section, "opened-by", field, signals, "opportunity.opened", "opportunity.updated");
        var won = Signals(section, "won-by", field, signals, "contract.signed");
        var lost = Signals(section, "lost-by", field, signals, "opportunity.lost");
        var questions = section.Many("questions", Questions);
        var flags = section.Many<Expression>("flag-when", conditions => conditions.IsText ? [conditions.Expression()] : [.. conditions.Items().Select(item => item.Expression())]);
        section.Close();
        if (opened.IsEmpty && field.IsMap)
        {
            field.RefuseKey("a deal needs `opened-by`, the signals that tell of it; `opportunity.opened` and `opportunity.updated` are taken where they are declared");
        }

        foreach (var reference in opened.Concat(won).Concat(lost))
        {
            if (signals.FirstOrDefault(signal => signal.Id == reference.Id) is { } signal && !signal.Properties.Any(property => property is { Type: PropertyType.Text, Optional: false } && property.Name == key))
            {
                field.RefuseKey($"signal `{signal.Id}` must tell which deal it is about: it has no property `{key}: string`");
            }
        }

        Twice(field, opened, won, lost);
        return new DealDefinition(field.KeyAt, key, amount, opened, won, lost, questions, flags);
    }

    /// <summary>The signals named, or those of the usual names that the playbook declares.</summary>
    static ImmutableArray<Reference> Signals(Section section, string key, Field field, ImmutableArray<SignalDefinition> signals, params string[] usual) =>
        section.Optional(key) is { } named
            ? named.Names(NameKind.Signal)
            : [.. usual.Where(id => signals.Any(signal => signal.Id == id && signal.At != default)).Select(id => new Reference(id, field.KeyAt))];

    static void Twice(Field field, params ImmutableArray<Reference>[] lists)
    {
        foreach (var group in lists.SelectMany(list => list).GroupBy(reference => reference.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            field.RefuseKey($"signal `{group.Key}` cannot both open and end a deal, or end it both ways");
        }
    }

    static ImmutableArray<QuestionDefinition> Questions(Field field)
    {
        var questions = ImmutableArray.CreateBuilder<QuestionDefinition>();
        foreach (var item in field.Items("a list of questions"))
        {
            var section = item.Section(SectionKind.Question);
            var id = section.Required("id", name => name.Id(), "");
            var question = new QuestionDefinition(
                id,
                item.At,
                section.Optional("ask", ask => ask.Localized(), LocalizedText.Empty),
                section.Optional("dated", dated => dated.Flag(), absent: false));
            section.Close();
            if (id.Length > 0 && questions.FirstOrDefault(known => known.Id == id) is { } first)
            {
                item.Refuse($"duplicate question `{id}`; first declared at line {first.At.Line}");
            }

            questions.Add(question);
        }

        return questions.ToImmutable();
    }
}
