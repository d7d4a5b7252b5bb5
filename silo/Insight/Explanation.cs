using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Silo.Insight;

/// <summary>A recomputed decision in the form of the contract.</summary>
internal sealed class Explanation
{
    private readonly Recomputation _made;
    private readonly RemovalText _removals;
    private readonly string _contact;
    private readonly Account _account;
    private readonly bool _severalPeople;
    private readonly IReadOnlyList<OpenAction> _offered;

    public Explanation(Recomputation made)
    {
        _made = made;
        var grains = made.WhenChoosing();
        grains.TryGet(made.Decision.Account, out var state);
        _account = (Account?)state ?? Account.Unknown(made.Decision.Account);
        var facts = new Facts();
        facts.Set(made.Playbook, _account, null, (made.Command as AccountCommand.Record)?.Signal, made.Decision.At);
        _removals = new RemovalText(grains, facts);
        _contact = made.Decision.Cause switch
        {
            AccountEvent.SignalRecorded e => e.Contact,
            AccountEvent.Asked e => e.Contact,
            _ => "",
        };
        _severalPeople = made.Trace.Candidates.Select(c => c.Contact).Where(c => c.Length > 0).Distinct().Skip(1).Any();
        _offered = [.. made.Decision.Offered];
    }

    /// <param name="actionId">The action that was asked about; empty = the best one.</param>
    /// <param name="play">Comes first, with every condition evaluated; empty = none.</param>
    /// <param name="partition">Where it was decided.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the playbook that decided has no such play.</exception>
    public ExplainResponse Write(string actionId, string play, int partition)
    {
        if (play.Length > 0 && !_made.Playbook.PlaysById.ContainsKey(play))
        {
            var nearest = Words.Nearest(play, _made.Playbook.PlaysById.Keys);
            throw new RpcException(
                StatusCode.InvalidArgument,
                $"version {_made.Playbook.Version} of the playbook `{_made.Playbook.Name}`, which decided, has no play `{play}`{(nearest is null ? "" : $"; did you mean `{nearest}`?")}");
        }

        var action = _offered.FirstOrDefault(a => a.Id == actionId) ?? (_offered.Count > 0 ? _offered[^1] : null);
        var answer = new ExplainResponse
        {
            Position = new Position { Partition = partition, Sequence = _made.Decision.Sequence },
            DecidedAt = Timestamp.FromDateTimeOffset(_made.Decision.At),
            Stage = action?.Stage ?? _account.Stage,
            Contact = action?.Contact ?? _contact,
            Playbook = _made.Playbook.Name,
            PlaybookVersion = _made.Playbook.Version,
            ActionId = action?.Id ?? "",
            NoneReason = _made.Decision.None is { } none ? NoneReasons.Describe(none.Reason) : "",
            Reproduced = _made.Reproduced,
        };
        answer.Transitions.AddRange(_made.Decision.Facts.OfType<AccountEvent.StageEntered>().Select(Write));
        answer.Candidates.AddRange(Candidates(play));
        answer.Summary = SummaryText.Of(_made, answer, play);
        return answer;
    }

    private IEnumerable<Candidate> Candidates(string play)
    {
        var kept = _made.Trace.Candidates.Where(c => c.RemovedAt is null).ToList();
        var mandatory = kept.Where(c => PlayOf(c.Play).Definition.Mandatory).ToList();
        var ranked = kept.Except(mandatory).OrderByDescending(c => c.Factors!.Value.Priority).ThenBy(c => c.Treatment, StringComparer.Ordinal).ToList();
        var removed = _made.Trace.Candidates.Where(c => c.RemovedAt is not null)
            .Concat(mandatory.SelectMany(NotNeeded))
            .OrderBy(c => _made.Playbook.Plays.IndexOf(PlayOf(c.Play)))
            .ThenBy(c => PlayOf(c.Play).Treatments.ToList().FindIndex(t => t.Id == c.Treatment));
        return mandatory.Select(c => Write(c, play, ActionForm.Write(c.Factors!.Value)))
            .Concat(ranked.Select((c, i) => Rank(c, i + 1, play, ranked)))
            .Concat(removed.Select(c => Write(c, play, null)))
            .OrderBy(c => play.Length > 0 && c.Play != play);
    }

