using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.EndToEnd;

/// <summary>One silo with a playbook, for all tests that only ask it wrong things.</summary>
public sealed class SiloFixture : IAsyncLifetime
{
    internal SiloProcess Silo { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Silo = await SiloProcess.StartAsync(Texts.Mails);

    public ValueTask DisposeAsync() => Silo.DisposeAsync();
}

/// <summary>What comes back over the wire for wrong input is something that a person can act on.</summary>
public sealed class BadInputTests(SiloFixture fixture) : IClassFixture<SiloFixture>
{
    SiloProcess Silo => fixture.Silo;

    [Theory]
    [InlineData("playbook: [\n", "bad.yaml:2:1: ")]
    [InlineData(Texts.Head + "stagess: {start: {kind: inventory}}\n", "did you mean `stages`")]
    [InlineData(Texts.Head + "stages: {a: {kind: inventory}, b: {kind: inventory}}\ntransitions:\n  - {id: x, from: a, to: b, when: \"score.engagement + 'a' > 1.0\"}\n", "bad.yaml:")]
    [InlineData(Texts.Head + "stages: {a: {kind: inventory}, b: {kind: inventory}}\ntransitions:\n  - {id: x, from: a, to: b, when: \"score.engagement\"}\n", "bool")]
    [InlineData(Texts.Head + "stages: {a: {kind: inventory}, b: {kind: inventory}}\ntransitions:\n  - {id: x, from: a, to: b, when: \"score.engagment > 1.0\"}\n", "engagement")]
    public async Task A_wrong_playbook_is_refused_with_file_line_column_and_what_was_expected(string text, string expected)
    {
        var refused = await SiloProcess.FailureAsync(() => Silo.Client.Playbooks.Publish(new() { Text = text, File = "bad.yaml" }, new()));
        TestContext.Current.TestOutputHelper!.WriteLine(refused.Status.Detail);
        Assert.Equal(StatusCode.InvalidArgument, refused.Code);
        Assert.Matches("^bad\\.yaml:[1-9][0-9]*:[1-9][0-9]*: ", refused.Status.Detail);
        Assert.Contains(expected, refused.Status.Detail, StringComparison.Ordinal);
        var validated = await Silo.Client.Playbooks.Validate(new() { Text = text, File = "bad.yaml" }, new());
        Assert.Contains(validated.Diagnostics, d => d.Severity == Diagnostic.Types.Severity.Error && refused.Status.Detail.Contains(d.Message, StringComparison.Ordinal));
        Assert.Single((await Silo.Client.Playbooks.List(new(), new())).Versions);
    }

    public static TheoryData<string, string> WrongSignals => new()
    {
        { """{"id":"a","type":"page.viewd","account":"acme"}""", "unknown signal type `page.viewd`; did you mean `page.viewed`?" },
        { """{"id":"a","type":"purchase.made","account":"acme","properties":{"amount":{"text":"12"}}}""", "property `amount` of `purchase.made` must be money, a text came" },
        { """{"id":"a","type":"purchase.made","account":"acme"}""", "property `amount` of `purchase.made` is missing; it must be money" },
        { """{"id":"a","type":"page.viewed","account":"acme","properties":{"topik":{"text":"x"}}}""", "unknown property `topik`; did you mean `topic`? of `page.viewed`" },
        { """{"id":"a","type":"page.viewed"}""", "neither `account` nor `identifiers` is set: it must be known whom the signal is about" },
        { """{"id":"a","type":"page.viewed","account":"a b"}""", "the account `a b` has a character at 2 that is not a letter, a digit or one of `._:@/-`" },
        { """{"type":"page.viewed","account":"acme"}""", "the id must be 1 to 100 bytes, it is 0" },
        { """{"id":"a","type":"page.viewed","account":"acme","identifiers":[{"kind":"","value":"x"}]}""", "the identifier kind `` must be 1 to 32 characters without `:`" },
        { """{"id":"a","type":"account.updated","account":"acme","properties":{"cuntry":{"text":"x"}}}""", "unknown attribute `cuntry`; did you mean `country`?" },
    };

