using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;
using Journey = Orchestrator.Grains.Stages.Journey;
using Value = Orchestrator.V1.Value;
using Xunit;

namespace Orchestrator.Grains.Tests.StoredForms;

/// <summary>What is read by hand from a snapshot is what its message gives, and what is not as usual is the generated parser's.</summary>
public sealed class StateReaderTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly GrainKey Key = GrainKey.Account("acme", "a-1");
    private static readonly GrainKey Person = GrainKey.Contact("acme", "a-1", "c-1");

    private static Account Busy => Account.Unknown(Key) with
    {
        Exists = true,
        Stage = "geprüft",
        StageSince = At,
        Attributes = AttributeSet.None.With("site", new Held(new Value { Text = "ü" }, At)).With("employees", new Held(new Value { Integer = -5 }, At)),
        Contacts = SmallSortedDictionary<ContactLink>.Of([new("c-1", new ContactLink(At, ["champion", "user"])), new("c-ü", ContactLink.New)]),
        Identifiers = SmallSortedDictionary<string>.Of([new("email:a@x", "c-1"), new("email:b@x", "c-ü"), new("email:c@x", "c-gone")]),
        Scores = [new Score("engagement", -1.5, At, TimeSpan.FromDays(14), -3, 2) { Earlier = [new DayPoints(-4, 1), new DayPoints(-3, 0)] }],
        Ended = [new EndedAction("x-1", EndedHow.Expired), new EndedAction("", default)],
        Rests = [new PlayRest("play-1", At)],
        Slots = [new Slot("x-1", "c-1", "email", true, At)],
        Deferrals = [new Deferral("c-1", null, At)],
        Wake = At,
    };

    [Fact]
    public void An_account_is_what_its_message_says_whatever_fields_it_has_beside_those_that_all_have()
    {
        foreach (var account in new[] { Busy, Busy with { Journey = new Journey { FirstTouch = new FirstTouch("new", At, At) } }, Account.Unknown(Key) })
        {
            var bytes = StateForm.Write(account, 7).ToByteArray();
            var (read, last) = StateReader.TryRead(bytes, Key, Plain)!.Value;
            Assert.Equal(7, last);
            Assert.Equal(Key, read.Key);
            Assert.Equal(bytes, StateForm.Write(read, 7).ToByteArray());
        }
    }

    [Fact]
    public void Names_are_shared_and_people_have_one_id_each()
    {
        var names = new Dictionary<string, string>();
        var share = new TextSharing(text => names.TryGetValue(text.ToString(), out var known) ? known : names[text.ToString()] = text.ToString());
        var bytes = StateForm.Write(Busy, 7).ToByteArray();
        var (one, other) = ((Account)StateReader.TryRead(bytes, Key, share)!.Value.State, (Account)StateReader.TryRead(bytes, Key, share)!.Value.State);
        Assert.Same(one.Stage, other.Stage);
        Assert.Same(one.Scores[0].Name, other.Scores[0].Name);
        Assert.Same(one.Rests[0].Play, other.Rests[0].Play);
        Assert.Same(one.Contacts.Keys.First(), one.Identifiers["email:a@x"]);
        Assert.NotSame(one.Ended[0].Id, other.Ended[0].Id);
    }

    [Fact]
    public void A_field_of_a_later_version_is_passed_over_as_the_parser_does()
    {
        byte[] later = [.. StateForm.Write(Busy, 7).Account.ToByteArray(), 0xF2, 0x7F, 2, 1, 2, 0xF8, 0x7F, 1];
        var bytes = new StoredState { Format = 1, LastEntry = 7, Wake = At.UtcTicks, Key = KeyForm.Write(Key), Account = StoredAccount.Parser.ParseFrom(later) }.ToByteArray();
        Assert.Equal(StateForm.Write(Busy, 7).ToByteArray(), StateForm.Write(StateReader.TryRead(bytes, Key, Plain)!.Value.State, 7).ToByteArray());
    }

    [Fact]
    public void What_is_not_as_usual_is_left_to_the_generated_parser()
    {
        var account = StateForm.Write(Busy, 7).Account.ToByteArray();
        Assert.NotNull(StateReader.TryRead(State(account), Key, Plain));

        // A list in two pieces, a part with a field of a later version, the window of ids twice.
        Assert.Null(StateReader.TryRead(State([.. account, .. new StoredAccount { Rests = { new StoredPlayRest { Play = "p" } }, Scores = { new StoredScore { Name = "s" } } }.ToByteArray()]), Key, Plain));
        Assert.Null(StateReader.TryRead(State([.. new StoredAccount().ToByteArray(), 0x4A, 2, 0x78, 1]), Key, Plain));
        byte[] seen = new StoredAccount { Seen = new StoredSeen { Ids = { 1 }, Contents = { 2 }, Sequences = { 3 }, Times = { 4 } } }.ToByteArray();
        Assert.NotNull(StateReader.TryRead(State(seen), Key, Plain));
        var twice = State([.. seen, .. seen]);
        var read = StateReader.TryRead(twice, Key, Plain);
        Assert.Equal(
            StateForm.Write(StateForm.Read(StoredState.Parser.ParseFrom(twice)).State, 0).ToByteArray(),
            StateForm.Write((read ?? StateForm.Read(StoredState.Parser.ParseFrom(twice))).State, 0).ToByteArray());
    }

    [Fact]
    public void Bytes_cut_anywhere_never_give_another_state_than_the_parser()
    {
        var whole = StateForm.Write(Busy, 7).ToByteArray();
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = whole[..length];
            if (StateReader.TryRead(cut, Key, Plain) is { } read)
            {
                Assert.Equal(StateForm.Write(StateForm.Read(With(StoredState.Parser.ParseFrom(cut))).State, 7).ToByteArray(), StateForm.Write(read.State, 7).ToByteArray());
            }
        }
    }

    [Fact]
    public void Another_kind_of_grain_is_left_to_the_generated_parser()
    {
        var identity = Identity.Unknown(GrainKey.Identity("acme", "email:a@x"));
        Assert.Null(StateReader.TryRead(StateForm.Write(identity, 1).ToByteArray(), identity.Key, Plain));
        Assert.Null(StateReader.TryRead([], Key, Plain));
    }

    [Fact]
    public void A_person_is_what_its_message_says()
    {
        var person = Contact.Unknown(Person) with
        {
            Exists = true,
            Identifiers = [new PersonName("email", "a@x"), new PersonName("crm", "ü")],
            Roles = ["champion", "user"],
            Consents = [new ConsentGiven("marketing", "email", true, At, "form") { Unconfirmed = true }, new ConsentGiven("marketing", "", false, At, "")],
            Outcomes = [new OutcomeSeen("done", At)],
            MovedTo = GrainKey.Contact("acme", "a-2", "c-9"),
            RestUntil = At,
            Wake = At,
        };
        foreach (var one in new[] { person, Contact.Unknown(Person) })
        {
            var bytes = StateForm.Write(one, 9).ToByteArray();
            var (read, last) = StateReader.TryRead(bytes, Person, Plain)!.Value;
            Assert.Equal(9, last);
            Assert.Equal(bytes, StateForm.Write(read, 9).ToByteArray());
        }
    }

    private static string Plain(ReadOnlySpan<char> text) => text.ToString();

    private static byte[] State(byte[] account)
    {
        byte[] head = new StoredState { Format = 1, Key = KeyForm.Write(Key) }.ToByteArray();
        var length = new byte[5];
        using var output = new CodedOutputStream(length);
        output.WriteLength(account.Length);
        output.Flush();
        return [.. head, StoredState.AccountFieldNumber << 3 | 2, .. length[..CodedOutputStream.ComputeLengthSize(account.Length)], .. account];
    }

    private static StoredState With(StoredState stored)
    {
        stored.Key = KeyForm.Write(Key);
        return stored;
    }
}
