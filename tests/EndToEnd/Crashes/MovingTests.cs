using Orchestrator.EndToEnd.Harness;

namespace Orchestrator.EndToEnd.Crashes;

/// <summary>People who are met before anybody knows where they belong, and signals of theirs that are sent again meanwhile.</summary>
public sealed class MovingTests
{
    // The identity used to route to the new account as soon as it was bound, ahead of the id window that travels with the move.
    [Fact]
    public async Task A_signal_sent_again_while_its_person_moves_is_applied_once()
    {
        const int People = 1_000;
        await using var silo = await SiloProcess.StartAsync(Texts.Head + Texts.Journey);
        await using var recorder = silo.Client.NewRecorder();
        await using var second = silo.Client.NewRecorder();
        for (var n = 0; n < People; n++)
        {
            var routed = Texts.Viewed($"routed-{n}", $"acc-{n}");
            var named = Texts.Viewed($"named-{n}", $"acc-{n}");
            routed.Account = "";
            await recorder.AddAsync(routed);
            await second.AddAsync(named);

            // The recorder sends it when the first has its verdict, as somebody would who never heard of one.
            await recorder.AddAsync(routed.Clone());
        }

        await recorder.FlushAsync();
        await second.FlushAsync();

        // Twice: what a stop finds on its way arrives after the next start.
        await silo.StopAsync();
        await silo.StartAsync();
        await silo.StopAsync();
        var check = await JournalCheck.ReadAsync(silo.File);
        Assert.Empty(check.Applied.Where(s => s.Value.Count > 1).Select(s => $"{s.Key} in {string.Join(" and ", s.Value)}"));
    }
}
