namespace Orchestrator.Bench.Loading;

/// <summary>Which accounts a store is filled with: the first ones of the canonical workload, under the names that the generator uses.</summary>
/// <param name="Accounts">How many.</param>
/// <param name="ContactsEach">People of each account, each with one signal.</param>
/// <param name="IdleFor">How long ago their signals came. Whatever time has brought about since (actions that ran out, criteria that fell) has happened, up to now.</param>
sealed record LoadPlan(int Accounts, int ContactsEach, TimeSpan IdleFor);

/// <summary>What a loader wrote.</summary>
/// <param name="Frames">Journal frames.</param>
/// <param name="Snapshots">Grains, each with its snapshot.</param>
/// <param name="Wakes">Turns that time alone has caused.</param>
/// <param name="Open">Accounts with an open action at the end.</param>
readonly record struct Loaded(int Accounts, long Frames, long Snapshots, long Wakes, long Open, TimeSpan Took);
