using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>How accounts pass between departments, what is promised, and what is said back.</summary>
internal static class HandoffBinding
{
    public static ImmutableArray<HandoffDefinition> Handoffs(Field field, PlaybookDefinition playbook)
    {
        var handoffs = ImmutableArray.CreateBuilder<HandoffDefinition>();
        foreach (var item in field.Items("a list of handoffs"))
        {
            var section = item.Section(SectionKind.Handoff);
            var handoff = new HandoffDefinition(
                item.At,
                section.Required("from", from => from.Name(NameKind.Department), default),
                section.Required("to", to => to.Name(NameKind.Department), default),
                section.Required("on", on => on.Name(NameKind.Transition), default),
                section.Many<PacketPart>("packet", parts => [.. parts.Items().Select(Part)]),
                section.Required("accept-within", within => within.Duration(), TimeSpan.FromDays(1)),
                section.Required("else", word => word.Choice(("return", HandoffElse.Return), ("escalate", HandoffElse.Escalate)), HandoffElse.Escalate),
                section.Many<string>("reasons", reasons => [.. reasons.Items().Select(reason => reason.Text())]));
            section.Close();
            Check(item, handoff, playbook);
            if (handoff.On.Id is { Length: > 0 } on && handoffs.FirstOrDefault(known => known.On.Id == on) is { } first)
            {
                item.Refuse($"transition `{on}` has a handoff already, at line {first.At.Line}: an account has one accountable owner");
            }

            handoffs.Add(handoff);
        }

        return handoffs.ToImmutable();
    }

    public static ImmutableArray<PromiseDefinition> Promises(Field field) =>
    [
        .. field.Entries("a map of kinds of promises").Select(entry =>
        {
            entry.KeyIsName("a kind of promise");
            var section = entry.Section(SectionKind.Promise);
            var promise = new PromiseDefinition(
                entry.Key, entry.KeyAt, section.Optional("kept-when", when => when.Expression()), section.Optional<TimeSpan?>("within", within => within.Duration(), absent: null));
            section.Close();
            return promise;
        }),
    ];

    public static ImmutableArray<FeedbackDefinition> Feedback(Field field, PlaybookDefinition playbook) =>
    [
        .. field.Items("a list of flows").Select(item =>
        {
            var section = item.Section(SectionKind.Feedback);
            var from = section.Required("from", name => name.Name(NameKind.Department), default);
            var to = section.Required("to", names => names.NamesOf("a department"), []);
            var about = section.Required("about", kinds => kinds.NamesOf("a kind of thing"), []);
            var within = section.Optional<TimeSpan?>("answer-within", time => time.Duration(), absent: null);
            section.Close();

            // Somebody outside of the playbook may listen too, but a misspelt department may not pass for one.
            var departments = playbook.Departments.Select(department => department.Id).ToList();
            foreach (var name in to.Where(name => !departments.Contains(name.Id) && Words.Nearest(name.Id, departments) is not null))
            {
                item.Refuse($"unknown department `{name.Id}`; did you mean `{Words.Nearest(name.Id, departments)}`?");
            }

            return new FeedbackDefinition(item.At, from, to, [.. about.Select(kind => kind.Id)], within);
        }),
    ];

    static PacketPart Part(Field field) => field.Choice(
        ("engagement", PacketPart.Engagement), ("topics", PacketPart.Topics), ("insights", PacketPart.Insights), ("promises", PacketPart.Promises),
        ("answers", PacketPart.Answers), ("meeting-note", PacketPart.MeetingNote), ("expectations", PacketPart.Expectations));

    static void Check(Field item, HandoffDefinition handoff, PlaybookDefinition playbook)
    {
        if (handoff.From.Id is { Length: > 0 } && handoff.From.Id == handoff.To.Id)
        {
            item.Refuse($"`{handoff.From.Id}` cannot hand over to itself");
        }

        // The stage says who is accountable there: two sections that disagree would make two owners.
        if (playbook.Transitions.FirstOrDefault(transition => transition.Id == handoff.On.Id) is { } on
            && playbook.Stages.FirstOrDefault(stage => stage.Id == on.To.Id) is { } stage
            && stage.Accountable?.Id != handoff.To.Id)
        {
            item.Refuse($"`{on.Id}` leads to stage `{stage.Id}`, for which {(stage.Accountable is { } by ? $"`{by.Id}`" : "no department")} is accountable, not `{handoff.To.Id}`");
        }

        if (handoff.Packet.Contains(PacketPart.Answers) && playbook.Deal is null)
        {
            item.Refuse("a packet has `answers` of a deal, but the playbook has no `deal`");
        }
    }
}
