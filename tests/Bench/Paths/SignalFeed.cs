using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Google.Protobuf;
using Orchestrator.Load;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.V1;

namespace Orchestrator.Bench.Paths;

/// <summary>Sends the canonical signals as framed bytes through pipes at a fixed rate and reads the framed acknowledgements, in place of a connection.</summary>
sealed class SignalFeed(SignalService service, Sizes sizes)
{
    private const int Streams = 4;
    private const int TickMilliseconds = 2;
    private int runs;

    /// <returns>How many were sent and answered, how many of the answers say that they are recorded, in how many messages they came, and how long each took since it was due.</returns>
    public async Task<(long Sent, long Answered, long Recorded, long Messages, LatencyHistogram Latencies)> RunAsync(double seconds)
    {
        var workload = new Workload(
            new LoadOptions { Address = new Uri("http://127.0.0.1"), Rate = sizes.Rate, Accounts = sizes.Accounts, Contacts = sizes.Contacts, Seed = (ulong)++runs, Run = string.Create(CultureInfo.InvariantCulture, $"path{runs}") },
            DateTimeOffset.UtcNow);
        var started = Stopwatch.GetTimestamp();
        var lanes = Enumerable.Range(0, Streams).Select(_ => new Lane(service, sizes.Rate, started)).ToArray();
        var sent = await Task.Factory.StartNew(() => Send(workload, lanes, seconds, started), TaskCreationOptions.LongRunning);
        var all = new LatencyHistogram();
        long answered = 0, recorded = 0, messages = 0;
        foreach (var lane in lanes)
        {
            await lane.EndAsync();
            all.Add(lane.Latencies);
            (answered, recorded, messages) = (answered + lane.Answered, recorded + lane.Recorded, messages + lane.Messages);
        }

        return (sent, answered, recorded, messages, all);
    }

    private long Send(Workload workload, Lane[] lanes, double seconds, long started)
    {
        var slate = new Workload.Slate();
        long number = 0;
        while (true)
        {
            var elapsed = Math.Min(seconds, Stopwatch.GetElapsedTime(started).TotalSeconds);
            for (var due = (long)(elapsed * sizes.Rate); number < due; number++)
            {
                lanes[number % Streams].Write(workload.Fill(slate, number));
            }

            foreach (var lane in lanes)
            {
                lane.Flush();
            }

            if (elapsed >= seconds)
            {
                return number;
            }

            Thread.Sleep(TickMilliseconds);
        }
    }

    /// <summary>One call: a pipe there, a pipe back.</summary>
    private sealed class Lane
    {
        private readonly Pipe requests = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        private readonly Pipe responses = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        private readonly MessageWriter writer;
        private readonly Task serving;
        private readonly Task reading;

        public Lane(SignalService service, double rate, long started)
        {
            writer = new MessageWriter(requests.Writer);
            serving = Task.Run(() => ServeAsync(service));
            reading = Task.Run(() => ReadAsync(rate, started));
        }

        public LatencyHistogram Latencies { get; } = new();

        public long Answered { get; private set; }

        public long Recorded { get; private set; }

        public long Messages { get; private set; }

        public void Write(IMessage message) => writer.Write(message);

        public void Flush()
        {
            if (writer.PendingBytes > 0)
            {
                writer.FlushAsync().AsTask().GetAwaiter().GetResult();
            }
        }

        public async Task EndAsync()
        {
            await requests.Writer.CompleteAsync();
            await serving;
            await reading;
        }

        private static MessageReader<T> Reader<T>(PipeReader pipe, MessageParser<T> parser)
            where T : class, IMessage<T> => new(pipe, parser, new(MessageReaderOptions.DefaultLimitBytes, false, static fault => fault), new CallContext());

        private async Task ServeAsync(SignalService service)
        {
            await MessagePump.RunAsync(
                service.Record(Reader(requests.Reader, RecordRequest.Parser), new CallContext()).GetAsyncEnumerator(CancellationToken.None), new MessageWriter(responses.Writer), new PipeTurn(writing: true), static () => false, static () => Task.CompletedTask, CancellationToken.None);
            await responses.Writer.CompleteAsync();
        }

        private async Task ReadAsync(double rate, long started)
        {
            await foreach (var response in Reader(responses.Reader, RecordResponse.Parser))
            {
                var now = Stopwatch.GetTimestamp();
                Messages++;
                foreach (var answer in response.Acknowledgements)
                {
                    Answered++;
                    Recorded += answer.Result == Acknowledgement.Types.Result.Recorded ? 1 : 0;
                    var number = long.Parse(answer.SignalId.AsSpan(answer.SignalId.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture);
                    Latencies.Record((long)(((now - started) * (1e9 / Stopwatch.Frequency)) - (number / rate * 1e9)));
                }
            }
        }
    }
}
