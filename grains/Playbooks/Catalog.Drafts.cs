using System.Collections.Immutable;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Playbooks;

public sealed partial record Catalog
{
    /// <summary>Sorted by name.</summary>
    public ImmutableArray<Draft> Drafts { get; init; } = [];

    public Draft? DraftOf(string name) => Drafts.FirstOrDefault(d => d.Name == name);

    private static Verdict Save(Catalog catalog, CatalogCommand.SaveDraft command, DateTimeOffset now)
    {
        var draft = catalog.DraftOf(command.Name);
        var latest = draft?.Latest.Number ?? 0;

        // A retried call changes nothing.
        if (draft is not null && command.ExpectedRevision == latest - 1 && draft.Latest.Digest == command.Digest && draft.Latest.Author == command.Author)
        {
            return new Verdict.Accepted([], [], [], new Answer.Drafted(latest));
        }

        if (command.ExpectedRevision != latest)
        {
            return draft is null
                ? new Verdict.Rejected(new Rejection.NoSuchDraft(command.Name, Words.Nearest(command.Name, catalog.Drafts.Select(d => d.Name))))
                : new Verdict.Rejected(new Rejection.StaleDraft(command.Name, draft.Latest.Author, command.ExpectedRevision, latest));
        }

        if (draft is null && catalog.Drafts.Length >= Draft.MostDrafts)
        {
            return new Verdict.Rejected(new Rejection.BadAnswer($"there are {catalog.Drafts.Length} drafts, at most {Draft.MostDrafts} are possible: delete one that is done"));
        }

        if (command.BaseVersion < 0 || command.BaseVersion > catalog.Versions.Length)
        {
            return new Verdict.Rejected(new Rejection.BadAnswer($"the base version `{command.BaseVersion}` is not among the {catalog.Versions.Length} that are published"));
        }

        var basis = command.BaseVersion > 0 ? command.BaseVersion : draft?.BaseVersion ?? catalog.Versions.Length;
        var revision = new DraftRevision(latest + 1, command.Text, command.File, command.Digest, command.Author, now);
        return new Verdict.Accepted([new Fact(catalog.Key, new CatalogEvent.DraftSaved(command.Name, basis, revision))], [], [], new Answer.Drafted(revision.Number));
    }

    private static Verdict Delete(Catalog catalog, CatalogCommand.DeleteDraft command, DateTimeOffset now)
    {
        if (catalog.DraftOf(command.Name) is not { } draft)
        {
            return new Verdict.Rejected(new Rejection.NoSuchDraft(command.Name, Words.Nearest(command.Name, catalog.Drafts.Select(d => d.Name))));
        }

        return command.ExpectedRevision != 0 && command.ExpectedRevision != draft.Latest.Number
            ? new Verdict.Rejected(new Rejection.StaleDraft(command.Name, draft.Latest.Author, command.ExpectedRevision, draft.Latest.Number))
            : new Verdict.Accepted([new Fact(catalog.Key, new CatalogEvent.DraftDeleted(command.Name, command.Author, now))], [], [], new Answer.Drafted(draft.Latest.Number));
    }

    /// <summary>Why a version cannot be published from this draft; null: it can, or it is from none.</summary>
    private static Rejection? AgainstDraft(Catalog catalog, CatalogCommand.Publish command) => command.Draft.Length == 0 ? null : catalog.DraftOf(command.Draft) switch
    {
        null => new Rejection.NoSuchDraft(command.Draft, Words.Nearest(command.Draft, catalog.Drafts.Select(d => d.Name))),
        { } draft when draft.Latest.Number != command.DraftRevision => new Rejection.StaleDraft(command.Draft, draft.Latest.Author, command.DraftRevision, draft.Latest.Number),
        _ => null,
    };

    private static Catalog Keep(Catalog catalog, CatalogEvent.DraftSaved e)
    {
        var draft = catalog.DraftOf(e.Name);
        return catalog with
        {
            Drafts = draft is null
                ? [.. catalog.Drafts.Add(new Draft(e.Name, e.BaseVersion, [e.Revision])).OrderBy(d => d.Name, StringComparer.Ordinal)]
                : catalog.Drafts.Replace(draft, draft.Save(e.Revision, e.BaseVersion)),
        };
    }

    private static Catalog Keep(Catalog catalog, PlaybookVersion version)
    {
        var published = catalog with { Versions = catalog.Versions.Add(version) };
        // What was begun before goes on from what came of it.
        return version.Draft.Length > 0 && catalog.DraftOf(version.Draft) is { } draft
            ? published with { Drafts = catalog.Drafts.Replace(draft, draft with { BaseVersion = version.Version, PublishedVersion = version.Version, PublishedRevision = version.DraftRevision }) }
            : published;
    }
}
