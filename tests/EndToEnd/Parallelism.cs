// Each test runs a silo and load of its own and times some of it: two at once would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
