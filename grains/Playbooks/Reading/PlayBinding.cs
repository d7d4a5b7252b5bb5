using System.Collections.Immutable;
using System.Globalization;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>Plays and their treatments.</summary>
internal static class PlayBinding
{
    /// <summary>Far above any deal, far below what would overflow when multiplied by a lever.</summary>
    public const long MostMoney = 1_000_000_000_000_000;

    static readonly string[] ContentKeys = ["subject", "preheader", "headline", "body", "button", "link", "note"];

    public static ImmutableArray<PlayDefinition> Plays(Field field) => [.. field.Items().Select(Play)];

    static PlayDefinition Play(Field field)
    {
        var section = field.Section(SectionKind.Play);
        var id = section.Required("id", name => name.Declares(NameKind.Play), "");
        var audience = section.Required("for", word => word.Choice(("contact", PlayAudience.Contact), ("owner", PlayAudience.Owner)), PlayAudience.Contact);
        var department = section.Optional<Reference?>("department", name => name.Name(NameKind.Department), absent: null);
        if (audience is PlayAudience.Owner && department is null)
        {
            field.Refuse("a play for an owner needs `department`, whose people do it");
        }

        var mandatory = section.Optional("mandatory", flag => flag.Flag(), absent: false);
        var stages = section.Many("stages", names => names.Names(NameKind.Stage));
        var roles = section.Many("roles", names => names.Names(NameKind.Role));
        var on = section.Many("on", names => names.Names(NameKind.Signal));
        var goal = Unless(mandatory, section, "goal", name => (Reference?)name.Name(NameKind.Signal));
        var horizon = Unless(mandatory, section, "horizon", time => (TimeSpan?)time.Duration());
        if (mandatory && goal.HasValue != horizon.HasValue)
        {
            field.Refuse("`goal` and `horizon` belong together; found one of them only");
        }

        var play = new PlayDefinition(
            id,
            field.At,
            audience,
            department,
            stages,
            roles,
            on,
            goal,
            horizon,
            section.Optional("eligible", condition => condition.Expression()),
            section.Optional("applicable", condition => condition.Expression()),
            section.Optional("suitable", condition => condition.Expression()),
            Unless(mandatory, section, "value", Value) ?? new PlayValue.Fixed(0),
            section.Optional("cost", cost => cost.Whole(0, MostMoney), absent: 0),
            section.Required("valid-for", time => time.Duration(), TimeSpan.FromDays(1)),
            section.Optional<TimeSpan?>("cool-down", time => time.Duration(), absent: null),
            mandatory,
            section.Optional("class", Class, PlayClass.Marketing),
            section.Optional<Reference?>("purpose", name => name.Name(NameKind.Purpose), absent: null),
            section.Optional("self-service", flag => flag.Flag(), absent: false),
            section.Required("treatments", Treatments, []))
        {
            Expansion = section.Optional("expansion", flag => flag.Flag(), absent: false),
            Advocacy = section.Optional("advocacy", flag => flag.Flag(), absent: false),
            Saves = section.Optional<TimeSpan?>("saves", time => time.Duration(), absent: null),
        };
        section.Close();
        return play;
    }

    /// <summary>A key that arbitration needs, and that a mandatory play, which is not arbitrated, may leave out.</summary>
    static T? Unless<T>(bool mandatory, Section section, string key, Func<Field, T?> read) =>
        (mandatory ? section.Optional(key) : section.Required(key)) is { } field ? read(field) : default;

    public static PlayClass Class(Field field) =>
        field.Choice(("marketing", PlayClass.Marketing), ("transactional", PlayClass.Transactional));

    static PlayValue Value(Field field)
    {
        if (field.Words("an amount in minor units or a formula") is not { } text)
        {
            return new PlayValue.Fixed(0);
        }

        var isNumber = field.IsPlainText && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        return isNumber ? new PlayValue.Fixed(field.Whole(0, MostMoney)) : new PlayValue.Computed(field.Expression());
    }

    static ImmutableArray<TreatmentDefinition> Treatments(Field field)
    {
        var items = field.Items("a list of treatments");
        if (items.IsEmpty && field is { IsMap: false, IsText: false })
        {
            field.Refuse("expected at least one treatment, found none");
        }

        return [.. items.Select(Treatment)];
    }

    static TreatmentDefinition Treatment(Field field)
    {
        var section = field.Section(SectionKind.Treatment);
        var id = section.Required("id", name => name.Declares(NameKind.Treatment), "");
        var channel = section.Required("channel", name => name.Name(NameKind.Channel), default);
        var when = section.Optional("when", condition => condition.Expression());
        var content = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var part in ContentKeys)
        {
            if (section.Optional(part) is { } field1)
            {
                Add(content, field1.Localized(), part);
            }
        }

        var number = 0;
        foreach (var step in section.Optional("steps")?.Items("a list of steps") ?? [])
        {
            number++;
            Add(content, step.Localized(), string.Create(CultureInfo.InvariantCulture, $"step/{number}"));
        }

        section.Close();
        return new TreatmentDefinition(id, field.At, channel, when, content.ToImmutable());
    }

    static void Add(ImmutableSortedDictionary<string, string>.Builder content, LocalizedText text, string part)
    {
        foreach (var (language, words) in text.ByLanguage)
        {
            content[$"{language}/{part}"] = words;
        }
    }
}
