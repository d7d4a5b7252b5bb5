using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Provenance;
using Orchestrator.Grains.Scores;
using Orchestrator.V1;
using Factors = Orchestrator.Grains.Accounts.Factors;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Stored forms of the parts that events and states share.</summary>
internal static class PartForm
{
    public static StoredScorePost Write(ScorePost post) => new() { Score = post.Score, Points = post.Points, HalfLife = post.HalfLife.Ticks, At = Ticks.Of(post.At) };

    public static ScorePost Read(StoredScorePost post) => new(post.Score, post.Points, TimeSpan.FromTicks(post.HalfLife), Ticks.Instant(post.At));

    public static StoredTallyPost Write(TallyPost post) => new() { Tally = post.Tally, At = Ticks.Of(post.At), Amount = post.Amount, KeepFor = post.KeepFor.Ticks };

    public static TallyPost Read(StoredTallyPost post) => new(post.Tally, Ticks.Instant(post.At), post.Amount, TimeSpan.FromTicks(post.KeepFor));

    public static StoredScore Write(Score score) => new()
    {
        Name = score.Name,
        Sum = score.Sum,
        At = Ticks.Of(score.At),
        HalfLife = score.HalfLife.Ticks,
        Day = score.Day,
        Today = score.Today,
        EarlierDays = { score.Earlier.Select(d => d.Day) },
        EarlierPoints = { score.Earlier.Select(d => d.Points) },
    };

    public static Score Read(StoredScore score) =>
        new(score.Name, score.Sum, Ticks.Instant(score.At), TimeSpan.FromTicks(score.HalfLife), score.Day, score.Today)
        {
            Earlier = score.EarlierDays.Count == 0 ? [] : [.. score.EarlierDays.Select((day, i) => new DayPoints(day, score.EarlierPoints[i]))],
        };


    public static StoredTally Write(Tally tally)
    {
        var stored = new StoredTally { Name = tally.Name, Count = tally.Count, Sum = tally.Sum, Last = Ticks.Of(tally.Last), KeepFor = tally.KeepFor.Ticks };
        // Room for all at once: a list that grows leaves as much garbage again.
        stored.ChunkLengths.AddRange(tally.Recent.ChunkLengths);
        stored.Times.Capacity = stored.Amounts.Capacity = stored.Repeats.Capacity = stored.ChunkLengths.Sum();
        foreach (var occurrence in tally.Recent.All)
        {
            stored.Times.Add(Ticks.Of(occurrence.At));
            stored.Amounts.Add(occurrence.Amount);
            stored.Repeats.Add(occurrence.Times);
        }

        return stored;
    }

    public static Tally Read(StoredTally tally)
    {
        var recent = new Occurrence[tally.Times.Count];
        for (var i = 0; i < recent.Length; i++)
        {
            recent[i] = new Occurrence(tally.Times[i], tally.Amounts[i], tally.Repeats[i]);
        }

        return new Tally(tally.Name, tally.Count, tally.Sum, Ticks.Instant(tally.Last), Occurrences.Of(recent, tally.ChunkLengths), TimeSpan.FromTicks(tally.KeepFor));
    }

    public static StoredSeen Write(SeenSignals window)
    {
        var stored = new StoredSeen();
        stored.Ids.Capacity = stored.Contents.Capacity = stored.Sequences.Capacity = stored.Times.Capacity = window.Count;
        foreach (var seen in window.All)
        {
            stored.Ids.Add(seen.IdHash);
            stored.Contents.Add(seen.ContentHash);
            stored.Sequences.Add(seen.Sequence);
            stored.Times.Add(seen.AtTicks);
        }

        return stored;
    }

    /// <summary>Nothing stored is an empty window.</summary>
    public static SeenSignals Read(StoredSeen? stored)
    {
        if (stored is null || stored.Ids.Count == 0)
        {
            return SeenSignals.None;
        }

        var all = new SeenSignal[stored.Ids.Count];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = new SeenSignal(stored.Ids[i], stored.Contents[i], stored.Sequences[i], stored.Times[i]);
        }

