using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Api;

/// <summary>Open actions in the form of the contract, with the content that the playbook version which decided them has.</summary>
public sealed class ActionForm(PlaybookShelf shelf)
{
    public V1.Action Write(OpenAction action, GrainKey account, string owner, IReadOnlyList<PersonName> identifiers)
    {
        var written = new V1.Action
        {
            Id = action.Id,
            Play = action.Play,
            Treatment = action.Treatment,
            Channel = action.Channel,
            Account = account.Affinity,
            Contact = action.Contact,
            Department = action.Department,
            Owner = owner,
            Stage = action.Stage,
            Playbook = action.Playbook,
            PlaybookVersion = action.PlaybookVersion,
            DecidedAt = Timestamp.FromDateTimeOffset(action.DecidedAt),
            ValidUntil = Timestamp.FromDateTimeOffset(action.ValidUntil),
            Reason = action.Reason,
            Transactional = action.Transactional,
            Kind = action.Request?.Kind ?? "play",
            Factors = action.Request is null ? Write(action.Factors) : null,
        };
        if (action.Request is { } request)
        {
            written.Subject = request.Subject;
            written.Packet.AddRange(request.Packet.Select(p => new PacketItem { Name = p.Name, Text = p.Text }));
            written.Reasons.AddRange(request.Reasons);
        }

        foreach (var name in identifiers)
        {
            written.Identifiers.Add(new Identifier { Kind = name.Kind, Value = name.Value });
        }

        if (shelf.Current.Find(account.Tenant, action.PlaybookVersion) is { } playbook && playbook.PlaysById.TryGetValue(action.Play, out var play))
        {
            written.Goal = play.Definition.Goal?.Id ?? "";
            written.Horizon = play.Definition.Horizon is { } horizon ? Duration.FromTimeSpan(horizon) : null;
            if (play.Treatments.FirstOrDefault(t => t.Id == action.Treatment) is { } treatment)
            {
                written.Content.Add(treatment.Definition.Content.ToDictionary(StringComparer.Ordinal));
            }
        }

        return written;
    }

    public static V1.Factors Write(Grains.Accounts.Factors factors) => new()
    {
        Propensity = factors.Propensity,
        Context = factors.Context,
        Value = factors.Value,
        Lever = factors.Lever,
        Priority = factors.Priority,
        Probability = factors.Probability,
    };
}
