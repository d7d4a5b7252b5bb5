using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.WhatIf;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Grains.Playbooks.Fixtures;

/// <summary>What became of one test.</summary>
/// <param name="Failures">Where expectation and result part; empty = passed.</param>
public sealed record FixtureResult(FixtureTest Test, IReadOnlyList<Diagnostic> Failures);

/// <summary>Runs fixtures on the real grains, in memory, with a clock of their own.</summary>
public sealed class FixtureRun
{
    private const string Tenant = "default";
    private const int MostWakes = 10_000;

    private readonly Playbook playbook;
    private readonly string file;
    private readonly ReplayWorld world;
    private readonly HashSet<string> accounts = new(StringComparer.Ordinal);
    private readonly List<Diagnostic> failures = [];
    private readonly Dictionary<string, List<Fact>> happened = new(StringComparer.Ordinal);
    private readonly TurnOutcome outcome = new();
    private DateTimeOffset now;
    private int turns;

    private FixtureRun(Playbook playbook, string file, DateTimeOffset start)
    {
        (this.playbook, this.file, now) = (playbook, file, start);
        world = new ReplayWorld(Tenant, playbook);
    }

    /// <summary>Runs all tests, each from nothing.</summary>
    public static IReadOnlyList<FixtureResult> Run(FixtureDefinition fixtures, Playbook playbook, string file) =>
        [.. fixtures.Tests.Select(test => new FixtureResult(test, new FixtureRun(playbook, file, test.Start).Run(test)))];

    private IReadOnlyList<Diagnostic> Run(FixtureTest test)
    {
        foreach (var step in test.Steps)
        {
            happened.Clear();
            Until(step.Offset is { } offset ? test.Start + offset : now + (step.After ?? TimeSpan.Zero), step);
            var account = step.Account ?? test.Account;
            switch (step.Happens)
            {
                case FixtureEvent.Signal signal:
                    Record(signal, account, step);
                    break;
                case FixtureEvent.Settle settle:
                    Settle(settle, account);
                    break;
                case null:
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }

            if (step.Expect is { } expect)
            {
                Check(expect, account);
            }
        }

        return failures;
    }

    /// <summary>Time passes: everybody who is due on the way has their turn at their instant.</summary>
    private void Until(DateTimeOffset instant, FixtureStep step)
    {
        if (instant < now)
        {
            Fail(step.At, $"the step is at {Show(instant)}, before the one in front of it at {Show(now)}");
            return;
        }

        for (var i = 0; i < MostWakes; i++)
        {
            var next = accounts.Select(a => (Account: a, world.Find(Key(a))?.Wake)).Where(a => a.Wake <= instant).OrderBy(a => a.Wake).ThenBy(a => a.Account, StringComparer.Ordinal).FirstOrDefault();
            if (next.Wake is not { } due)
            {
                now = instant;
                return;
            }

            now = due > now ? due : now;
            Do(new AccountCommand.Wake(Key(next.Account), due), next.Account);
        }

        Fail(step.At, $"nothing comes to rest: an account was woken {MostWakes} times, last at {Show(now)}");
    }

    private void Record(FixtureEvent.Signal happens, string account, FixtureStep step)
    {
        var signal = new Signal { Id = $"fixture-{++turns}", Type = happens.Type.Id, Account = account, Time = Timestamp.FromDateTimeOffset(now), Source = "fixture" };
        foreach (var from in happens.From)
        {
            var name = from.Contains(':', StringComparison.Ordinal) ? PersonName.Parse(from) : PersonName.Normalise("email", from);
            signal.Identifiers.Add(new Identifier { Kind = name.Kind, Value = name.Value });
        }

        var declared = PropertyText.Of(playbook.Signals[happens.Type.Id], playbook);
        foreach (var (name, text, at) in happens.Properties)
        {
            if (declared.FirstOrDefault(p => p.Name == name) is not { } property)
            {
                var nearest = Words.Nearest(name, declared.Select(p => p.Name));
                Fail(at, $"`{happens.Type}` has no property `{name}`{(nearest is null ? "" : $"; did you mean `{nearest}`?")}");
            }
            else if (PropertyText.Read(text, property.Type, playbook.Definition.Currency, now) is { } value)
            {
                signal.Properties.Add(name, value);
            }
            else
            {
                Fail(at, $"expected {PropertyText.Expected(property.Type)} for `{name}`, found `{text}`");
            }
        }

        if (!BuiltInSignals.CarriesAttributes(happens.Type.Id) && declared.FirstOrDefault(p => !p.Optional && happens.Properties.All(h => h.Name != p.Name)) is { } missing)
        {
            Fail(happens.Type.At, $"`{happens.Type}` needs the property `{missing.Name}`");
        }

        accounts.Add(account);
        Do(new AccountCommand.Record(Key(account), signal, "", now), account);
        if (outcome.Refused is { } why)
        {
            Fail(step.At, why);
        }
    }

