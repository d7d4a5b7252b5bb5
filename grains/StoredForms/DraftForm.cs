using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Drafts of playbooks, as stored.</summary>
internal static class DraftForm
{
    public static StoredDraft Write(Grains.Playbooks.Draft draft) => new()
    {
        Name = draft.Name,
        BaseVersion = draft.BaseVersion,
        Revisions = { draft.Revisions.Select(Write) },
        PublishedVersion = draft.PublishedVersion,
        PublishedRevision = draft.PublishedRevision,
    };

    public static Grains.Playbooks.Draft Read(StoredDraft stored) => new(stored.Name, stored.BaseVersion, [.. stored.Revisions.Select(Read)])
    {
        PublishedVersion = stored.PublishedVersion,
        PublishedRevision = stored.PublishedRevision,
    };

    public static StoredDraftSaved Write(CatalogEvent.DraftSaved e) => new() { Name = e.Name, BaseVersion = e.BaseVersion, Revision = Write(e.Revision) };

    public static CatalogEvent Read(StoredDraftSaved stored) => new CatalogEvent.DraftSaved(stored.Name, stored.BaseVersion, Read(stored.Revision));

    public static StoredDraftDeleted Write(CatalogEvent.DraftDeleted e) => new() { Name = e.Name, Author = e.Author, At = Ticks.Of(e.At) };

    public static CatalogEvent Read(StoredDraftDeleted stored) => new CatalogEvent.DraftDeleted(stored.Name, stored.Author, Ticks.Instant(stored.At));

    public static StoredDraftWish Write(CatalogCommand.SaveDraft c) =>
        new() { Name = c.Name, Author = c.Author, ExpectedRevision = c.ExpectedRevision, Text = c.Text, File = c.File, Digest = c.Digest, BaseVersion = c.BaseVersion };

    public static StoredDraftWish Write(CatalogCommand.DeleteDraft c) => new() { Name = c.Name, Author = c.Author, ExpectedRevision = c.ExpectedRevision, Delete = true };

    public static CatalogCommand Read(StoredDraftWish stored, GrainKey target) => stored.Delete
        ? new CatalogCommand.DeleteDraft(target, stored.Name, stored.Author, stored.ExpectedRevision)
        : new CatalogCommand.SaveDraft(target, stored.Name, stored.Text, stored.File, stored.Digest, stored.Author, stored.BaseVersion, stored.ExpectedRevision);

    private static StoredDraftRevision Write(Grains.Playbooks.DraftRevision revision) =>
        new() { Number = revision.Number, Text = revision.Text, File = revision.File, Digest = revision.Digest, Author = revision.Author, At = Ticks.Of(revision.At) };

    private static Grains.Playbooks.DraftRevision Read(StoredDraftRevision stored) =>
        new(stored.Number, stored.Text, stored.File, stored.Digest, stored.Author, Ticks.Instant(stored.At));
}
