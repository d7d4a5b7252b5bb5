using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;
using Xunit;
using Contact = Orchestrator.Grains.Contacts.Contact;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;
using Type = System.Type;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Tests.StoredForms;

/// <summary>Every case of every closed hierarchy, made by reflection with a value in every member, goes through its stored form and comes back the same.</summary>
public sealed class RoundTripTests
{
    private static readonly GrainKey Account = GrainKey.Account("acme", "a-1");
    private static readonly GrainKey Person = GrainKey.Contact("acme", "a-1", "c-1");
    private int _next = 3;
    private bool _empty;

    public static TheoryData<Type> Events => [.. CasesOf(typeof(GrainEvent))];

    public static TheoryData<Type> Travelling => [.. CasesOf(typeof(GrainCommand))];

    [Theory]
    [MemberData(nameof(Events))]
    public void Every_event_comes_back_from_its_stored_form_with_all_that_it_says(Type type)
    {
        var @event = (GrainEvent)Make(type);
        var bytes = EventForm.Write(@event, 7).ToByteArray();
        var stored = StoredEvent.Parser.ParseFrom(bytes);
        Assert.Equal(7u, stored.Turn);
        var read = EventForm.Read(stored, KeyOf(type));
        Assert.Equal(bytes, EventForm.Write(read, 7).ToByteArray());
        AssertSame(@event, read, type.Name);
    }

