// Each test runs three silos and a database: two at once would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
