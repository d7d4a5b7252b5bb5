using Orchestrator.Silo.Delivery;
using Xunit;

namespace Orchestrator.Silo.Tests.Delivery;

public sealed class DueHeapTests
{
    [Fact]
    public void Whatever_is_set_moved_and_removed_the_first_is_the_earliest()
    {
        var random = new Random(7);
        var heap = new DueHeap();
        var items = Enumerable.Range(0, 200).Select(_ => new Item()).ToArray();
        var model = new Dictionary<Item, long>();
        for (var i = 0; i < 50_000; i++)
        {
            var item = items[random.Next(items.Length)];
            if (random.Next(3) == 0)
            {
                heap.Remove(item);
                model.Remove(item);
            }
            else
            {
                var due = random.Next(1_000);
                heap.Set(item, due);
                model[item] = due;
            }

            Assert.Equal(model.Count, heap.Count);
            Assert.Equal(model.Count == 0 ? null : model.Values.Min(), heap.First?.DueAt);
        }
    }

    private sealed class Item : Due;
}
