using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>Departments, segments, roles, channels and what people expect.</summary>
internal static class CompanyBinding
{
    public static ImmutableArray<DepartmentDefinition> Departments(Field field) =>
        [.. field.Declared(NameKind.Department).Select(Department)];

    static DepartmentDefinition Department(Field field)
    {
        var section = field.Section(SectionKind.Department);
        var department = new DepartmentDefinition(
            field.Key,
            field.KeyAt,
            section.Optional("title", title => title.Localized(), LocalizedText.Empty),
            section.Optional<Pool?>("pool", pool => pool.Choice(("hunter", Pool.Hunter), ("farmer", Pool.Farmer)), absent: null),
            section.Optional("capacity", Capacity))
        {
            Owners = section.Many("owners", OwnerBinding.Owners),
        };
        section.Close();
        if (department.Owners.Length > 0 && department.Capacity is null)
        {
            field.RefuseKey("`owners` take what a department has to do in turns by its `capacity`, which is missing");
        }

        return department;
    }

    static DepartmentCapacity Capacity(Field field)
    {
        var section = field.Section(SectionKind.Capacity);
        var capacity = new DepartmentCapacity(
            (int)section.Required("open-actions", open => open.Whole(1, 1_000_000), 1),
            section.Optional("per-owner", per => per.Flag(), absent: false));
        section.Close();
        return capacity;
    }

    public static ImmutableArray<SegmentDefinition> Segments(Field field) =>
    [
        .. field.Declared(NameKind.Segment).Select(entry =>
        {
            var section = entry.Section(SectionKind.Segment);
            var segment = new SegmentDefinition(entry.Key, entry.KeyAt, section.Required("when", when => when.Expression(), Always))
            {
                Cadence = section.Optional<TimeSpan?>("cadence", cadence => cadence.Duration(), absent: null),
                PeoplePerWeek = section.Optional<int?>("people-per-week", people => (int)people.Whole(1, 1_000_000), absent: null),
                Plays = section.Many("plays", plays => plays.Names(NameKind.Play)),
                Training = section.Many<TrainingDefinition>("training", all => [.. all.Entries("a map of texts by department").Select(one => new TrainingDefinition(one.KeyName(NameKind.Department), one.Localized()))]),
            };
            section.Close();
            return segment;
        }),
    ];

    /// <summary>A cadence is a cap of one message in its time, for the people of its segment only.</summary>
    public static ContactPolicyDefinition WithCadences(ContactPolicyDefinition policy, ImmutableArray<SegmentDefinition> segments)
    {
        var caps = segments.Where(segment => segment.Cadence is not null)
            .Select(segment => new CapDefinition(segment.At, CapScope.Contact, null, 1, new CapWindow.Rolling(segment.Cadence!.Value), [new Reference(segment.Id, segment.At)]))
            .ToList();
        return caps.Count == 0 ? policy : policy with { Caps = [.. policy.Caps, .. caps] };
    }

    /// <summary>Roles stand under `buying-group` or, for short, at the top; not in both places.</summary>
    public static BuyingGroupDefinition BuyingGroup(Section playbook)
    {
        var top = playbook.Optional("roles");
        if (playbook.Optional("buying-group") is not { } group)
        {
            return new BuyingGroupDefinition(top is null ? [] : Roles(top), null);
        }

        var section = group.Section(SectionKind.BuyingGroup);
        var inner = section.Optional("roles");
        var engagement = section.Optional("engagement", Engagement);
        section.Close();
        if (top is not null && inner is not null)
        {
            top.RefuseKey($"roles are given twice; `buying-group.roles` is at line {inner.KeyAt.Line}");
            return new BuyingGroupDefinition(Roles(inner), engagement);
        }

        return new BuyingGroupDefinition((inner ?? top) is { } roles ? Roles(roles) : [], engagement);
    }

    static ImmutableArray<RoleDefinition> Roles(Field field) => [.. field.Declared(NameKind.Role).Select(Role)];

