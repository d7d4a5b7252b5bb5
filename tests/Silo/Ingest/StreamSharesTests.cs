using Orchestrator.Silo.Ingest;
using Xunit;

namespace Orchestrator.Silo.Tests.Ingest;

public sealed class StreamSharesTests
{
    [Theory]
    [InlineData(1, 2_048)]
    [InlineData(4, 2_048)]
    [InlineData(8, 1_024)]
    [InlineData(16, 512)]
    [InlineData(400, 512)]
    public void Few_streams_may_have_much_in_hand_and_many_have_less_each(int streams, int each)
    {
        var shares = new StreamShares();
        for (var i = 0; i < streams; i++)
        {
            shares.Enter();
        }

        Assert.Equal(each, shares.Each);
        for (var i = 0; i < streams; i++)
        {
            shares.Leave();
        }

        Assert.Equal(2_048, shares.Each);
    }
}
