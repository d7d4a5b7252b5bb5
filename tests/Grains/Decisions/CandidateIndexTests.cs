using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Decisions;

/// <summary>Deciding by index, and waking by index, come to the same as looking at every play and every condition. The scene compares both after each turn.</summary>
public sealed class CandidateIndexTests
{
    [Fact]
    public void E1_F3_deciding_by_index_comes_to_the_same_facts_and_wakes_as_looking_at_every_play_whatever_the_playbook()
    {
        var reached = new HashSet<NoneReason>();
        var offers = 0;
        var explored = 0;
        for (var seed = 1; seed <= 60; seed++)
        {
            try
            {
                var random = new Random(seed);
                var scene = Scene.Given(RandomPlaybooks.Text(seed));
                for (var step = 0; step < 70; step++)
                {
                    scene.After(TimeSpan.FromTicks((long)(random.NextDouble() * random.NextDouble() * 12 * TimeSpan.TicksPerHour)));
                    RandomWorldTests.Step(scene, random);
                }

                foreach (var fact in scene.Journal)
                {
                    offers += fact.Event is AccountEvent.ActionOffered ? 1 : 0;
                    explored += fact.Event is AccountEvent.ActionOffered { Action.Factors.Probability: < 0.5 } ? 1 : 0;
                    if (fact.Event is AccountEvent.NoneDecided none)
                    {
                        reached.Add(none.Reason);
                    }
                }
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }

        // Otherwise the playbooks are not as varied as they are meant to be.
        Assert.True(offers > 1_000, $"{offers} offers");
        Assert.True(explored > 50, $"{explored} drawn to explore");
        Assert.Superset(
            new HashSet<NoneReason>
            {
                NoneReason.NoCandidates, NoneReason.NeverClass, NoneReason.NoRole, NoneReason.NotTriggered, NoneReason.AlreadyOpen, NoneReason.CoolingDown, NoneReason.NotEligible,
                NoneReason.NotApplicable, NoneReason.NotSuitable, NoneReason.NoTreatment, NoneReason.NoConsent, NoneReason.Suppressed, NoneReason.QuietHours, NoneReason.OverCap,
                NoneReason.Resting, NoneReason.PeoplePerWeek, NoneReason.NoCapacity, NoneReason.NotWorthIt, NoneReason.HeldOut,
            },
            reached);
    }
}
