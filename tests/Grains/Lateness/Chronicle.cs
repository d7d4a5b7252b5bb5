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
    private readonly List<PastFrame> frames = [];
    private int read;
    private int answered;

    public Chronicle(string playbook)
    {
        Scene = Scene.Given(playbook);
        Scene.AfterTurn = Keep;
    }

    public Scene Scene { get; }

    public IReadOnlyList<PastFrame> Frames => frames;

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
            if (Scene.Effects[answered] is Effect.Correct && Scene.Account.Lateness?.Since is { } since)
            {
                Scene.Do(Command(since));
                Assert.IsType<Verdict.Accepted>(Scene.Verdict);
            }
        }

        return this;
    }

    /// <summary>Time goes on in steps small enough for what is asked of the journal to be answered soon.</summary>
    public static void Advance(Chronicle chronicle, DateTimeOffset to)
    {
        while (chronicle.Scene.Now < to)
        {
            var next = chronicle.Scene.Account.Lateness?.Due is { } due && due < to ? due : to;
            chronicle.Scene.At(next > chronicle.Scene.Now ? next : to);
            chronicle.Correct();
        }
    }

    public AccountCommand.Correct Command(DateTimeOffset since)
    {
        var account = Scene.Account;
        var found = Find(since);
        var command = new AccountCommand.Correct(account.Key, account.SignalCount, account.Stage, account.StageSince, since, found)
        {
            Mark = LatenessTurn.MarkOf(account, found.People.Select(p => Scene.ContactOf(Scene.Company, p.Contact))),
        };
        return (AccountCommand.Correct)CommandForm.Read(StoredCommand.Parser.ParseFrom(CommandForm.Write(command).ToByteArray()));
    }

    public Rederived Find(DateTimeOffset since) =>
        InOrder.Of(Scene.Account, [.. Scene.States.OfType<Contact>().Where(c => c.Key.Affinity == Scene.Company)], frames, Scene.Library, since, Scene.Now);

    private void Keep()
    {
        List<(GrainKey Grain, Orchestrator.Grains.Identities.PastFact Fact)> added = [.. Scene.Past.Skip(read).Where(p => p.Grain.Kind is GrainKind.Account or GrainKind.Contact)];
        read = Scene.Past.Count;
        if (added.Count == 0)
        {
            return;
        }

        var key = GrainKey.Account(Scene.Tenant, added[0].Grain.Affinity);
        if (key.Affinity != Scene.Company)
        {
            return;
        }

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

        frames.Add(new PastFrame(Scene.Now, [turn], Scene.Account.Wake));
    }
}
