using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.WhatIf;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Silo.WhatIf;

/// <summary>One account ahead of its time: its state and its people's are copied, and then live on under a clock that jumps. Nothing of it is kept.</summary>
internal sealed class ForwardRun(SiloRuntime runtime, PlaybookLibrary library)
{
    private const int MostSteps = 1_000;
    private const int MostWakes = 10_000;
    private const int MostEvents = 10_000;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3660);

    private readonly TurnOutcome outcome = new();
    private readonly ForwardResponse response = new();
    private ReplayWorld world = null!;
    private GrainKey key;
    private DateTimeOffset now;
    private int turns;

    /// <exception cref="RpcException">INVALID_ARGUMENT: a step cannot happen; FAILED_PRECONDITION: no playbook is published.</exception>
    public async Task<ForwardResponse> RunAsync(Account account, IReadOnlyList<ForwardStep> steps, CancellationToken cancel)
    {
        if (library.Current(Tenants.Default) is null)
        {
            throw new RpcException(StatusCode.FailedPrecondition, "no playbook is published yet");
        }

        if (steps.Count > MostSteps)
        {
            throw Refuse($"at most {MostSteps} steps are run, {steps.Count} came");
        }

        (world, key) = (new ReplayWorld(Tenants.Default, library), account.Key);
        world.Set(account);
        List<GrainKey> people = [.. account.Contacts.Keys.Select(c => GrainKey.Contact(key.Tenant, key.Affinity, c))];
        foreach (var person in await runtime.ReadAsync(people, cancel))
        {
            if (person is not null)
            {
                world.Set(person);
            }
        }

        now = account.LastSignalAt > runtime.Now ? account.LastSignalAt : runtime.Now;
        response.From = Timestamp.FromDateTimeOffset(now);
        response.StageBefore = account.Stage;
        // A draft may have other timers than those that the account waits for.
        Do(new AccountCommand.Adopt(key));
        foreach (var (step, number) in steps.Select((step, i) => (step, i + 1)))
        {
            Take(step, number);
        }

        var after = world.Find(key)!;
        response.To = Timestamp.FromDateTimeOffset(now);
        response.StageAfter = after.Stage;
        response.OpenActions.AddRange(after.OpenActions.Select(a => $"{a.Play}/{a.Treatment}"));
        return response;
    }

    private void Take(ForwardStep step, int number)
    {
        var after = step.After?.ToTimeSpan() ?? TimeSpan.Zero;
        if (after < TimeSpan.Zero || after > Longest)
        {
            throw Refuse($"step {number}: `after` must be 0 to {Longest.TotalDays} days, it is {after}");
        }

        Until(now + after);
        switch (step.HappensCase)
        {
            case ForwardStep.HappensOneofCase.Signal:
                Record(Read(step.Signal, number), number);
                break;
            case ForwardStep.HappensOneofCase.Leaves:
                Leave(step.Leaves, number);
                break;
            case ForwardStep.HappensOneofCase.None:
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Until(DateTimeOffset instant)
    {
        for (var i = 0; i < MostWakes && world.Find(key)?.Wake is { } due && due <= instant; i++)
        {
            now = due > now ? due : now;
            Do(new AccountCommand.Wake(key, due));
            if (world.Find(key)?.Wake is { } next && next <= due)
            {
                world.LetSleep(key);
            }
        }

        now = instant;
    }

    private Signal Read(HypotheticalSignal hypothetical, int number)
    {
        var playbook = library.PlaybookOf(world.Find(key)!)!;
        if (!playbook.Signals.TryGetValue(hypothetical.Type, out var type))
        {
            var nearest = Words.Nearest(hypothetical.Type, playbook.Signals.Keys);
            throw Refuse($"step {number}: no signal `{hypothetical.Type}` is declared{(nearest is null ? "" : $"; did you mean `{nearest}`?")}");
        }

        var signal = NewSignal(hypothetical.Type);
        signal.Identifiers.AddRange(hypothetical.Identifiers);
        var declared = PropertyText.Of(type, playbook);
        foreach (var (name, text) in hypothetical.Properties)
        {
            if (declared.FirstOrDefault(p => p.Name == name) is not { } property)
            {
                var nearest = Words.Nearest(name, declared.Select(p => p.Name));
                throw Refuse($"step {number}: `{hypothetical.Type}` has no property `{name}`{(nearest is null ? "" : $"; did you mean `{nearest}`?")}");
            }

            signal.Properties.Add(name, PropertyText.Read(text, property.Type, playbook.Definition.Currency, now)
                ?? throw Refuse($"step {number}: expected {PropertyText.Expected(property.Type)} for `{name}`, found `{text}`"));
        }

        return signal;
    }

    /// <summary>Whoever has the role leaves, as their own signal says it.</summary>
    private void Leave(string role, int number)
    {
        var account = world.Find(key)!;
        var playbook = library.PlaybookOf(account)!;
        var leaving = account.Contacts.Where(c => c.Value.Roles.Contains(role)).Select(c => c.Key).ToList();
        if (leaving.Count == 0)
        {
            var nearest = Words.Nearest(role, playbook.Roles.Select(r => r.Id));
            throw Refuse($"step {number}: nobody of `{key.Affinity}` has the role `{role}`{(nearest is null || nearest == role ? "" : $"; did you mean `{nearest}`?")}");
        }

        foreach (var contact in leaving)
        {
            var signal = NewSignal(playbook.Signals.ContainsKey("contact.left") ? "contact.left" : BuiltInSignals.RoleVacated);
            if (signal.Type == BuiltInSignals.RoleVacated)
            {
                signal.Properties.Add("role", new Value { Text = role });
            }

            signal.Identifiers.AddRange(account.Identifiers.Where(i => i.Value == contact).Select(i => PersonName.Parse(i.Key)).Select(n => new Identifier { Kind = n.Kind, Value = n.Value }));
            Record(signal, number);
        }
    }

    private Signal NewSignal(string type) => new()
    {
        Id = $"hypothetical-{++turns}",
        Type = type,
        Account = key.Affinity,
        Source = "what-if",
        Time = Timestamp.FromDateTimeOffset(now),
    };

    private void Record(Signal signal, int number)
    {
        if (SignalSchema.Fault(signal, library.PlaybookOf(world.Find(key)!)!) is { } fault)
        {
            throw Refuse($"step {number}: {fault}");
        }

        Until(now);
        Do(new AccountCommand.Record(key, signal, "", now));
        if (outcome.Refused is { } why)
        {
            throw Refuse($"step {number}: {why}");
        }
    }

    private void Do(AccountCommand command)
    {
        outcome.Clear();
        var position = new TurnPosition(key.PartitionOf(runtime.Partitions), now.UtcTicks, ++turns);
        foreach (var fact in world.Run(command, position, now, outcome))
        {
            if (fact.Event is AccountEvent said && response.Events.Count < MostEvents)
            {
                response.Events.Add(new ForwardEvent { At = Timestamp.FromDateTimeOffset(now), Kind = TimelineText.KindOf(said), Text = TimelineText.SentenceOf(said, null) });
            }
        }
    }

    private static RpcException Refuse(string why) => new(StatusCode.InvalidArgument, why);
}
