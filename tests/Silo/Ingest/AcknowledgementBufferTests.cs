using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Silo.Tests.Ingest;

/// <summary>Acknowledgements that are written as bytes say what the messages said, byte for byte.</summary>
public sealed class AcknowledgementBufferTests
{
    [Theory]
    [InlineData("s-1", 0, 0L, false)]
    [InlineData("", 255, 1L, false)]
    [InlineData("r19a-00000001", 1, long.MaxValue, true)]
    [InlineData("jos\u00e9 \u6771", int.MaxValue, 300L, false)]
    public void A1_a_recorded_signal_is_acknowledged_in_the_bytes_of_its_message(string id, int partition, long sequence, bool duplicate)
    {
        var recorded = new Answer.Recorded(sequence, duplicate);
        var buffer = new AcknowledgementBuffer();
        buffer.Add(id, partition, recorded);
        buffer.Add(id + "2", partition, recorded);
        var message = new RecordResponse
        {
            Acknowledgements = { Acknowledging.Of(id, new Outcome.Accepted(recorded, partition, sequence)), Acknowledging.Of(id + "2", new Outcome.Accepted(recorded, partition, sequence)) },
        };
        Assert.Equal(message.ToByteArray(), buffer[0].Body.ToArray());
        Assert.Equal(1, buffer.Messages);
    }

    [Fact]
    public void A1_a_long_id_and_what_is_not_recorded_stand_between_others_in_the_order_given()
    {
        var recorded = new Answer.Recorded(7, Duplicate: false);
        var refused = new Acknowledgement { SignalId = "b", Result = Acknowledgement.Types.Result.Refused, Reason = new string('x', 500) };
        var overloaded = new Acknowledgement { SignalId = "c", Result = Acknowledgement.Types.Result.Overloaded, RetryAfter = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(250)) };
        var buffer = new AcknowledgementBuffer();
        buffer.Add(new string('a', 300), 3, recorded);
        buffer.Add(refused);
        buffer.Add(overloaded);
        buffer.Add("d", 3, recorded);
        var read = RecordResponse.Parser.ParseFrom(buffer[0].Body.Span);
        Assert.Equal([Acknowledging.Of(new string('a', 300), new Outcome.Accepted(recorded, 3, 7)), refused, overloaded, Acknowledging.Of("d", new Outcome.Accepted(recorded, 3, 7))], read.Acknowledgements);
    }

    [Fact]
    public void A1_more_than_fit_into_one_message_make_several_and_none_is_lost()
    {
        var buffer = new AcknowledgementBuffer();
        for (var again = 0; again < 2; again++)
        {
            for (var i = 0; i < 2_500; i++)
            {
                buffer.Add($"s-{i}", i % 256, new Answer.Recorded(i, Duplicate: false));
            }

            Assert.Equal(3, buffer.Messages);
            var read = Enumerable.Range(0, buffer.Messages).Select(i => RecordResponse.Parser.ParseFrom(buffer[i].Body.Span)).ToList();
            Assert.Equal([1_024, 1_024, 452], read.Select(message => message.Acknowledgements.Count));
            Assert.Equal(Enumerable.Range(0, 2_500).Select(i => $"s-{i}"), read.SelectMany(message => message.Acknowledgements).Select(a => a.SignalId));
            buffer.Clear();
            Assert.True(buffer.IsEmpty);
            Assert.Equal(0, buffer.Messages);
        }

        // Long reasons: a message that a client of gRPC takes is at most 4 MiB.
        for (var i = 0; i < 1_000; i++)
        {
            buffer.Add(new Acknowledgement { SignalId = "s", Reason = new string('x', 10_000) });
        }

        Assert.True(Enumerable.Range(0, buffer.Messages).All(i => buffer[i].Body.Length < 100_000));
        Assert.Equal(1_000, Enumerable.Range(0, buffer.Messages).Sum(i => RecordResponse.Parser.ParseFrom(buffer[i].Body.Span).Acknowledgements.Count));
    }
}