    /// <summary>A mandatory play goes out once, on the first channel that is open.</summary>
    private IEnumerable<TracedCandidate> NotNeeded(TracedCandidate sent) => PlayOf(sent.Play).Treatments
        .Where(t => !_made.Trace.Candidates.Any(c => c.Play == sent.Play && c.Treatment == t.Id && c.Contact == sent.Contact))
        .Select(t => new TracedCandidate(sent.Play, t.Id, t.Channel.Id, sent.Contact, RemovedAt.Treatment, $"`{sent.Treatment}` of the same play goes out", null, null));

    private Candidate Rank(TracedCandidate candidate, int rank, string play, List<TracedCandidate> ranked)
    {
        var written = Write(candidate, play, ActionForm.Write(candidate.Factors!.Value));
        written.Rank = rank;
        if (!IsChosen(candidate))
        {
            written.RemovedAt = RemovalText.WordOf(RemovedAt.Arbitration);
            written.RemovedBy = For(candidate) + Beaten(candidate, ranked) + written.RemovedBy;
        }

        return written;
    }

    private string Beaten(TracedCandidate candidate, List<TracedCandidate> ranked)
    {
        if (ranked.FirstOrDefault(IsChosen) is not { } winner)
        {
            return _offered.Count == 0 ? "the best candidate is over a cap, and the contact policy wants nothing in its stead" : "something mandatory was chosen";
        }

        var (own, best) = (candidate.Factors!.Value.Priority, winner.Factors!.Value.Priority);
        return own > best ? $"priority {Number(own)} is above {Number(best)} of `{winner.Treatment}`, which was drawn to explore"
            : own < best ? $"priority {Number(own)} is below {Number(best)} of `{winner.Treatment}`"
            : $"priority {Number(own)} is that of `{winner.Treatment}`, which comes first";
    }

    private Candidate Write(TracedCandidate candidate, string play, V1.Factors? factors)
    {
        var removed = candidate.RemovedAt is { } at ? RemovalText.WordOf(at) : "";
        var rule = candidate.RemovedAt is null ? "" : For(candidate) + _removals.RuleOf(candidate);
        if (candidate.Play == play && _removals.ConditionsOf(PlayOf(play), candidate.Treatment, candidate.Contact.Length > 0 ? candidate.Contact : _contact) is { Length: > 0 } all)
        {
            rule += $"{(rule.Length > 0 ? "; " : "")}all its conditions: {all}";
        }

        return new Candidate
        {
            Play = candidate.Play,
            Treatment = candidate.Treatment,
            Channel = candidate.Channel,
            RemovedAt = removed,
            RemovedBy = rule,
            Factors = factors,
            NotBefore = candidate.NotBefore is { } again ? Timestamp.FromDateTimeOffset(again) : null,
        };
    }

    /// <summary>Where several people were considered, each candidate says whom it was for.</summary>
    private string For(TracedCandidate candidate) => _severalPeople && candidate.Contact.Length > 0 ? $"for contact `{candidate.Contact}`: " : "";

    private bool IsChosen(TracedCandidate candidate) =>
        _offered.Any(a => a.Play == candidate.Play && a.Treatment == candidate.Treatment && a.Contact == candidate.Contact);

    private CompiledPlay PlayOf(string id) => _made.Playbook.PlaysById[id];

    private static TransitionEvidence Write(AccountEvent.StageEntered entered)
    {
        var written = new TransitionEvidence { Transition = entered.Transition, From = entered.From, To = entered.To };
        written.Clauses.AddRange(entered.Evidence.Select(c => new Clause { Text = c.Text, Held = c.Held, Values = c.Values, AssertedOnly = c.AssertedOnly }));
        return written;
    }

    internal static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