    [Theory]
    [MemberData(nameof(Events))]
    public void Every_event_written_straight_into_bytes_is_what_its_message_gives(Type type)
    {
        // Full, and with every member as empty as it may be: what is empty is left out.
        foreach (var made in new[] { (GrainEvent)Make(type), (GrainEvent)Emptied().Make(type) })
        {
            foreach (var turn in new uint[] { 0, 7, 300 })
            {
                var into = new FormBuffer();
                into.Append(new StoredSlotEnded { Id = "before" });
                var before = into.Length;
                EventForm.Write(made, turn, into);
                Assert.Equal(EventForm.Write(made, turn).ToByteArray(), into.Written[before..].ToArray());
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(126)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(5_000)]
    [InlineData(20_000)]
    public void Long_texts_and_texts_that_are_not_ascii_are_written_as_messages_write_them(int length)
    {
        foreach (var character in new[] { "a", "\u00e9", "\u6771", "\ud83d\ude00", "\ud83d" })
        {
            var text = string.Concat(Enumerable.Repeat(character, length));
            var made = new ContactEvent.SlotTaken(new Grains.Policies.Slot(text, "c", text, true, DateTimeOffset.UnixEpoch));
            var into = new FormBuffer();
            EventForm.Write(made, 1, into);
            Assert.Equal(EventForm.Write(made, 1).ToByteArray(), into.Written.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Events))]
    public void Every_event_reaches_an_arm_of_its_fold(Type type)
    {
        var key = KeyOf(type);
        GrainState? state = key.Kind == GrainKind.Account
            ? GrainTurn.Evolve(key, null, new AccountEvent.ContactJoined(MadeText, [], DateTimeOffset.UnixEpoch))
            : null;
        Assert.NotNull(GrainTurn.Evolve(key, state, (GrainEvent)Make(type)));
    }

    [Theory]
    [MemberData(nameof(Travelling))]
    public void Every_command_that_travels_comes_back_with_all_that_it_says(Type type)
    {
        var command = (GrainCommand)Make(type);
        var bytes = CommandForm.Write(command).ToByteArray();
        var read = CommandForm.Read(StoredCommand.Parser.ParseFrom(bytes));
        Assert.Equal(bytes, CommandForm.Write(read).ToByteArray());
        AssertSame(command, read, type.Name);
    }

    public static TheoryData<Type> Settlements => [.. typeof(Grains.Accounts.Settlement).GetNestedTypes()];

    [Theory]
    [MemberData(nameof(Settlements))]
    public void Every_settlement_travels_with_all_that_it_says(Type type)
    {
        var command = new AccountCommand.Settle(Account, "x-1", (Grains.Accounts.Settlement)Make(type));
        AssertSame(command, CommandForm.Read(StoredCommand.Parser.ParseFrom(CommandForm.Write(command).ToByteArray())), type.Name);
    }

    public static TheoryData<Type> Journeys => [.. typeof(Grains.Stages.JourneyEvent).GetNestedTypes()];

    [Theory]
    [MemberData(nameof(Journeys))]
    public void Every_fact_of_a_journey_comes_back_with_all_that_it_says(Type type)
    {
        var @event = new AccountEvent.OfJourney((Grains.Stages.JourneyEvent)Make(type));
        AssertSame(@event, EventForm.Read(StoredEvent.Parser.ParseFrom(EventForm.Write(@event, 0).ToByteArray()), Account), type.Name);
        Assert.NotNull(((Grains.Accounts.Account)GrainTurn.Evolve(Account, null, @event)).Journey);
    }

    public static TheoryData<Type> Requests => [.. typeof(Grains.Requests.Request).GetNestedTypes().Where(t => t.IsAssignableTo(typeof(Grains.Requests.Request)))];

    [Theory]
    [MemberData(nameof(Requests))]
    public void Every_request_comes_back_with_all_that_it_says(Type type)
    {
        var request = (Grains.Requests.Request)Make(type);
        AssertSame(request, RequestForm.Read(StoredRequest.Parser.ParseFrom(RequestForm.Write(request).ToByteArray())), type.Name);
    }

    public static TheoryData<Type> Answers => [.. typeof(Answer).GetNestedTypes(), .. typeof(Rejection).GetNestedTypes()];

    [Theory]
    [MemberData(nameof(Answers))]
    public void Every_answer_and_rejection_travels_with_all_that_it_says(Type type)
    {
        var made = Make(type);
        var read = made is Answer answer
            ? (object)AnswerForm.Read(StoredAnswer.Parser.ParseFrom(AnswerForm.Write(answer).ToByteArray()))
            : AnswerForm.Read(StoredRejection.Parser.ParseFrom(AnswerForm.Write((Rejection)made).ToByteArray()));
        AssertSame(made, read, type.Name);
    }

    [Fact]
    public void A_command_kept_in_words_by_an_older_version_cannot_be_read_back() =>
        Assert.Throws<InvalidDataException>(() => CommandForm.Read(new StoredCommand { Target = KeyForm.Write(Account), Described = "settle it" }));

    [Fact]
    public void Every_state_comes_back_with_all_that_it_holds()
    {
        GrainState[] states =
        [
            Fill(Grains.Accounts.Account.Unknown(Account)),
            Fill(Contact.Unknown(Person)),
            Fill(Identity.Unknown(GrainKey.Identity("acme", "email:a@x"))),
            Fill(Catalog.Empty(GrainKey.Catalog("acme"))),
        ];
        foreach (var state in states)
        {
            var bytes = StateForm.Write(state, 42).ToByteArray();
            var (read, last) = StateForm.Read(StoredState.Parser.ParseFrom(bytes));
            Assert.Equal(42, last);
            Assert.Equal(bytes, StateForm.Write(read, 42).ToByteArray());
            AssertSame(state, read, state.GetType().Name);
            var into = new FormBuffer();
            StateBytes.Write(state, 42, into);
            Assert.Equal(bytes, into.Written.ToArray());
            if (state is Grains.Accounts.Account or Contact)
            {
                var byHand = StateReader.TryRead(bytes, state.Key, static text => text.ToString())!.Value;
                Assert.Equal(42, byHand.LastEntry);
                AssertSame(state, byHand.State, state.GetType().Name);
                Assert.Equal(bytes, StateForm.Write(byHand.State, 42).ToByteArray());
            }
        }
    }

    [Fact]
    public void A_form_of_a_later_version_is_refused_not_guessed()
    {
        Assert.Throws<InvalidDataException>(() => EventForm.Read(new StoredEvent(), Account));
        Assert.Throws<InvalidDataException>(() => EventForm.Read(new StoredEvent { Account = new() }, Account));
        Assert.Throws<InvalidDataException>(() => EventForm.Read(new StoredEvent { Contact = new() }, Person));
        Assert.Throws<InvalidDataException>(() => StateForm.Read(new StoredState { Key = KeyForm.Write(Account) }));
    }

    [Fact]
    public void A_key_comes_back_from_its_name()
    {
        foreach (var key in new[] { Account, Person, GrainKey.Identity("acme", "email:a:b@x"), GrainKey.Catalog("t") })
        {
            Assert.Equal(key, KeyForm.Parse(KeyForm.Name(key)));
            Assert.Equal(key, KeyForm.Read(KeyForm.Write(key)));
        }
    }

    internal static IEnumerable<Type> CasesOf(Type root) => root.Assembly.GetTypes().Where(t => !t.IsAbstract && root.IsAssignableFrom(t)).OrderBy(t => t.FullName, StringComparer.Ordinal);

    private const string MadeText = "c-1";

    private static GrainKey KeyOf(Type type) => type.DeclaringType switch
    {
        var t when t == typeof(AccountEvent) => Account,
        var t when t == typeof(ContactEvent) => Person,
        var t when t == typeof(IdentityEvent) => GrainKey.Identity("acme", "email:a@x"),
        _ => GrainKey.Catalog("acme"),
    };

    private T Fill<T>(T state)
        where T : GrainState
    {
        foreach (var property in Settable(state.GetType()).Where(p => p.Name != nameof(GrainState.Key)))
        {
            property.SetValue(state, Make(property.PropertyType));
        }

        return state;
    }

    private static IEnumerable<PropertyInfo> Settable(Type type) => type.GetProperties().Where(p => p.SetMethod is not null);

    /// <summary>Makes everything as empty as it may be: no text, zero, no items.</summary>
    private static RoundTripTests Emptied() => new() { _empty = true };

    private object Make(Type type)
    {
        if (_empty && MakeEmpty(type) is { } empty)
        {
            return empty;
        }

        var n = _next++;
        if (type == typeof(string))
        {
            return MadeText;
        }

        if (type == typeof(GrainKey))
        {
            return Person;
        }

        if (type == typeof(Signal))
        {
            return new Signal { Id = $"s{n}", Type = "t", Time = new Timestamp { Seconds = n }, Properties = { ["p"] = new Value { Integer = n } } };
        }

        if (type == typeof(Value))
        {
            return new Value { Number = n };
        }

        if (type == typeof(SeenSignals))
        {
            return SeenSignals.Of(Enumerable.Range(0, 70).Select(i => new SeenSignal((ulong)i, 2, 3, n + i)));
        }

        if (type == typeof(Occurrences))
        {
            return Enumerable.Range(1, 70).Aggregate(Occurrences.None, (all, i) => all.Add(new Occurrence(DateTimeOffset.UnixEpoch.AddDays(i).UtcTicks, i, 1), DateTimeOffset.UnixEpoch));
        }

        if (type == typeof(AttributeSet))
        {
            return AttributeSet.None.With("k", (Held)Make(typeof(Held))).With("j", (Held)Make(typeof(Held)));
        }

        if (type == typeof(Contact))
        {
            // A contact that travels has no wake: wakes are the accounts'.
            return Fill(Contact.Unknown(Person)) with { Wake = null };
        }

        if (type == typeof(Grains.Accounts.Account))
        {
            return Fill(Grains.Accounts.Account.Unknown(Account)) with { Wake = null };
        }

        if (Simple(type, n) is { } simple)
        {
            return simple;
        }

        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Make(inner);
        }

        return Collection(type) ?? Object(type);
    }

    private static object? MakeEmpty(Type type) => type switch
    {
        _ when type == typeof(string) => "",
        _ when type == typeof(Signal) => new Signal(),
        _ when type == typeof(Value) => new Value(),
        _ when type.IsEnum => null,
        _ when type.IsPrimitive || type == typeof(DateTimeOffset) || type == typeof(TimeSpan) => Activator.CreateInstance(type),
        _ when type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) => Array.CreateInstance(type.GetGenericArguments()[0], 0),
        _ => null,
    };

