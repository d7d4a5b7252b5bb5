using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.WhatIf;
using Orchestrator.V1;
using Xunit;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Correction = Orchestrator.Grains.Lateness.Correction;

namespace Orchestrator.Grains.Tests.Lateness;

/// <summary>A scene whose journal is kept in frames, so that it can be judged anew as a silo does it.</summary>
internal sealed class Chronicle
{
    private readonly Dictionary<GrainKey, List<PastFrame>> frames = [];
    private int read;
    private int answered;

    public Chronicle(string playbook)
    {
        Scene = Scene.Given(playbook);
        Scene.AfterTurn = Keep;
    }

    public Scene Scene { get; }

    public IReadOnlyList<PastFrame> Frames => frames[GrainKey.Account(Scene.Tenant, Scene.Company)];

    public LatenessState? State => Scene.Account.Lateness;

    public Correction Correction => Assert.Single(Assert.IsType<LatenessState>(State).Corrections);

    /// <summary>A signal that happened at an instant and comes now.</summary>
    public Chronicle Late(DateTimeOffset happened, string type, string person = "", params object[] properties)
    {
        var signal = Scene.NewSignal(type, person, properties);
        signal.Time = Timestamp.FromDateTimeOffset(happened);
        Scene.Record(signal);
        return this;
    }

    /// <summary>Answers what the account asked of the journal, as a silo would, until it asks no more.</summary>
    public Chronicle Correct()
    {
        for (; answered < Scene.Effects.Count; answered++)
        {
            if (Scene.Effects[answered] is Effect.Correct { Account: var account } && Scene.AccountOf(account.Affinity).Lateness?.Since is { } since)
            {
                Scene.Do(Command(since, account.Affinity));
                Assert.True(Scene.Verdict is Verdict.Accepted || Scene.AccountOf(account.Affinity).ForwardedTo.Length > 0, Scene.Verdict.ToString());
            }
        }

        return this;
    }

    /// <summary>Time goes on in steps small enough for what is asked of the journal to be answered soon.</summary>
    public static void Advance(Chronicle chronicle, DateTimeOffset to)
    {
        while (chronicle.Scene.Now < to)
        {
            var next = chronicle.Scene.States.OfType<Account>().Select(a => a.Lateness?.Due).Where(d => d < to).Min() ?? to;
            chronicle.Scene.At(next > chronicle.Scene.Now ? next : to);
            chronicle.Correct();
        }
    }

    public AccountCommand.Correct Command(DateTimeOffset since, string of = Scene.Company)
    {
        var account = Scene.AccountOf(of);
        var found = Find(since, of);
        var command = new AccountCommand.Correct(account.Key, account.SignalCount, account.Stage, account.StageSince, since, found)
        {
            Mark = LatenessTurn.MarkOf(account, found.People.Select(p => Scene.ContactOf(of, p.Contact))),
        };
        return (AccountCommand.Correct)CommandForm.Read(StoredCommand.Parser.ParseFrom(CommandForm.Write(command).ToByteArray()));
    }

    public Rederived Find(DateTimeOffset since, string of = Scene.Company)
    {
        var past = frames[GrainKey.Account(Scene.Tenant, of)];
        return InOrder.Of(Scene.AccountOf(of), [.. Scene.States.OfType<Contact>().Where(c => c.Key.Affinity == of)], past, Scene.Library, since, Scene.Now, others: OthersSince(past, since));
    }

    /// <summary>As a silo reads them.</summary>
    private Dictionary<GrainKey, IReadOnlyList<PastFrame>?> OthersSince(List<PastFrame> past, DateTimeOffset since)
    {
        var delays = Delays.Of(Scene.Playbook.Definition.Lateness);
        var others = new Dictionary<GrainKey, IReadOnlyList<PastFrame>?>();
        var left = new Queue<GrainKey>(Sources.Of(past, since, delays));
        while (left.TryDequeue(out var source))
        {
            var judged = Sources.IsJudged(Scene.AccountOf(source.Affinity));
            if (others.TryAdd(source, judged ? frames[source] : null) && judged)
            {
                foreach (var further in Sources.Of(frames[source], since, delays))
                {
                    left.Enqueue(further);
                }
            }
        }

        return others;
    }

    private void Keep()
    {
        List<(GrainKey Grain, Orchestrator.Grains.Identities.PastFact Fact)> added = [.. Scene.Past.Skip(read).Where(p => p.Grain.Kind is GrainKind.Account or GrainKind.Contact)];
        read = Scene.Past.Count;
        if (added.Count == 0)
        {
            return;
        }

        var key = GrainKey.Account(Scene.Tenant, added[0].Grain.Affinity);
        var turn = new RecordedTurn(key, new TurnPosition(key.PartitionOf(16), added[0].Fact.Sequence, 0), Scene.Now);
        foreach (var (grain, fact) in added)
        {
            var stored = EventForm.Write(fact.Event, 0);
            if (stored.Account is { } ofAccount)
            {
                turn.OfAccount.Add(ofAccount);
            }
            else
            {
                turn.OfContacts.Add((grain.Id, stored.Contact));
            }
        }

        if (!frames.TryGetValue(key, out var past))
        {
            frames[key] = past = [];
        }

        past.Add(new PastFrame(Scene.Now, [turn], Scene.AccountOf(key.Affinity).Wake));
    }
}
