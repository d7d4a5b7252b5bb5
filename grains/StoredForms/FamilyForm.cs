using System.Diagnostics;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Standings;
using Orchestrator.V1;
using AccountStanding = Orchestrator.Grains.Standings.AccountStanding;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Accounts of one group of companies, and what they tell one another, as stored.</summary>
internal static class FamilyForm
{
    public static StoredFamilyMessage Write(FamilyMessage message) => message switch
    {
        FamilyMessage.Climb m => new() { Climb = new() { Origin = m.Origin, Mark = m.Mark, Height = m.Height } },
        FamilyMessage.Confirm m => new() { Confirm = new() { Mark = m.Mark } },
        FamilyMessage.Refuse m => new() { Refuse = new() { Mark = m.Mark, Reason = m.Reason } },
        FamilyMessage.Count m => new() { Count = Write(m.Child, m.Branch) },
        FamilyMessage.Leave m => new() { Leave = new() { Child = m.Child } },
        FamilyMessage.Follow m => new() { Follow = new() { From = m.From, To = m.To } },
        _ => throw new UnreachableException(),
    };

    /// <param name="target">Whom it is for.</param>
    public static FamilyMessage Read(StoredFamilyMessage stored, GrainKey target) => stored.KindCase switch
    {
        StoredFamilyMessage.KindOneofCase.Climb => new FamilyMessage.Climb(stored.Climb.Origin, stored.Climb.Mark, stored.Climb.Height),
        StoredFamilyMessage.KindOneofCase.Confirm => new FamilyMessage.Confirm(stored.Confirm.Mark),
        StoredFamilyMessage.KindOneofCase.Refuse => new FamilyMessage.Refuse(stored.Refuse.Mark, stored.Refuse.Reason),
        StoredFamilyMessage.KindOneofCase.Count => new FamilyMessage.Count(stored.Count.Child, Read(stored.Count)),
        StoredFamilyMessage.KindOneofCase.Follow => new FamilyMessage.Follow(stored.Follow.From, stored.Follow.To),
        StoredFamilyMessage.KindOneofCase.Leave => new FamilyMessage.Leave(stored.Leave.Child),
        _ => throw new InvalidDataException($"a message to {target} has a form that this version does not know"),
    };

    public static StoredFamily? Write(Family? family) => family is null ? null : new()
    {
        Parent = family.Parent,
        Since = Ticks.Of(family.Since),
        Confirmed = family.Confirmed,
        Refused = family.Refused,
        Children = { family.Children.Select(c => Write(c.Key, c.Value)) },
    };

    public static Family? Read(StoredFamily? stored) => stored is null ? null : new()
    {
        Parent = stored.Parent,
        Since = Ticks.Instant(stored.Since),
        Confirmed = stored.Confirmed,
        Refused = stored.Refused,
        Children = AccountStanding.Of<Branch>().AddRange(stored.Children.Select(c => KeyValuePair.Create(c.Child, Read(c)))),
    };

    public static StoredBranch Write(string child, Branch branch) => new()
    {
        Child = child,
        Accounts = branch.Accounts,
        Contacts = branch.Contacts,
        Signals = branch.Signals,
        Stages = { branch.Stages.Select(s => new StoredStageCount { Stage = s.Key, Accounts = s.Value }) },
        Scores = { branch.Scores.Select(s => new StoredBranchScore { Name = s.Name, Sum = s.Sum, At = Ticks.Of(s.At), HalfLife = s.HalfLife.Ticks }) },
    };

    public static Branch Read(StoredBranch stored) => new(
        stored.Accounts,
        stored.Contacts,
        stored.Signals,
        AccountStanding.Of<long>().AddRange(stored.Stages.Select(s => KeyValuePair.Create(s.Stage, s.Accounts))),
        [.. stored.Scores.Select(s => new BranchScore(s.Name, s.Sum, Ticks.Instant(s.At), TimeSpan.FromTicks(s.HalfLife)))]);
}
