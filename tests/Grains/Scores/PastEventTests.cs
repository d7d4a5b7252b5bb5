using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Scores;

/// <summary>Conditions on what happened before, and what becomes of profiles that turn out to be one.</summary>
/// <remarks>
/// Cases that Apache Unomi tests, transcribed as facts: past-event conditions (its `SegmentIT` and the evaluator of `pastEventCondition`) and merges on a property (`ProfileMergeIT`). Where we
/// differ on purpose:
/// <list type="bullet">
/// <item>An event that is stored past the rules, and one that leaves the window, changes a profile there when a job recalculates. Here both do at once: at the signal, and at the very instant at which the
/// window ends.</item>
/// <item>A window there may have fixed dates. Here windows end now; a period of the calendar is not asked about after the fact.</item>
/// <item>A maximum there also asks for at least one event (zero events satisfy no "occurred"). Here a count is a number: the lower bound is written where it is meant.</item>
/// <item>A rule there may force the profile of the event to stay (`forceEventProfileAsMaster`). Here whoever was known first stays, whatever comes; the other is found under their old id.</item>
/// <item>A session there goes over to a new profile if its event names another e-mail address. Here a signal that names two people says that they are one; two who share a machine are told
/// apart by naming the address alone.</item>
/// <item>Anonymous browsing there detaches events from the profile. Here a signal without identifiers is about the account.</item>
/// </list>
/// </remarks>
public sealed class PastEventTests
{
    private const string Occurred = "signals.count('page.viewed', '10d') >= 1";
    private const string NotOccurred = "signals.count('page.viewed', '10d') == 0";
    private const string AtMostOne = "signals.count('page.viewed', '10d') >= 1 && signals.count('page.viewed', '10d') <= 1";
    private const string OneOrTwo = "signals.count('page.viewed', '10d') >= 1 && signals.count('page.viewed', '10d') <= 2";
    private const string AtLeastTwo = "signals.count('page.viewed', '10d') >= 2";

    [Theory]
    // Happened within ten days, or not.
    [InlineData(Occurred, "", false)]
    [InlineData(Occurred, "3", true)]
    [InlineData(Occurred, "15", false)]
    [InlineData(Occurred, "15 3", true)]
    // Did not happen.
    [InlineData(NotOccurred, "", true)]
    [InlineData(NotOccurred, "3", false)]
    [InlineData(NotOccurred, "15", true)]
    // At most once; none is not enough.
    [InlineData(AtMostOne, "", false)]
    [InlineData(AtMostOne, "3", true)]
    [InlineData(AtMostOne, "3 3", false)]
    [InlineData(AtMostOne, "15 3", true)]
    // Once or twice.
    [InlineData(OneOrTwo, "3", true)]
    [InlineData(OneOrTwo, "3 3", true)]
    [InlineData(OneOrTwo, "3 3 3", false)]
    // At least twice.
    [InlineData(AtLeastTwo, "3", false)]
    [InlineData(AtLeastTwo, "3 5", true)]
    [InlineData(AtLeastTwo, "3 15", false)]
    public void D2_a_past_event_counts_as_it_does_elsewhere(string condition, string daysAgo, bool holds)
    {
        var scene = Given(condition).Signal("email.clicked");
        foreach (var days in daysAgo.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Happened(scene, scene.Now.AddDays(-int.Parse(days, System.Globalization.CultureInfo.InvariantCulture)));
        }

        Assert.Equal(holds ? "member" : "other", SegmentOf(scene));
    }

    [Fact]
    public void D2_an_event_leaves_its_window_at_the_instant_at_which_it_ends_and_no_job_is_run()
    {
        const string moves = "transitions: [{id: in, from: start, to: inside, when: \"" + Occurred + "\"}, {id: out, from: inside, to: start, when: \"" + NotOccurred + "\"}]\n";
        var scene = Scene.Given(Head + "stages: {start: {kind: inventory}, inside: {kind: inventory}}\n" + moves).Signal("email.clicked");
        var happened = scene.Now.AddDays(-3);
        Happened(scene, happened);
        Assert.Equal("inside", scene.Account.Stage);
        scene.At(happened.AddDays(10).AddTicks(-1));
        Assert.Equal("inside", scene.Account.Stage);
        scene.AfterDays(1);
        Assert.Equal(("start", happened.AddDays(10)), (scene.Account.Stage, scene.Account.StageSince));
    }

    [Fact]
    public void A7_the_one_known_first_stays_and_the_other_is_found_under_their_old_id()
    {
        var scene = Scene.Given(Head + OneStage).Signal("page.viewed", "ann").Signal("page.viewed", "user:u-7");
        var (first, second) = (scene.Person("ann").Key, scene.Person("user:u-7").Key);
        Assert.NotEqual(first, second);
        scene.Signal("email.clicked", "ann user:u-7");
        Assert.Equal(first, scene.Person("user:u-7").Key);
        Assert.Equal(first, scene.ContactOf(Scene.Company, second.Id).MovedTo);
        Assert.Equal([first.Id], scene.Account.Contacts.Keys);

        // What happened before is the first one's now.
        Assert.Equal(3, scene.Person("ann").SignalCount);
    }

    [Fact]
    public void A7_an_address_that_nobody_has_is_a_person_of_its_own_and_one_that_somebody_has_is_theirs()
    {
        var scene = Scene.Given(Head + OneStage).Signal("page.viewed", "master");
        scene.Signal("page.viewed", "event");
        Assert.NotEqual(scene.Person("master").Key, scene.Person("event").Key);
        var previous = scene.Person("event").Key;
        scene.Signal("page.viewed", "event");
        Assert.Equal((previous, 2L, 1L), (scene.Person("event").Key, scene.Person("event").SignalCount, scene.Person("master").SignalCount));
    }

    private static Scene Given(string condition) => Scene.Given(Head + OneStage + "segments: {member: {when: \"" + condition + "\"}, other: {when: \"true\"}}\n");

    private static string SegmentOf(Scene scene)
    {
        scene.Workspace.Facts.Set(scene.Playbook, scene.Account, null, null, scene.Now);
        return scene.Playbook.SegmentOf(scene.Workspace.Facts);
    }

    private static void Happened(Scene scene, DateTimeOffset at)
    {
        var signal = scene.NewSignal("page.viewed", "");
        signal.Time = Timestamp.FromDateTimeOffset(at);
        scene.Record(signal);
    }
}
