using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Load;

/// <summary>The canonical workload: what the n-th signal of a run says. A function of seed, run and n alone; shared by all streams.</summary>
/// <remarks>
/// Behaviour of people (9 in 10) and facts about companies (1 in 64 account.updated), about <see cref="MeanBytes"/> bytes each, as declared
/// by <see cref="CanonicalPlaybook"/>. All texts are made once; a signal costs its id's string and a few references.
/// </remarks>
public sealed class Workload
{
    static readonly string[] Topics = ["pricing", "security", "integration", "reporting", "automation", "onboarding", "roi", "support"];
    static readonly string[] Features = ["admin", "report", "export", "workflow", "dashboard", "api", "search", "share"];
    static readonly string[] Industries = ["software", "finance", "manufacturing", "retail", "health", "logistics", "energy", "public"];

    readonly LoadOptions options;
    readonly ZipfSampler sampler;
    readonly string[] accounts;
    readonly string[] people;
    readonly int peoplePerAccount;
    readonly DateTimeOffset origin;

    /// <param name="origin">When the signal with number 0 happened; number n happened n / rate seconds later.</param>
    public Workload(LoadOptions options, DateTimeOffset origin)
    {
        this.options = options;
        this.origin = origin;
        sampler = new(options.Accounts, options.Zipf);
        peoplePerAccount = Math.Max(1, options.Contacts / options.Accounts);
        accounts = [.. Enumerable.Range(0, options.Accounts).Select(a => $"acc-{a.ToString("D6", CultureInfo.InvariantCulture)}")];
        people = [.. Enumerable.Range(0, options.Accounts * peoplePerAccount).Select(p => $"person-{(p % peoplePerAccount).ToString(CultureInfo.InvariantCulture)}@{accounts[p / peoplePerAccount]}.example")];
        MeanBytes = Enumerable.Range(0, 10_000).Average(n => Measure(n));
    }

    /// <summary>Mean size of the message that carries a signal, without the five bytes of framing; over the first 10,000.</summary>
    public double MeanBytes { get; }

    /// <summary>Scratch memory of one sender, overwritten by the next <see cref="Fill"/> of the same sort of signal.</summary>
    public sealed class Slate
    {
        internal RecordRequest[] ByKind { get; } = [.. System.Enum.GetValues<Kind>().Select(_ => NewRequest())];

        static RecordRequest NewRequest() => new()
        {
            Signal = new Signal { Identifiers = { new Identifier { Kind = "email" } }, Time = new Timestamp(), Source = "orc-load" },
        };
    }

    internal enum Kind
    {
        Viewed,
        Downloaded,
        Clicked,
        Used,
        Submitted,
        Updated,
    }

    /// <summary>Makes the n-th signal. The result belongs to <paramref name="slate"/> and must be serialised before the next call.</summary>
    public RecordRequest Fill(Slate slate, long number)
    {
        var draw = SeededDraw.Bits(options.Seed, number, use: 2);
        var kind = KindOf((int)(draw & 63));
        var request = slate.ByKind[(int)kind];
        var signal = request.Signal;
        var account = AccountOf(number);
        signal.Id = string.Create(CultureInfo.InvariantCulture, $"{options.Run}-{number:D8}");
        signal.Account = accounts[account];
        signal.Identifiers[0].Value = people[(account * peoplePerAccount) + PersonOf(number)];
        var at = origin.AddTicks((long)(number / options.Rate * TimeSpan.TicksPerSecond)).UtcTicks - DateTime.UnixEpoch.Ticks;
        signal.Time.Seconds = at / TimeSpan.TicksPerSecond;
        signal.Time.Nanos = (int)(at % TimeSpan.TicksPerSecond) * 100;
        Describe(signal, kind, (int)((draw >> 8) & 7), (int)((draw >> 16) & 7), (int)((draw >> 24) & 63));
        return request;
    }

    /// <summary>Rank of the account that the n-th signal is about.</summary>
    public int AccountOf(long number) => options.Sequential ? (int)(number % options.Accounts) : sampler.Rank(SeededDraw.Bits(options.Seed, number, use: 1));

    int PersonOf(long number) => options.Sequential
        ? (int)(number / options.Accounts % peoplePerAccount)
        : SeededDraw.Below(SeededDraw.Bits(options.Seed, number, use: 3), peoplePerAccount);

    int Measure(int number) => Fill(new Slate(), number).CalculateSize();

    static Kind KindOf(int draw) => draw switch
    {
        0 => Kind.Updated,
        < 6 => Kind.Submitted,
        < 16 => Kind.Downloaded,
        < 24 => Kind.Clicked,
        < 36 => Kind.Used,
        _ => Kind.Viewed,
    };

    static void Describe(Signal signal, Kind kind, int one, int other, int amount)
    {
        var properties = signal.Properties;
        switch (kind)
        {
            case Kind.Viewed:
                signal.Type = "page.viewed";
                properties["url"] = Texts.Urls[one * 8 + other];
                properties["topic"] = Texts.Topics[one];
                properties["seconds"] = Texts.Numbers[amount];
                break;
            case Kind.Downloaded:
                signal.Type = "content.downloaded";
                properties["asset"] = Texts.Assets[one * 8 + other];
                properties["topic"] = Texts.Topics[one];
                properties["pages"] = Texts.Numbers[amount];
                break;
            case Kind.Clicked:
                signal.Type = "email.clicked";
                properties["treatment"] = Texts.Assets[one * 8 + other];
                properties["topic"] = Texts.Topics[one];
                properties["position"] = Texts.Numbers[amount];
                break;
            case Kind.Used:
                signal.Type = "product.used";
                properties["feature"] = Texts.Features[one];
                properties["screen"] = Texts.Urls[one * 8 + other];
                properties["seats"] = Texts.Numbers[amount];
                break;
            case Kind.Submitted:
                signal.Type = "form.submitted";
                properties["form"] = Texts.Assets[one * 8 + other];
                properties["topic"] = Texts.Topics[one];
                properties["fields"] = Texts.Numbers[amount];
                break;
            case Kind.Updated:
                signal.Type = "account.updated";
                properties["employees"] = Texts.Employees[amount];
                properties["industry"] = Texts.Industries[one];
                properties["country"] = Texts.Countries[other];
                properties["site"] = Texts.Sites[other];
                break;
        }
    }

    /// <summary>Values that all signals share; never changed.</summary>
    static class Texts
    {
        public static readonly Value[] Topics = Of(Workload.Topics);
        public static readonly Value[] Features = Of(Workload.Features);
        public static readonly Value[] Industries = Of(Workload.Industries);
        public static readonly Value[] Countries = Of(["JP", "GB", "US", "DE", "FR", "NL", "SE", "IN"]);
        public static readonly Value[] Sites = Of(Workload.Topics.Select(t => $"https://www.{t}.example/company"));
        public static readonly Value[] Urls = Of(Workload.Topics.SelectMany(t => Workload.Features.Select(f => $"https://www.example.com/{t}/{f}?from=menu")));
        public static readonly Value[] Assets = Of(Workload.Topics.SelectMany(t => Workload.Features.Select(f => $"{t}-for-{f}-teams-handbook-2026")));
        public static readonly Value[] Numbers = [.. Enumerable.Range(0, 64).Select(n => new Value { Integer = n * 3 })];
        public static readonly Value[] Employees = [.. Enumerable.Range(0, 64).Select(n => new Value { Integer = 20 << (n % 9) })];

        static Value[] Of(IEnumerable<string> texts) => [.. texts.Select(text => new Value { Text = text })];
    }
}