    private static object? Simple(Type type, int n) => System.Type.GetTypeCode(type) switch
    {
        _ when type == typeof(DateTimeOffset) => DateTimeOffset.UnixEpoch.AddTicks(n * 1_000_003L),
        _ when type == typeof(TimeSpan) => TimeSpan.FromTicks(n * 77L),
        _ when type.IsEnum => System.Enum.GetValues(type).GetValue(n % System.Enum.GetValues(type).Length)!,
        TypeCode.Boolean => true,
        TypeCode.Int32 => n,
        TypeCode.Int64 => (long)n << 33,
        TypeCode.UInt32 => (uint)n,
        TypeCode.UInt64 => (ulong)n << 40,
        TypeCode.Double => n + 0.125,
        TypeCode.Byte => (byte)n,
        _ => null,
    };

    private object? Collection(Type type)
    {
        if (!type.IsGenericType)
        {
            return null;
        }

        var of = type.GetGenericArguments();
        var definition = type.GetGenericTypeDefinition();
        if (definition == typeof(ImmutableArray<>) || definition == typeof(IReadOnlyList<>))
        {
            var array = Array.CreateInstance(of[0], 2);
            array.SetValue(Make(of[0]), 0);
            array.SetValue(Make(of[0]), 1);
            return definition == typeof(IReadOnlyList<>) ? array : typeof(ImmutableArray).GetMethods().First(m => m.Name == "Create" && m.GetParameters() is [{ ParameterType.IsArray: true } p] && !p.ParameterType.GetElementType()!.IsByRef).MakeGenericMethod(of[0]).Invoke(null, [array])!;
        }

