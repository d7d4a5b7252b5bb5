using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;
using Orchestrator.Simulation.Machine;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Simulation.Worlds;

/// <summary>
/// Callers who send each thing again under the same id until they know what became of it, and some of them once more on purpose, with the same content or with
/// another. They also send people from account to account: each is a token that must be somewhere exactly once in the end.
/// </summary>
internal sealed class Clients(World world)
{
    private const string Deadly = "/deadly";
    private const int Victim = 0;
    private readonly HashSet<string> _acknowledged = [];
    private readonly Dictionary<string, string> _contents = [];
    private readonly HashSet<int> _opened = [];
    private readonly Dictionary<string, string> _tokens = [];
    private readonly Dictionary<int, string> _busy = [];
    private int _left;
    private int _ids;
    private int _moves;
    private int _restores;

    public bool Done { get; private set; }

    public string Waiting => $"{_left} clients: {string.Join("; ", _busy.Select(b => $"{b.Key} {b.Value}"))}";

    /// <summary>Signals that somebody was told are recorded.</summary>
    public IReadOnlySet<string> Acknowledged => _acknowledged;

    /// <summary>What each signal said at first.</summary>
    public IReadOnlyDictionary<string, string> Contents => _contents;

    /// <summary>People of whom each must live in one account.</summary>
    public IReadOnlyCollection<string> Tokens => _tokens.Keys;

    /// <summary>Forgets what came after the backup: the store does not know of it any more, and nobody promised that.</summary>
    public void Restored()
    {
        _restores++;
        _acknowledged.RemoveWhere(id => !Known(id));
        _opened.RemoveWhere(number => !world.Journals.Folded.ContainsKey(AccountOf(number)));
        foreach (var (token, _) in _tokens.Where(t => !Known(t.Value)).ToList())
        {
            _tokens.Remove(token);
        }

        bool Known(string id) => world.Journals.Signals.ContainsKey(id) || world.Journals.IsCarried(id);
    }

    public async Task RunAsync()
    {
        _left = world.Swarm.Clients;
        var all = new List<Task>();
        for (var client = 0; client < world.Swarm.Clients; client++)
        {
            all.Add(RunAsync(client));
        }

        if (world.Swarm.Kills)
        {
            _left += 2;
            all.Add(KillAsync(world.Swarm.Clients, routed: false));
            all.Add(KillAsync(world.Swarm.Clients + 1, routed: true));
        }

        foreach (var one in all)
        {
            await one;
        }

        Done = true;
    }

    private static GrainKey AccountOf(int number) => GrainKey.Account(World.Tenant, $"a-{number}");

    private async Task RunAsync(int client)
    {
        for (var i = 0; i < world.Swarm.Operations; i++)
        {
            await world.Outside.Clock.Delay(world.Simulation.Random.Between(TimeSpan.Zero, world.Faulty ? world.Swarm.Think : TimeSpan.FromMilliseconds(5)));
            await OperateAsync(client);
        }

        _left--;
        _busy.Remove(client);
    }

    /// <summary>Whether it kills who decides it.</summary>
    public static bool IsDeadly(Signal signal) => signal.Properties.TryGetValue("url", out var url) && url.Text == Deadly;

