using System.Diagnostics;
using System.Globalization;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Journal.Postgres;
using Orchestrator.Silo.StoreCommands;
using ZstdSharp;

namespace Orchestrator.Bench.Packing;

/// <summary>
/// How small do the bodies of given stores become, and what does it cost? And makes a dictionary from others: <c>packing --train OUT BYTES STORE...</c>. Stores are files or connection strings.
/// Train with some and measure with others, or the dictionary is praised for knowing its own examples.
/// </summary>
static class PackingBenchmark
{
    static readonly int[] Levels = [1, 2, 3, 6];

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--train", var output, var bytes, _, ..])
        {
            var samples = new List<byte[]>();
            foreach (var file in args[3..])
            {
                var (frames, snapshots, checkpoints) = await ReadAsync(file);
                // Each store has the same say, however long it ran; checkpoints look alike, a few will do.
                samples.AddRange([.. Some(frames, 6_000), .. Some(snapshots, 2_000), .. Some(checkpoints, 200)]);
            }

            await File.WriteAllBytesAsync(output, DictBuilder.TrainFromBuffer(samples, int.Parse(bytes, CultureInfo.InvariantCulture)));
            Console.WriteLine($"{output}: from {samples.Count:N0} bodies");
            return 0;
        }

        Console.WriteLine("How small do bodies become, and what does it cost?");
        var dictionary = args is ["--dictionary", var given, ..] ? await File.ReadAllBytesAsync(given) : PackingDictionary.Of(PackingDictionary.Newest);
        foreach (var file in args is ["--dictionary", ..] ? args[2..] : args)
        {
            var (frames, snapshots, checkpoints) = await ReadAsync(file);
            Console.WriteLine("store | bodies | of | mean B | p99 B | level | packed mean B | ratio | pack us | expand us");
            foreach (var (name, bodies) in new[] { ("frames", frames), ("snapshots", snapshots), ("checkpoints", checkpoints) }.Where(kind => kind.Item2.Count > 0))
            {
                foreach (var level in Levels)
                {
                    Measure(file[(file.LastIndexOfAny(['/', '=']) + 1)..], name, Some(bodies, 20_000), level, dictionary);
                }
            }
        }

        return 0;
    }

    static void Measure(string store, string name, List<byte[]> bodies, int level, byte[] dictionary)
    {
        using var packer = new BodyPacker(level, PackingDictionary.Newest, dictionary);
        var room = new byte[BodyPacker.Room(bodies.Max(body => body.Length))];
        long before = 0, after = 0;
        var stored = new List<byte[]>(bodies.Count);
        // Once to warm up, once to measure.
        for (var run = 0; run < 2; run++)
        {
            (before, after) = (0, 0);
            stored.Clear();
            foreach (var body in bodies)
            {
                var length = packer.Pack(body, room);
                stored.Add(length == 0 ? body : room[..length]);
                before += body.Length;
                after += stored[^1].Length;
            }
        }

        var packing = Microseconds(bodies, body => packer.Pack(body, room));
        var expanding = double.NaN;
        if (dictionary.AsSpan().SequenceEqual(PackingDictionary.Of(PackingDictionary.Newest)))
        {
            for (var i = 0; i < bodies.Count; i++)
            {
                if (!PackedBody.Expand(stored[i]).AsSpan().SequenceEqual(bodies[i]))
                {
                    throw new InvalidOperationException($"body {i} of {name} is not what was packed");
                }
            }

            expanding = Microseconds(stored, body => PackedBody.Expand(body));
        }

        var sizes = bodies.Select(body => body.Length).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{store} | {bodies.Count:N0} | {name} | {sizes.Average():N0} | {sizes[(int)(sizes.Count * 0.99)]:N0} | {level} | {(double)after / bodies.Count:N0} | {(double)after / before:0.000} | {packing:0.0} | {expanding:0.0}"));
    }

    /// <summary>CPU of this process a body, so that neighbours on the machine do not count.</summary>
    static double Microseconds(List<byte[]> bodies, Action<byte[]> work)
    {
        using var self = Process.GetCurrentProcess();
        var (began, rounds, used) = (self.TotalProcessorTime, 0, TimeSpan.Zero);
        for (; used < TimeSpan.FromSeconds(1); rounds++)
        {
            bodies.ForEach(work);
            self.Refresh();
            used = self.TotalProcessorTime - began;
        }

        return used.TotalMicroseconds / rounds / bodies.Count;
    }

    static async Task<(List<byte[]> Frames, List<byte[]> Snapshots, List<byte[]> Checkpoints)> ReadAsync(string file)
    {
        var (frames, snapshots) = (new List<byte[]>(), new List<byte[]>());
        await using IStoreSource source = file.StartsWith("Host=", StringComparison.Ordinal) ? await PostgresSource.OpenAsync(new PostgresSettings(file), CancellationToken.None) : SqliteSource.Open(file, alone: false);
        await foreach (var frame in source.FramesAsync(CancellationToken.None))
        {
            frames.Add(PackedBody.Expand(frame.Body));
        }

        await foreach (var (_, row) in source.SnapshotsAsync(CancellationToken.None))
        {
            snapshots.Add(PackedBody.Expand(row.Body));
        }

        return (frames, snapshots, [.. source.Partitions.Select(partition => PackedBody.Expand(partition.Watermarks)).Where(marks => marks.Length > 0)]);
    }

    /// <summary>So many, spread over all.</summary>
    static List<byte[]> Some(List<byte[]> all, int most) => [.. all.Where((_, i) => all.Count <= most || i % (all.Count / most) == 0).Take(most)];
}
