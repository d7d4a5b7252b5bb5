using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;

namespace Orchestrator.Cli.Mapping;

/// <summary>How rows of a table become signals.</summary>
/// <param name="Separator">Between cells; null: found out from the heading.</param>
/// <param name="Signals">At least one; a row becomes one signal of each template whose conditions hold.</param>
sealed record SignalMapping(char? Separator, IReadOnlyList<SignalTemplate> Signals)
{
    /// <summary>The signals of a row, in the order of the templates; empty when no template wants it.</summary>
    /// <exception cref="RowRefusal">A cell does not hold what the mapping expects; then the row becomes no signal at all.</exception>
    public IReadOnlyList<Signal> Apply(Row row) => [.. Signals.Where(template => template.Wants(row)).Select(template => template.Make(row))];

    /// <exception cref="CommandFailure">A column that the mapping names is not there; the message names the place in the mapping.</exception>
    public void MustFit(IReadOnlyCollection<string> columns, string file)
    {
        foreach (var (column, place) in Signals.SelectMany(template => template.Needs).Where(need => !columns.Contains(need.Column)))
        {
            var near = columns.FirstOrDefault(other => string.Equals(other, column, StringComparison.OrdinalIgnoreCase));
            var hint = near is null ? $"its columns are {string.Join(", ", columns.Select(name => $"`{name}`"))}" : $"did you mean `{near}`";
            throw place.Wrong($"`{column}` is not a column of `{file}`; {hint}");
        }
    }
}

/// <summary>One signal that a row may become.</summary>
sealed record SignalTemplate
{
    public required string Type { get; init; }

    /// <summary>Null: made of the file's digest, the row's number and <see cref="Suffix"/>.</summary>
    public Template? Id { get; init; }

    /// <summary>Tells the signals of one row apart in an id; empty when there is only one.</summary>
    public string Suffix { get; init; } = "";

    public Template? Account { get; init; }

    public IReadOnlyList<(string Kind, Template Value)> Identifiers { get; init; } = [];

    public TimeRule? Time { get; init; }

    public IReadOnlyList<ValueRule> Properties { get; init; } = [];

    public Template? Source { get; init; }

    public Template? AssertedBy { get; init; }

    public Template? Action { get; init; }

    /// <summary>All must hold.</summary>
    public IReadOnlyList<RowCondition> When { get; init; } = [];

    /// <summary>Every column that is named, with the place where.</summary>
    public IEnumerable<(string Column, Place Place)> Needs =>
        new[] { Id, Account, Time?.Text, Source, AssertedBy, Action }.OfType<Template>()
            .Concat(Identifiers.Select(identifier => identifier.Value))
            .Concat(Properties.Select(property => property.Text))
            .Concat(Properties.Select(property => property.Currency).OfType<Template>())
            .SelectMany(template => template.Columns.Select(column => (column, template.Place)))
            .Concat(When.Select(condition => (condition.Column, condition.Place)));

    public bool Wants(Row row) => When.All(condition => condition.Holds(row));

    /// <exception cref="RowRefusal">A cell does not hold what is expected.</exception>
    public Signal Make(Row row)
    {
        var signal = new Signal
        {
            Id = Id is null ? SignalIds.OfRow(row.Digest, row.Number, Suffix) : Filled(Id, row, "the signal's id"),
            Type = Type,
            Account = Account?.Render(row) ?? "",
            Source = Source?.Render(row) ?? "",
            AssertedBy = AssertedBy?.Render(row) ?? "",
            Action = Action?.Render(row) ?? "",
        };
        foreach (var (kind, template) in Identifiers)
        {
            if (template.Render(row) is { Length: > 0 } value)
            {
                signal.Identifiers.Add(new Identifier { Kind = kind, Value = value });
            }
        }

        if (signal.Account.Length == 0 && signal.Identifiers.Count == 0)
        {
            throw new RowRefusal($"expected an account or an identifier, found nothing in `{(Account ?? Identifiers[0].Value).Describe()}`");
        }

        if (Time is not null)
        {
            signal.Time = Timestamp.FromDateTimeOffset(Time.Read(row));
        }

        foreach (var property in Properties)
        {
            if (property.Read(row) is { } value)
            {
                signal.Properties[property.Name] = value;
            }
        }

        return signal;
    }

    static string Filled(Template template, Row row, string what) =>
        template.Render(row) is { Length: > 0 } text ? text : throw new RowRefusal($"expected {what}, found nothing in `{template.Describe()}`");
}