    private void Settle(FixtureEvent.Settle settle, string account)
    {
        var open = world.Find(Key(account))?.OpenActions ?? [];
        if (open.FirstOrDefault(a => a.Treatment == settle.Action.Id) is { } action || (action = open.FirstOrDefault(a => a.Play == settle.Action.Id)) is not null)
        {
            Settlement settlement = settle.How switch
            {
                FixtureOutcome.Done => new Settlement.Done(settle.Reason, ""),
                FixtureOutcome.Rejected => new Settlement.Reject(settle.Reason),
                FixtureOutcome.Declined => new Settlement.Declined(settle.Reason, null),
            };
            Do(new AccountCommand.Settle(Key(account), action.Id, settlement), account);
        }
        else
        {
            Fail(settle.Action.At, $"no action of `{settle.Action}` is open; open: {Listed(open.Select(Name))}");
        }
    }

    private void Do(AccountCommand command, string account)
    {
        outcome.Clear();
        // The same file always draws the same.
        var facts = world.Run(command, new TurnPosition(0, ++turns, 0), now, outcome);
        if (!happened.TryGetValue(account, out var list))
        {
            happened.Add(account, list = []);
        }

        list.AddRange(facts);
    }

    private void Check(FixtureExpectation expect, string account)
    {
        var known = world.Find(Key(account));
        var facts = happened.TryGetValue(account, out var list) ? list : [];
        var stage = known?.Stage ?? "";
        var entered = facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>().ToList();
        if (expect.Stage is { } wanted && wanted.Id != stage)
        {
            Fail(wanted.At, $"expected stage `{wanted}`, found {(stage.Length > 0 ? $"`{stage}`" : "no account")}{(entered.Count > 0 ? $", entered by `{entered[^1].Transition}`" : "")} at {Show(now)}");
        }

        if (expect.Entered is { } stages && !stages.Select(s => s.Id).SequenceEqual(entered.Select(e => e.To)))
        {
            Fail(stages.Length > 0 ? stages[0].At : expect.At, $"expected to enter {Listed(stages.Select(s => s.Id))}, found {Listed(entered.Select(e => e.To))}");
        }

        var offered = facts.Select(f => f.Event).OfType<AccountEvent.ActionOffered>().Select(o => o.Action).ToList();
        Compare("actions", expect.Actions, offered, expect.At, known, facts);
        Compare("open actions", expect.Open, known?.OpenActions ?? [], expect.At, known, facts);
        if (expect.None is { } none)
        {
            var last = facts.Select(f => f.Event).OfType<AccountEvent.NoneDecided>().LastOrDefault();
            if (last?.Reason != none.Reason)
            {
                Fail(none.At, $"expected none: {FixtureReader.WordOf(none.Reason)}, found {(last is not null ? $"none: {FixtureReader.WordOf(last.Reason)}" : offered.Count > 0 ? $"actions {Listed(offered.Select(Name))}" : "no decision")}");
            }
        }
    }

    private void Compare(string what, IReadOnlyList<Reference>? expected, IReadOnlyList<OpenAction> found, SourcePosition at, Account? account, List<Fact> facts)
    {
        if (expected is null)
        {
            return;
        }

        var left = found.ToList();
        var missing = expected.Where(name => left.FindIndex(a => a.Treatment == name.Id || a.Play == name.Id) is var i && (i < 0 || Took(left, i))).ToList();
        if (missing.Count == 0 && left.Count == 0)
        {
            return;
        }

        var why = facts.Select(f => f.Event).OfType<AccountEvent.NoneDecided>().LastOrDefault() is { } none && found.Count == 0 ? $" ({NoneReasons.Describe(none.Reason)})" : "";
        Fail(missing.Count > 0 ? missing[0].At : at, $"expected {what} {Listed(expected.Select(e => e.Id))} at stage `{account?.Stage}`, found {Listed(found.Select(Name))}{why}");

        static bool Took(List<OpenAction> actions, int index)
        {
            actions.RemoveAt(index);
            return false;
        }
    }

    private void Fail(SourcePosition at, string message) => failures.Add(new Diagnostic(Severity.Error, file, at.Line, at.Column, "", message));

    private static string Name(OpenAction action) => $"{action.Play}/{action.Treatment}";

    private static string Listed(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"`{n}`")) is { Length: > 0 } all ? all : "none";

    private static GrainKey Key(string account) => GrainKey.Account(Tenant, account);

    private static string Show(DateTimeOffset instant) => instant.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
