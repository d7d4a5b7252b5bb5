using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Stages;

/// <summary>Why an account went where it is, as one of a few codes that a transition lists: what is counted and conditioned on must not be free text.</summary>
internal static class ReasonCodes
{
    /// <summary>The code for what is none of the others.</summary>
    public const string Other = "other";

    /// <summary>The reason as the transition keeps it.</summary>
    public static string Of(TransitionDefinition transition, string said) =>
        transition.Reasons.Length == 0 || transition.Reasons.Contains(said) ? said : Other;

    /// <summary>The evidence with what was said, where it is none of the codes.</summary>
    public static IReadOnlyList<Clause> Evidence(TransitionDefinition transition, string said, IReadOnlyList<Clause> evidence) =>
        transition.Reasons.Length == 0 || transition.Reasons.Contains(said)
            ? evidence
            : [.. evidence, new Clause($"the reason is one of {string.Join(", ", transition.Reasons)}", Held: false, $"`{said}`, kept as `{Other}`")];

    /// <summary>Keeps the code with the account.</summary>
    public static void Keep(TurnBuilder turn, string code, DateTimeOffset at) =>
        turn.Add(new AccountEvent.OfJourney(new JourneyEvent.ReasonGiven(turn.Account.Stage, code, at)));
}
