using System.Collections.Immutable;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Accounts;

/// <remarks>What came late is put right: the account becomes what it would be, and what would not have been decided is taken back where it still can be.</remarks>
public static partial class AccountTurn
{
    private static Verdict Correct(AccountCommand.Correct command, TurnBuilder turn)
    {
        var account = turn.Account;
        if (account.ForwardedTo.Length > 0)
        {
            return new Verdict.Rejected(new Rejection.MovedTo(account.ForwardedTo));
        }

        if (account.Lateness is not { Since: { } since } late || PlaybookOf(turn) is not { } playbook)
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        if (account.SignalCount != command.SignalCount || account.Stage != command.StageWas || account.StageSince != command.StageSinceWas || since != command.Since)
        {
            return new Verdict.Rejected(new Rejection.ChangedMeanwhile(account.Key.Affinity));
        }

        var found = command.Found;
        var also = ImmutableArray.CreateBuilder<string>();
        DateTimeOffset? stageSince = null;
        ImmutableArray<ChangedDecision> changed = [];
        if (found.Undetermined.Length == 0)
        {
            foreach (var person in found.People)
            {
                CorrectPerson(turn, playbook, person, also);
            }

            // What only time and not the walk takes back is taken back for its own reason first; the move takes what does not belong to the stage.
            changed = [.. found.Changed.Select(c => Compensate(turn, c))];
            if (found.Stage != account.Stage && playbook.Stages.ContainsKey(found.Stage))
            {
                StageWalk.Correct(turn, playbook, found);
            }
            else if (found.Stage == account.Stage && (found.StageSince - account.StageSince).Duration() > (playbook.Definition.Lateness?.Tolerance ?? LatenessDefinition.DefaultTolerance))
            {
                stageSince = found.StageSince;
                also.Add($"in stage `{found.Stage}` since {found.StageSince:yyyy-MM-ddTHH:mm:ssZ}");
            }

            foreach (var score in found.Scores)
            {
                also.Add($"score `{score.Name}`");
            }
        }

        var correction = new Correction(turn.Now, since, late.Pending, account.Stage, turn.Account.Stage, changed, found.Unlisted, also.ToImmutable(), found.Undetermined);
        turn.Add(new AccountEvent.OfLateness(new LatenessEvent.Corrected(correction, stageSince, found.Undetermined.Length == 0 ? found.Scores : [])));
        if (turn.Account.Stage != account.Stage || changed.Length > 0)
        {
            // What is best now is decided for now, in a turn of its own: nothing that was missed is released late.
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        }

        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    /// <summary>Roles and words on consent as they would be.</summary>
    private static void CorrectPerson(TurnBuilder turn, Playbook playbook, RederivedPerson person, ImmutableArray<string>.Builder also)
    {
        if (!turn.Account.Contacts.ContainsKey(person.Contact))
        {
            return;
        }

        foreach (var role in turn.Contact(person.Contact).Roles)
        {
            if (!person.Roles.Contains(role))
            {
                SetRole(turn, playbook, person.Contact, role, assigned: false, turn.Now);
                also.Add($"role `{role}` of {person.Contact} is vacant");
            }
        }

        foreach (var role in person.Roles)
        {
            if (!turn.Contact(person.Contact).HasRole(role))
            {
                SetRole(turn, playbook, person.Contact, role, assigned: true, turn.Now);
                also.Add($"role `{role}` is {person.Contact}'s");
            }
        }

        foreach (var consent in person.Consents)
        {
            also.Add($"consent `{consent.Purpose}` of {person.Contact}{(consent.Channel.Length > 0 ? $" on `{consent.Channel}`" : "")}");
        }

        if (person.Consents.Count + person.Scores.Count > 0)
        {
            turn.Add(person.Contact, new ContactEvent.Corrected(person.Consents, person.Scores));
        }

        ConsentWithdrawn(turn, playbook, person.Contact);
    }

    /// <summary>An action that would not have been made is taken back if it is open; whatever was done meanwhile is said as it is.</summary>
    private static ChangedDecision Compensate(TurnBuilder turn, ChangedDecision changed)
    {
        if (changed.Kind == ChangeKind.Missed)
        {
            return changed;
        }

        if (turn.Account.OpenActions.FirstOrDefault(a => a.Id == changed.Action) is { } open)
        {
            turn.Revoke(open, $"it would not have been decided: {changed.Why}");
            return changed with { Kind = ChangeKind.Revoked };
        }

        return changed.Kind != ChangeKind.Revoked ? changed
            : changed with { Kind = turn.Account.Ended.FirstOrDefault(e => e.Id == changed.Action) is { How: EndedHow.Done } ? ChangeKind.Done : ChangeKind.Ended };
    }
}
