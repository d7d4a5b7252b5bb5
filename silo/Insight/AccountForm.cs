using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Scores;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Partitions;
using Account = Orchestrator.Grains.Accounts.Account;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

/// <summary>An account in the form of the contract, seen through the playbook that decides now.</summary>
public sealed class AccountForm(PlaybookShelf shelf, ActionForm actions)
{
    /// <summary>Most contacts that one answer lists.</summary>
    public const int MostContacts = 1_000;

    /// <param name="account">As it is now.</param>
    /// <param name="asOf">The instant at which scores and segments are evaluated.</param>
    public V1.Account Write(Account account, DateTimeOffset asOf)
    {
        var written = new V1.Account
        {
            Id = account.Key.Affinity,
            Provisional = account.Provisional,
            ForwardedTo = account.ForwardedTo,
            Stage = account.Stage,
            StageSince = Timestamp.FromDateTimeOffset(account.StageSince),
            StageBy = account.StageBy,
            ContactCount = account.Contacts.Count,
            LastSignalAt = InstantForm.WriteOrNone(account.LastSignalAt),
            NextWakeAt = account.Wake is { } wake ? Timestamp.FromDateTimeOffset(wake) : null,
            SignalCount = account.SignalCount,
            Identity = IdentityText.View(account.History),
            Journey = account.Journey is { } journey ? JourneyForm.Write(journey, account.StageSince) : null,
            Lateness = LatenessText.Write(account.Lateness),
            Flight = account.Flight is { } flight ? new V1.AccountFlight { Version = flight.Version, Pinned = flight.Pinned } : null,
        };
        written.Contacts.AddRange(account.Contacts.Keys.Take(MostContacts));
        foreach (var (name, held) in account.Attributes)
        {
            written.Attributes.Add(name, held.Value);
        }

        written.Counts.AddRange(BoardView.Write(account.Boards, asOf));
        WriteActions(account, written);
        DealingsForm.Write(account, shelf.Current.PlaybookOf(account), written);
        if (shelf.Current.PlaybookOf(account) is { } playbook)
        {
            written.Accountable = written.Ownership.Department;
            var facts = new Facts();
            facts.Set(playbook, account, null, null, asOf);
            written.Segment = playbook.SegmentOf(facts);
            WriteScores(playbook, facts, written);
            CustomerForm.Write(playbook, facts, written);
            written.Standing = StandingForm.Write(playbook, facts);
        }

        return written;
    }

    private void WriteActions(Account account, V1.Account written)
    {
        if (account.OpenActions.Length == 0)
        {
            return;
        }

        var names = account.Identifiers.ToLookup(i => i.Value, i => PersonName.Parse(i.Key));
        foreach (var action in account.OpenActions)
        {
            written.OpenActions.Add(actions.Write(action, account.Key, action.Owner, [.. names[action.Contact]]));
        }
    }

    private static void WriteScores(Playbook playbook, Facts facts, V1.Account written)
    {
        foreach (var score in playbook.Definition.Scores)
        {
            switch (score)
            {
                case ScoreDefinition.Engagement:
                    written.Scores[score.Id] = facts.Account.FindScore(score.Id)?.ValueAt(facts.Now) ?? 0;
                    break;
                case ScoreDefinition.Health or ScoreDefinition.LifetimeValue or ScoreDefinition.Risk:
                    // Shown with what made them.
                    break;
                case ScoreDefinition.Momentum m:
                    written.Scores[score.Id] = Momentum.Of(facts.Account, m.Id, m.Window, m.Versus, facts.Now);
                    break;
                case ScoreDefinition.Fit:
                    var grade = playbook.Grades[score.Id];
                    written.Scores[score.Id] = grade.PointsOf(facts);
                    if (grade.LetterOf(facts) is { Length: > 0 } letter)
                    {
                        written.Grades[score.Id] = letter;
                    }

                    break;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
    }
}