    static RoleDefinition Role(Field field)
    {
        const double StandardWeight = 60;
        var section = field.Section(SectionKind.Role);
        var role = new RoleDefinition(
            field.Key,
            field.KeyAt,
            section.Optional("title", title => title.Localized(), LocalizedText.Empty),
            (int)section.Optional("required", required => required.Whole(0, 1_000), absent: 1),
            section.Optional("weight", weight => weight.Number(0, 100), StandardWeight),
            section.Optional("assign", assign => assign.Expression()));
        section.Close();
        return role;
    }

    static GroupEngagementDefinition Engagement(Field field)
    {
        var section = field.Section(SectionKind.GroupEngagement);
        var engagement = new GroupEngagementDefinition(
            field.KeyAt,
            section.Required("window", WholeDays, TimeSpan.FromDays(1)),
            (int)section.Required("cap-per-activity-day", cap => cap.Whole(1, 1_000_000), 1),
            section.Optional<ImmutableArray<SignalPoints>>("points", points => [.. points.Entries("a map of points by signal").Select(ScoreBinding.SignalPoints)], []));
        section.Close();
        return engagement;
    }

    static TimeSpan WholeDays(Field field)
    {
        var window = field.Duration();
        if (window.Ticks % TimeSpan.TicksPerDay != 0 || window.TotalDays > 400)
        {
            field.Refuse($"expected whole days such as 30d, at most 400d, found {field.Found()}; what happened leaves the window day by day");
        }

        return window;
    }

    public static ImmutableArray<ChannelDefinition> Channels(Field? field, Names names)
    {
        var declared = field is null ? [] : field.Declared(NameKind.Channel).Select(Channel).ToImmutableArray();
        var builtIn = ChannelDefinition.BuiltIn.Where(channel => declared.All(other => other.Id != channel.Id)).ToList();
        builtIn.ForEach(channel => names.DeclareBuiltIn(NameKind.Channel, channel.Id));
        return [.. declared, .. builtIn];
    }

    static ChannelDefinition Channel(Field field)
    {
        // A built-in channel that is declared keeps what it does not say; of others, those that reach out are quiet at night.
        var known = ChannelDefinition.BuiltIn.FirstOrDefault(channel => channel.Id == field.Key);
        var section = field.Section(SectionKind.Channel);
        var title = section.Optional("title", text => text.Localized(), LocalizedText.Empty);
        var kind = section.Optional(
            "kind", word => word.Choice(("push", ChannelKind.Push), ("pull", ChannelKind.Pull)), known?.Kind ?? ChannelKind.Push);
        var channel = new ChannelDefinition(
            field.Key,
            field.KeyAt,
            title,
            kind,
            section.Optional("quiet-hours", quiet => quiet.Flag(), known?.QuietHours ?? kind is ChannelKind.Push),
            section.Optional<int?>("capacity-per-day", capacity => (int)capacity.Whole(1, int.MaxValue), absent: null));
        section.Close();
        return channel;
    }

    public static ImmutableArray<ExperienceDefinition> Experience(Field field) =>
    [
        .. field.Items().Select(item =>
        {
            var section = item.Section(SectionKind.Experience);
            var experience = new ExperienceDefinition(
                item.At,
                section.Required("stage", stage => stage.Name(NameKind.Stage), default),
                section.Required("role", role => role.Name(NameKind.Role), default),
                section.Required("expects", expects => expects.Localized(), LocalizedText.Empty),
                section.Required("delivered-by", by => by.Name(NameKind.Department), default),
                section.Optional("measured-by", by => by.Expression()))
            {
                Motive = section.Optional("motive", motive => motive.Localized(), LocalizedText.Empty),
            };
            section.Close();
            return experience;
        }),
    ];

    /// <summary>Stands in for a condition that is missing and was refused; no definition with it is ever handed out.</summary>
    public static readonly Expression Always = new("true", default);
}