    [Theory]
    [MemberData(nameof(WrongSignals))]
    public async Task A_wrong_signal_is_refused_with_what_was_found_and_expected(string json, string expected)
    {
        var answer = await Silo.RecordAsync(Signal.Parser.ParseJson(json));
        Assert.Equal((Result.Refused, expected), (answer.Result, answer.Reason));
    }

    [Fact]
    public async Task A_time_in_the_future_is_refused_and_five_minutes_ahead_are_taken()
    {
        var late = Texts.Viewed("late", "acme");
        late.Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddMinutes(7));
        var refused = await Silo.RecordAsync(late);
        Assert.Equal(Result.Refused, refused.Result);
        Assert.Matches("^the time 20..-..-..T..:..:..Z is in the future: it is 20..-..-..T..:..:..Z here, at most 5 minutes ahead are taken$", refused.Reason);
        late.Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddMinutes(4));
        Assert.Equal(Result.Recorded, (await Silo.RecordAsync(late)).Result);
    }

    [Fact]
    public async Task The_same_id_with_other_content_is_refused_and_with_the_same_is_a_duplicate()
    {
        var first = await Silo.RecordAsync(Texts.Bought("twice", "dup", 100));
        var again = await Silo.RecordAsync(Texts.Bought("twice", "dup", 100));
        Assert.Equal((Result.Duplicate, first.Position), (again.Result, again.Position));
        var other = await Silo.RecordAsync(Texts.Bought("twice", "dup", 200));
        Assert.Equal((Result.Refused, "the id `twice` was used before for a signal with other content"), (other.Result, other.Reason));
        Assert.Equal(1, (await Silo.AccountAsync("dup")).SignalCount);
    }

    [Fact]
    public async Task A_refused_signal_ends_neither_its_stream_nor_its_neighbours()
    {
        await using var recorder = Silo.Client.NewRecorder();
        await recorder.AddAsync(Texts.Viewed("n1", "next"));
        await recorder.AddAsync(new() { Id = "n2", Type = "nothing", Account = "next" });
        await recorder.AddAsync(Texts.Viewed("n3", "next"));
        Assert.Equal([Result.Recorded, Result.Refused, Result.Recorded], (await recorder.FlushAsync()).Select(a => a.Result));
    }

    [Fact]
    public async Task What_is_not_known_is_not_found_and_says_what_to_do()
    {
        var account = await SiloProcess.FailureAsync(() => Silo.AccountAsync("nobody"));
        Assert.Equal((StatusCode.NotFound, "no signal has ever named the account `nobody`; send one, or look it up by an identifier of one of its people"), (account.Code, account.Status.Detail));
        await Silo.RecordAsync(Texts.Viewed("known", "known"));
        var channel = await SiloProcess.FailureAsync(() => Silo.Client.Actions.Decide(
            new() { Account = "known", Identifiers = { new Identifier { Kind = "email", Value = "ann@known.example" } }, Channel = "emial" }, new()));
        Assert.Equal((StatusCode.InvalidArgument, "unknown channel `emial`; did you mean `email`?"), (channel.Code, channel.Status.Detail));
        var playbook = await SiloProcess.FailureAsync(() => Silo.Client.Playbooks.Get(new() { Name = "smal" }, new()));
        Assert.Equal((StatusCode.NotFound, "no playbook `smal`; did you mean `small`?"), (playbook.Code, playbook.Status.Detail));
    }

    [Fact]
    public async Task A_stale_expected_version_aborts_the_publish()
    {
        var stale = await SiloProcess.FailureAsync(() => Silo.Client.Playbooks.Publish(new() { Text = Texts.Mails, ExpectedVersion = 7 }, new()));
        Assert.Equal((StatusCode.Aborted, "version 7 was expected to be the latest, it is 1: look at what changed, then publish again"), (stale.Code, stale.Status.Detail));
    }

    [Fact]
    public async Task A_publish_without_the_sign_offs_that_it_names_is_refused()
    {
        var text = Texts.Mails.Replace("\"score.engagement >= 20.0\"}", "\"score.engagement >= 20.0\", agreed-by: [sales]}", StringComparison.Ordinal);
        var missing = await SiloProcess.FailureAsync(() => Silo.Client.Playbooks.Publish(new() { Text = text }, new()));
        Assert.Equal((StatusCode.FailedPrecondition, "the sign-off of `sales` (for warms) is missing"), (missing.Code, missing.Status.Detail));
        var stranger = await SiloProcess.FailureAsync(() => Silo.Client.Playbooks.Publish(new() { Text = text, SignedOffBy = { "sails" } }, new()));
        Assert.Equal((StatusCode.InvalidArgument, "`sails` signs off, but is not a department of the playbook"), (stranger.Code, stranger.Status.Detail));
    }

    [Fact]
    public async Task A_message_over_4_MiB_is_resource_exhausted()
    {
        var large = new RecordBatchRequest { Signals = { new Signal { Id = "large", Type = "page.viewed", Account = "acme", Source = new string('x', 5 * 1024 * 1024) } } };
        var refused = await SiloProcess.FailureAsync(() => Silo.Client.Signals.RecordBatch(large, new()));
        TestContext.Current.TestOutputHelper!.WriteLine(refused.Status.Detail);
        Assert.Equal(StatusCode.ResourceExhausted, refused.Code);
        Assert.Contains("4194304", refused.Status.Detail.Replace(",", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/orchestrator.v1.SignalService/Recrod", "orchestrator.v1.SignalService/Recrod")]
    [InlineData("/orchestrator.v2.SignalService/Record", "orchestrator.v2.SignalService/Record")]
    public async Task A_method_that_is_not_there_is_unimplemented(string path, string named)
    {
        var (code, detail) = await RawAsync(path, []);
        Assert.Equal((12, $"`{named}` is not served here"), (code, detail));
    }

    [Fact]
    public async Task A_compression_that_is_not_spoken_is_unimplemented_and_names_those_that_are()
    {
        var (code, detail) = await RawAsync("/orchestrator.v1.AccountService/GetAccount", [0, 0, 0, 0, 0], "zstd");
        Assert.Equal((12, "expected a `grpc-encoding` of identity or gzip, found `zstd`"), (code, detail));
    }

    [Fact]
    public async Task A_body_that_is_no_message_is_said_to_be_none()
    {
        var (code, detail) = await RawAsync("/orchestrator.v1.AccountService/GetAccount", [0, 0, 0, 0, 3, 0xff, 0xff, 0xff]);
        TestContext.Current.TestOutputHelper!.WriteLine($"{code} {detail}");
        Assert.Contains(code, new[] { 3, 13 });
        Assert.NotEmpty(detail);
    }

    [Fact]
    public async Task Without_a_playbook_signals_are_refused_with_what_to_do_first()
    {
        await using var silo = await SiloProcess.StartAsync(playbook: null);
        var answer = await silo.RecordAsync(Texts.Viewed("a", "acme"));
        Assert.Equal((Result.Refused, "no playbook is published yet: publish one, then send signals"), (answer.Result, answer.Reason));
    }

    // A call by plain HTTP/2, with what no client of ours would send.
    async Task<(int Code, string Detail)> RawAsync(string path, byte[] body, string? encoding = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Silo.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new("trailers"));
        if (encoding is not null)
        {
            request.Headers.Add("grpc-encoding", encoding);
        }

        using var response = await http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        string? Header(string name) => response.TrailingHeaders.TryGetValues(name, out var late) ? late.Single() : response.Headers.TryGetValues(name, out var early) ? early.Single() : null;
        return (int.Parse(Header("grpc-status")!, System.Globalization.CultureInfo.InvariantCulture), Uri.UnescapeDataString(Header("grpc-message") ?? ""));
    }
}