        return SeenSignals.Of(all);
    }

    public static StoredDeferred Write(Deferral deferral)
    {
        var stored = new StoredDeferred { Contact = deferral.Contact, Until = Ticks.Of(deferral.Until) };
        if (deferral.Signal is { } signal)
        {
            stored.Signal = signal;
        }

        return stored;
    }

    public static Deferral Read(StoredDeferred deferral) => new(deferral.Contact, deferral.Signal, Ticks.Instant(deferral.Until));

    public static StoredPlayRest Write(PlayRest rest) => new() { Play = rest.Play, Until = Ticks.Of(rest.Until) };

    public static PlayRest Read(StoredPlayRest rest) => new(rest.Play, Ticks.Instant(rest.Until));

    public static StoredAttributes Write(IReadOnlyDictionary<string, Value> values, DateTimeOffset at, Origin? origin)
    {
        var stored = new StoredAttributes { At = Ticks.Of(at), Origin = Write(origin) };
        foreach (var (name, value) in values.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            stored.Values.Add(name, value);
        }

        return stored;
    }

    public static StoredOrigin? Write(Origin? origin) => origin is null ? null : new() { Asserted = origin.Asserted, By = origin.By, Source = origin.Source };

    public static Origin? Read(StoredOrigin? stored) => stored is null ? null : new Origin(stored.Asserted, stored.By, stored.Source);

    public static StoredSlot Write(Slot slot) => new() { Id = slot.Id, Contact = slot.Contact, Channel = slot.Channel, Transactional = slot.Transactional, At = Ticks.Of(slot.At) };

    public static Slot Read(StoredSlot slot) => new(slot.Id, slot.Contact, slot.Channel, slot.Transactional, Ticks.Instant(slot.At));

    public static StoredConsent Write(ConsentGiven consent) => new()
    {
        Purpose = consent.Purpose,
        Channel = consent.Channel,
        Given = consent.Given,
        At = Ticks.Of(consent.At),
        Source = consent.Source,
        Unconfirmed = consent.Unconfirmed,
    };

    public static ConsentGiven Read(StoredConsent consent) =>
        new(consent.Purpose, consent.Channel, consent.Given, Ticks.Instant(consent.At), consent.Source) { Unconfirmed = consent.Unconfirmed };

    public static StoredReservation Write(Reservation r) => new()
    {
        Id = r.Id,
        Request = r.RequestId,
        Contact = r.Contact,
        Channel = r.Channel,
        Transactional = r.Transactional,
        At = Ticks.Of(r.At),
        HeldUntil = Ticks.Of(r.HeldUntil),
        State = (int)r.State,
    };

    public static Reservation Read(StoredReservation r) =>
        new(r.Id, r.Request, r.Contact, r.Channel, r.Transactional, Ticks.Instant(r.At), Ticks.Instant(r.HeldUntil), (ReservationState)r.State);

    public static StoredAction Write(OpenAction action) => new()
    {
        Id = action.Id,
        Play = action.Play,
        Treatment = action.Treatment,
        Channel = action.Channel,
        Contact = action.Contact,
        Department = action.Department,
        Stage = action.Stage,
        Playbook = action.Playbook,
        PlaybookVersion = action.PlaybookVersion,
        DecidedAt = Ticks.Of(action.DecidedAt),
        ValidUntil = Ticks.Of(action.ValidUntil),
        Transactional = action.Transactional,
        Asked = action.Asked,
        Propensity = action.Factors.Propensity,
        Context = action.Factors.Context,
        Value = action.Factors.Value,
        Lever = action.Factors.Lever,
        Probability = action.Factors.Probability,
        Reason = action.Reason,
        Attempt = action.Attempt,
        NotBefore = Ticks.Of(action.NotBefore),
        Request = action.Request is { } request ? RequestForm.Write(request) : null,
        Owner = action.Owner,
        Counted = action.Counted,
        Awaits = action.Awaits,
    };

    public static OpenAction Read(StoredAction action) => new()
    {
        Id = action.Id,
        Play = action.Play,
        Treatment = action.Treatment,
        Channel = action.Channel,
        Contact = action.Contact,
        Department = action.Department,
        Stage = action.Stage,
        Playbook = action.Playbook,
        PlaybookVersion = action.PlaybookVersion,
        DecidedAt = Ticks.Instant(action.DecidedAt),
        ValidUntil = Ticks.Instant(action.ValidUntil),
        Transactional = action.Transactional,
        Asked = action.Asked,
        Factors = new Factors(action.Propensity, action.Context, action.Value, action.Lever, action.Probability),
        Reason = action.Reason,
        Attempt = action.Attempt,
        NotBefore = Ticks.Instant(action.NotBefore),
        Request = action.Request is { } request ? RequestForm.Read(request) : null,
        Owner = action.Owner,
        Counted = action.Counted,
        Awaits = action.Awaits,
    };

    public static StoredPublished Write(PlaybookVersion version) => new()
    {
        Name = version.Name,
        Version = version.Version,
        Text = version.Text,
        File = version.File,
        At = Ticks.Of(version.PublishedAt),
        SignedOffBy = { version.SignedOffBy },
        Digest = version.Digest,
        Draft = version.Draft,
        DraftRevision = version.DraftRevision,
    };

    public static PlaybookVersion Read(StoredPublished stored) =>
        new(stored.Name, stored.Version, stored.Text, stored.File, Ticks.Instant(stored.At), [.. stored.SignedOffBy], stored.Digest) { Draft = stored.Draft, DraftRevision = stored.DraftRevision };
}
