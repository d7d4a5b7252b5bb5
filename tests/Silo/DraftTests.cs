using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests;

/// <summary>Drafts of playbooks as a caller sees them: through the service of a running silo.</summary>
public sealed class DraftTests
{
    private const string Text = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        signals: {page.viewed: {observed: true}}
        stages: {lead: {kind: inventory}, won: {kind: inventory}}
        transitions: [{id: wins, from: lead, to: won, when: "signals.any(['page.viewed'])", agreed-by: [sales]}]

        """;

    [Fact]
    public async Task C2_a_draft_is_saved_with_its_errors_shown_listed_and_published_from_its_revision_over_a_crash()
    {
        await using var desk = await Desk.OpenAsync(playbook: null);
        var broken = await SaveAsync(desk, Text.Replace("to: won", "to: one", StringComparison.Ordinal), "ann", 0);
        Assert.Equal((1, 0, "ann"), (broken.Draft.Revision, broken.Draft.BaseVersion, broken.Draft.Author));
        Assert.Contains("expected one of lead, won", Assert.Single(broken.Diagnostics, d => d.Severity == Diagnostic.Types.Severity.Error).Message, StringComparison.Ordinal);
        await RefusesAsync(desk, (s, c) => s.Publish(new() { Draft = "next", SignedOffBy = { "sales" } }, c), StatusCode.InvalidArgument, "expected one of lead, won");
        Assert.Equal(2, (await SaveAsync(desk, Text, "bob", 1)).Draft.Revision);
        await desk.World.CrashAndStartAsync();
        var shown = await Service(desk).GetDraft(new() { Name = "next" }, new CallContext());
        Assert.Equal((2, Text, 2), (shown.Draft.Revision, shown.Text, shown.Draft.History.Count));
        Assert.Equal(["bob", "ann"], shown.Draft.History.Select(h => h.Author));
        Assert.Contains("to: one", (await Service(desk).GetDraft(new() { Name = "next", Revision = 1 }, new CallContext())).Text, StringComparison.Ordinal);
        await RefusesAsync(desk, (s, c) => s.Publish(new() { Draft = "next" }, c), StatusCode.FailedPrecondition, "the sign-off of `sales`");
        var published = await desk.World.InTimeAsync(Service(desk).Publish(new() { Draft = "next", SignedOffBy = { "sales" } }, new CallContext()));
        Assert.Equal((1, "next", 2), (published.Version.Version, published.Version.Draft, published.Version.DraftRevision));
        var again = await desk.World.InTimeAsync(Service(desk).Publish(new() { Draft = "next", SignedOffBy = { "sales" } }, new CallContext()));
        Assert.Equal(1, again.Version.Version);
        var listed = Assert.Single((await Service(desk).ListDrafts(new(), new CallContext())).Drafts);
        Assert.Equal((1, 1, 2), (listed.BaseVersion, listed.PublishedVersion, listed.PublishedRevision));
        Assert.Equal(("next", 2), Assert.Single((await Service(desk).List(new(), new CallContext())).Versions) is var v ? (v.Draft, v.DraftRevision) : default);
    }

    [Fact]
    public async Task C2_saving_over_a_newer_revision_is_refused_and_says_whose_it_is()
    {
        await using var desk = await Desk.OpenAsync(playbook: null);
        await SaveAsync(desk, Text, "ann", 0);
        await RefusesAsync(desk, (s, c) => s.SaveDraft(Request("x", "bob", 0), c), StatusCode.Aborted, "there is a draft `next` already, at revision 1 by `ann`");
        await SaveAsync(desk, Text + "\n", "bob", 1);
        await RefusesAsync(desk, (s, c) => s.SaveDraft(Request("x", "ann", 1), c), StatusCode.Aborted, "revision 1 of draft `next` was expected to be the latest, it is 2 by `bob`");
        // A retried call is no conflict.
        Assert.Equal(2, (await SaveAsync(desk, Text + "\n", "bob", 1)).Draft.Revision);
        await RefusesAsync(desk, (s, c) => s.Publish(new() { Draft = "next", DraftRevision = 1, SignedOffBy = { "sales" } }, c), StatusCode.Aborted, "it is 2 by `bob`");
        await RefusesAsync(desk, (s, c) => s.DeleteDraft(new() { Name = "next", Author = "ann", ExpectedRevision = 1 }, c), StatusCode.Aborted, "it is 2 by `bob`");
        await RefusesAsync(desk, (s, c) => s.GetDraft(new() { Name = "nxt" }, c), StatusCode.NotFound, "no draft `nxt`; did you mean `next`?");
        await RefusesAsync(desk, (s, c) => s.SaveDraft(new() { Name = "A b", Text = "x", Author = "ann" }, c), StatusCode.InvalidArgument, "`A b` is no name of a draft");
        await RefusesAsync(desk, (s, c) => s.SaveDraft(new() { Name = "a", Text = "x" }, c), StatusCode.InvalidArgument, "`author` must say");
        await desk.World.InTimeAsync(Service(desk).DeleteDraft(new() { Name = "next", Author = "ann", ExpectedRevision = 2 }, new CallContext()));
        Assert.Empty((await Service(desk).ListDrafts(new(), new CallContext())).Drafts);
    }

    [Fact]
    public async Task C2_a_draft_that_was_overtaken_by_a_version_is_not_published_unseen()
    {
        await using var desk = await Desk.OpenAsync(Text.Replace(", agreed-by: [sales]", "", StringComparison.Ordinal));
        await SaveAsync(desk, Text, "ann", 0);
        await desk.PublishAsync(Text.Replace(", agreed-by: [sales]", "", StringComparison.Ordinal).Replace("Sales", "Selling", StringComparison.Ordinal));
        await RefusesAsync(desk, (s, c) => s.Publish(new() { Draft = "next", SignedOffBy = { "sales" } }, c), StatusCode.Aborted, "draft `next` was begun from version 1, and the latest is 2");
        var request = Request(Text, "ann", 1);
        request.BaseVersion = 2;
        await desk.World.InTimeAsync(Service(desk).SaveDraft(request, new CallContext()));
        Assert.Equal(3, (await desk.World.InTimeAsync(Service(desk).Publish(new() { Draft = "next", SignedOffBy = { "sales" } }, new CallContext()))).Version.Version);
    }

    [Fact]
    public async Task C2_the_history_is_kept_and_the_oldest_texts_are_not()
    {
        await using var desk = await Desk.OpenAsync(playbook: null);
        for (var i = 0; i < 10; i++)
        {
            await SaveAsync(desk, $"{Text}# {i}", "ann", i);
        }

        var shown = await Service(desk).GetDraft(new() { Name = "next", Revision = 3 }, new CallContext());
        Assert.EndsWith("# 2", shown.Text, StringComparison.Ordinal);
        Assert.Equal((10, 8), (shown.Draft.History.Count, shown.Draft.History.Count(h => h.Kept)));
        await RefusesAsync(desk, (s, c) => s.GetDraft(new() { Name = "next", Revision = 2 }, c), StatusCode.NotFound, "is not kept any more");
        await desk.World.AssertEqualsFoldFromZeroAsync();
    }

    private static PlaybookService Service(Desk desk) => new(desk.World.Silo);

    private static SaveDraftRequest Request(string text, string author, int expected) => new() { Name = "next", Text = text, File = "next.yaml", Author = author, ExpectedRevision = expected };

    private static Task<SaveDraftResponse> SaveAsync(Desk desk, string text, string author, int expected) =>
        desk.World.InTimeAsync(Service(desk).SaveDraft(Request(text, author, expected), new CallContext()));

    private static async Task RefusesAsync(Desk desk, Func<PlaybookService, CallContext, Task> call, StatusCode code, string part)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => call(Service(desk), new CallContext()));
        Assert.Contains(part, refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(code, refused.Code);
    }
}