    /// <summary>One signal that kills, straight to its account or by way of an identity, whose partition keeps it where the account is in quarantine.</summary>
    private async Task KillAsync(int client, bool routed)
    {
        await world.Outside.Clock.Delay(world.Simulation.Random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8)));
        var visitor = Visitor(Victim);
        var signal = NewSignal([visitor]);
        if (routed)
        {
            // So that it is known whose it is.
            await RecordAsync(client, Victim, [Email(Victim), visitor]);
        }
        else
        {
            signal.Account = AccountOf(Victim).Affinity;
        }

        signal.Properties["url"] = new Value { Text = Deadly };
        await SendAsync(client, routed
            ? new IdentityCommand.Route(GrainKey.Identity(World.Tenant, $"{visitor.Kind}:{visitor.Value}"), signal, SimMachine.Start)
            : new AccountCommand.Record(AccountOf(Victim), signal, "", SimMachine.Start));
        _left--;
        _busy.Remove(client);
    }

    private Task OperateAsync(int client)
    {
        var account = world.Simulation.Random.Below(world.Swarm.Accounts);
        return world.Simulation.Random.Below(20) switch
        {
            < 6 => RecordAsync(client, account, []),
            < 9 => RecordAsync(client, account, [Email(account)]),
            < 10 => RecordAsync(client, account, [Email(account), Visitor(account)]),
            < 14 => RouteAsync(client, Visitor(account)),
            < 16 => NewTokenAsync(client, account),
            < 19 => MoveTokenAsync(client),
            _ => PoisonAsync(client),
        };
    }

    private Identifier Email(int account) => new() { Kind = "email", Value = $"{world.Simulation.Random.Below(3)}@a{account}.example" };

    /// <summary>Whoever is met by this name belongs, once it is known, to this account.</summary>
    private Identifier Visitor(int account) => new() { Kind = "anonymous", Value = $"{account}-{world.Simulation.Random.Below(3)}" };

    private async Task RecordAsync(int client, int account, Identifier[] people)
    {
        var signal = NewSignal(people);
        signal.Account = AccountOf(account).Affinity;
        await SendAsync(client, new AccountCommand.Record(AccountOf(account), signal, "", SimMachine.Start));
        if (world.Journals.Folded.ContainsKey(AccountOf(account)))
        {
            _opened.Add(account);
        }
    }

    private Task RouteAsync(int client, Identifier visitor) =>
        SendAsync(client, new IdentityCommand.Route(GrainKey.Identity(World.Tenant, $"{visitor.Kind}:{visitor.Value}"), NewSignal([visitor]), SimMachine.Start));

    private async Task NewTokenAsync(int client, int account)
    {
        if (_opened.Contains(account))
        {
            var token = $"t{++_ids}";
            var signal = NewSignal([]);
            if (await SendAsync(client, new AccountCommand.Record(AccountOf(account), signal, $"{token}-0", SimMachine.Start)) && _acknowledged.Contains(signal.Id) && (!world.Swarm.Merges || WhereIs(token).Count > 0))
            {
                // What comes to an account that was merged meanwhile goes on without the name, which nobody there has.
                _tokens.Add(token, signal.Id);
            }
        }
    }

    /// <summary>Sends a token from where it is to another account, under a name that it has never had.</summary>
    private async Task MoveTokenAsync(int client)
    {
        if (_tokens.Count == 0 || _opened.Count < 2)
        {
            return;
        }

        var token = world.Simulation.Random.Pick([.. _tokens.Keys]);
        var to = world.Simulation.Random.Pick([.. _opened]);
        if (WhereIs(token).FirstOrDefault() is { Account: { } at, Name: { } name } && at != AccountOf(to))
        {
            await AskAsync(client, new AccountCommand.MoveOut(at, name, GrainKey.Contact(World.Tenant, AccountOf(to).Affinity, $"{token}-{++_moves}")));
        }
    }

    /// <summary>The accounts in which a token is, by what is durable.</summary>
    public List<(GrainKey Account, string Name)> WhereIs(string token)
    {
        var found = new List<(GrainKey, string)>();
        foreach (var (state, _) in world.Journals.Folded.Values)
        {
            if (state is Account account)
            {
                found.AddRange(account.Contacts.Keys.Where(c => c.StartsWith(token + "-", StringComparison.Ordinal)).Select(c => (account.Key, c)));
            }
        }

        return found;
    }

    /// <summary>A command whose turn throws: its neighbours must not notice.</summary>
    private async Task PoisonAsync(int client) =>
        await AskAsync(client, new IdentityCommand.Route(GrainKey.Identity(World.Tenant, $"poison{world.Simulation.Random.Below(8)}"), new Signal { Id = $"poison-{++_ids}" }, SimMachine.Start));

    private Signal NewSignal(Identifier[] people)
    {
        var signal = new Signal { Id = $"s-{++_ids}", Type = "page.viewed", Properties = { ["url"] = new Value { Text = $"/{_ids}" } } };
        signal.Identifiers.AddRange(people);
        return signal;
    }

    private async Task<bool> SendAsync(int client, GrainCommand command)
    {
        var signal = SignalOf(command)!;
        _contents[signal.Id] = signal.Properties["url"].Text;
        Outcome outcome;
        int restores;
        do
        {
            restores = _restores;
            outcome = await AskAsync(client, command);
            if (restores != _restores && NeedsItsAccount(command))
            {
                return false;
            }
        }
        while (restores != _restores);
        if (outcome is not Outcome.Accepted { Answer: Answer.Recorded first })
        {
            world.Simulation.Break("client", $"signal {signal.Id} was refused");
            return false;
        }

        _acknowledged.Add(signal.Id);
        if (world.Simulation.Random.Chance(0.15))
        {
            var second = await AskAsync(client, command);
            if (restores != _restores && NeedsItsAccount(command))
            {
                return true;
            }

            Must(second is Outcome.Accepted { Answer: Answer.Recorded again } && (restores != _restores || world.Swarm.Merges || (command is not AccountCommand.Record { BoundContact: "" } || again.Sequence == first.Sequence)), $"signal {signal.Id} sent again was answered otherwise");
        }

        if (world.Simulation.Random.Chance(0.1))
        {
            var other = signal.Clone();
            other.Properties["url"] = new Value { Text = "/other" };
            outcome = await AskAsync(client, command is AccountCommand.Record record ? record with { Signal = other } : ((IdentityCommand.Route)command) with { Signal = other });
            if (restores != _restores)
            {
                // Whichever came first after the restore counts.
                _contents.Remove(signal.Id);
            }

            Must(restores != _restores || world.Swarm.Merges || command is IdentityCommand || outcome is Outcome.Rejected { Rejection: Rejection.DuplicateWithOtherContent }, $"signal {signal.Id} sent again with other content was answered {outcome}");
        }

        return true;
    }

    private void Must(bool holds, string how)
    {
        if (!holds)
        {
            world.Simulation.Break("I3", how);
        }
    }

    private static Signal? SignalOf(GrainCommand command) => (command as AccountCommand.Record)?.Signal ?? (command as IdentityCommand.Route)?.Signal;

    /// <summary>Made for an account that was seen: sent to one that a restore has taken back, it would open a provisional account under a name of its own.</summary>
    private static bool NeedsItsAccount(GrainCommand command) => command is AccountCommand.MoveOut or AccountCommand.Record { BoundContact.Length: > 0 };

    /// <summary>Asks this silo and that one until one knows.</summary>
    private async Task<Outcome> AskAsync(int client, GrainCommand command)
    {
        var began = _restores;
        for (var attempt = 1; ; attempt++)
        {
            if (began != _restores && NeedsItsAccount(command))
            {
                // The account that it is for, or where it was to go, may not exist any more.
                return new Outcome.Unavailable("the store was restored");
            }

            _busy[client] = $"{command.GetType().Name} {SignalOf(command)?.Id} of {command.Target.PartitionOf(world.Swarm.Partitions)}, attempt {attempt}";
            var restores = _restores;
            var outcome = await OnceAsync(command);
            if (restores != _restores)
            {
                // What it says was true of the store of before.
                continue;
            }

            if (outcome is Outcome.Accepted or Outcome.Rejected)
            {
                return outcome;
            }

            await world.Outside.Clock.Delay(world.Simulation.Random.Between(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(400)));
        }
    }

    private Task<Outcome> OnceAsync(GrainCommand command)
    {
        var heard = new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (world.Silos[world.Simulation.Random.Below(world.Silos.Length)] is not { } silo)
        {
            return Task.FromResult<Outcome>(new Outcome.Unavailable("nobody listens"));
        }

        world.Simulation.After(world.Simulation.Random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6)), world.Outside, () => heard.TrySetResult(new Outcome.Unavailable("no answer")));
        world.Network.Send(world.Outside, silo.Process, "ask", () =>
        {
            void Answer(Outcome outcome)
            {
                if (silo.Process.Alive)
                {
                    world.Network.Send(silo.Process, world.Outside, "answer", () => heard.TrySetResult(outcome));
                }
            }

            if (silo.Started)
            {
                silo.Runtime.Tell(command, new Caller(world, command, Answer), null);
            }
            else
            {
                Answer(new Outcome.Unavailable("the silo is starting"));
            }
        });
        return heard.Task;
    }

    private sealed class Caller(World world, GrainCommand command, Action<Outcome> answer) : IAnswered
    {
        public void Answered(object? state, Outcome outcome)
        {
            world.Effects.Answered(command, outcome);
            answer(outcome);
        }
    }
}