        if (definition == typeof(IReadOnlyDictionary<,>))
        {
            return new Dictionary<string, Value> { ["k"] = (Value)Make(typeof(Value)) };
        }

        if (definition == typeof(ImmutableSortedSet<>))
        {
            return type.GetMethod("Add")!.Invoke(type.GetField("Empty")!.GetValue(null)!, [Make(of[0])])!;
        }

        if (definition == typeof(ImmutableSortedDictionary<,>))
        {
            var empty = type.GetField("Empty")!.GetValue(null)!;
            return type.GetMethod("Add")!.Invoke(empty, ["k", Make(of[1])])!;
        }

        if (definition == typeof(SmallSortedDictionary<>))
        {
            var empty = type.GetField("Empty")!.GetValue(null)!;
            return type.GetMethod("Add")!.Invoke(empty, ["k", Make(of[0])])!;
        }

        return null;
    }

    private object Object(Type type)
    {
        type = type.IsAbstract ? type.GetNestedTypes()[0] : type;
        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First();
        var made = constructor.Invoke([.. constructor.GetParameters().Select(p => Make(p.ParameterType))]);
        foreach (var property in Settable(type).Where(p => constructor.GetParameters().All(c => !string.Equals(c.Name, p.Name, StringComparison.OrdinalIgnoreCase)) && p.Name is not "Target" and not "Key"))
        {
            property.SetValue(made, Make(property.PropertyType));
        }

        return made;
    }

    private static void AssertSame(object? expected, object? actual, string path)
    {
        if (expected is null || actual is null || expected is string || expected is IMessage || expected is SeenSignals or Occurrences || expected.GetType().IsPrimitive || expected.GetType().IsEnum || expected is DateTimeOffset or TimeSpan or GrainKey)
        {
            Assert.True(Known(expected, actual), $"{path}: {expected} became {actual}");
            return;
        }

        if (expected is IEnumerable many)
        {
            var (one, other) = (many.Cast<object>().ToList(), ((IEnumerable)actual).Cast<object>().ToList());
            Assert.True(one.Count == other.Count, $"{path}: {one.Count} became {other.Count}");
            for (var i = 0; i < one.Count; i++)
            {
                AssertSame(one[i], other[i], $"{path}[{i}]");
            }

            return;
        }

        Assert.Equal(expected.GetType(), actual.GetType());
        foreach (var property in expected.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0 && p.Name != "Target"))
        {
            if (expected is GrainState && property.Name == "Key")
            {
                // A state that travels has the key of where it comes to.
                continue;
            }

            AssertSame(property.GetValue(expected), property.GetValue(actual), $"{path}.{property.Name}");
        }
    }

    private static bool Known(object? expected, object? actual) => (expected, actual) switch
    {
        (SeenSignals a, SeenSignals b) => a.All.SequenceEqual(b.All),
        (Occurrences a, Occurrences b) => a.All.SequenceEqual(b.All) && a.ChunkLengths.SequenceEqual(b.ChunkLengths),
        _ => Equals(expected, actual),
    };
}
