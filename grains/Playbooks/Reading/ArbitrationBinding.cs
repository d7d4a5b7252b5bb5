using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>Arbitration and experiments.</summary>
internal static class ArbitrationBinding
{
    const double DefaultPropensity = 0.1;
    static readonly PropensityDefinition NoPriors = new(DefaultPropensity, [], []);

    public static readonly ArbitrationDefinition Default = new([], [], null, null, 0, NoneAllowed: true, NoPriors);

    public static ArbitrationDefinition Arbitration(Field field)
    {
        var section = field.Section(SectionKind.Arbitration);
        if (section.Optional("priority") is { } priority)
        {
            CheckPriority(priority);
        }

        var arbitration = new ArbitrationDefinition(
            section.Many<LeverDefinition>("levers", levers => [.. levers.Entries("a map of weights by play").Select(lever => new LeverDefinition(lever.KeyName(NameKind.Play), lever.Number(0, 10)))]),
            section.Many<ContextDefinition>("context", context => [.. context.Items("a list of `{when, raise}`").Select(Context)]),
            section.Optional("per-account", PeoplePerWeek, absent: null),
            section.Optional("buyer-paced", BuyerPaced),
            section.Optional("explore", share => share.Number(0, 0.5), absent: 0),
            section.Optional("none", NoneAllowed, absent: true),
            section.Optional("propensity", Propensity, NoPriors));
        section.Close();
        return arbitration;
    }

    /// <summary>The formula is written out for its readers; another one is not to be had.</summary>
    static void CheckPriority(Field field)
    {
        const string Product = "propensity * context * value * lever";
        if (field.Words($"`{Product}`") is { } text
            && !text.Split('*', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal).SequenceEqual(["context", "lever", "propensity", "value"]))
        {
            field.Refuse($"expected `{Product}`, which is how priorities are made, found {field.Found()}");
        }
    }

    static ContextDefinition Context(Field field)
    {
        var section = field.Section(SectionKind.Context);
        var context = new ContextDefinition(
            field.At,
            section.Required("when", when => when.Expression(), CompanyBinding.Always),
            section.Required<ImmutableArray<RaiseDefinition>>("raise", raise => [.. raise.Entries("a map of raises by play").Select(play => new RaiseDefinition(play.KeyName(NameKind.Play), play.Number(-1, 10)))], []));
        section.Close();
        return context;
    }

    static int? PeoplePerWeek(Field field)
    {
        var section = field.Section(SectionKind.PerAccount);
        var people = (int)section.Required("people-per-week", count => count.Whole(1, 1_000), 1);
        section.Close();
        return people;
    }

    static BuyerPacedDefinition BuyerPaced(Field field)
    {
        var section = field.Section(SectionKind.BuyerPaced);
        var paced = new BuyerPacedDefinition(
            field.At,
            section.Required("when", when => when.Expression(), CompanyBinding.Always),
            section.Required("hold", plays => plays.Names(NameKind.Play), []));
        section.Close();
        return paced;
    }

    static bool NoneAllowed(Field field)
    {
        var section = field.Section(SectionKind.None);
        var allowed = section.Required("allowed", flag => flag.Flag(), absent: true);
        section.Close();
        return allowed;
    }

    static PropensityDefinition Propensity(Field field)
    {
        var section = field.Section(SectionKind.Propensity);
        var propensity = new PropensityDefinition(
            section.Optional("default", prior => prior.Number(0, 1), DefaultPropensity),
            section.Many("plays", plays => Priors(plays, NameKind.Play)),
            section.Many("treatments", treatments => Priors(treatments, NameKind.Treatment)));
        section.Close();
        return propensity;
    }

    static ImmutableArray<Prior> Priors(Field field, NameKind kind) =>
        [.. field.Entries($"a map of probabilities by {Names.Word(kind)}").Select(entry => new Prior(entry.KeyName(kind), entry.Number(0, 1)))];

    public static ImmutableArray<ExperimentDefinition> Experiments(Field field) => [.. field.Items().Select(Experiment)];

    static ExperimentDefinition Experiment(Field field)
    {
        var section = field.Section(SectionKind.Experiment);
        var id = section.Required("id", name => name.Declares(NameKind.Experiment), "");
        var by = section.Required("by", word => word.Choice(("account", ExperimentUnit.Account), ("contact", ExperimentUnit.Contact)), ExperimentUnit.Account);
        var plays = section.Many("plays", names => names.Names(NameKind.Play));
        var share = section.Optional("share");
        var arm = section.Optional("arm");
        var arms = section.Optional("arms");
        section.Close();
        if (arms is null == (arm is null) && field.IsMap)
        {
            field.Refuse("an experiment needs either `share` and `arm: none` (a hold-out) or `plays` and `arms` (treatments against one another)");
        }

        if (arms is null)
        {
            arm?.Choice(("none", true));
            if (arm is not null && share is null)
            {
                field.Refuse("a hold-out needs `share`, from 0.001 to 0.999");
            }

            return new ExperimentDefinition.HoldOut(id, field.At, by, plays, share?.Number(0.001, 0.999) ?? 0);
        }

        share?.RefuseKey("the shares of a split stand in `arms`; remove `share`");
        if (plays.IsEmpty)
        {
            field.Refuse("a split needs `plays`, whose treatments it compares");
        }

        return new ExperimentDefinition.Split(id, field.At, by, plays, Arms(arms));
    }

    static ImmutableArray<ArmDefinition> Arms(Field field)
    {
        var arms = field.Entries("a map of shares by treatment")
            .Select(arm => new ArmDefinition(arm.KeyName(NameKind.Treatment), arm.Number(0.001, 1))).ToImmutableArray();
        var sum = arms.Sum(arm => arm.Share);
        if (!arms.IsEmpty && Math.Abs(sum - 1) > 1e-9)
        {
            field.Refuse(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the shares sum to {sum:0.######}; expected 1"));
        }

        return arms;
    }
}
