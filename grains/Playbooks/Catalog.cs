using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Playbooks;

/// <summary>The playbooks of a tenant: every version ever published, immutable. The last one decides.</summary>
public sealed partial record Catalog : GrainState
{
    private Catalog(GrainKey key)
        : base(key)
    {
    }

    /// <summary>By version, from 1, without gaps.</summary>
    public ImmutableArray<PlaybookVersion> Versions { get; init; } = [];

    public static Catalog Empty(GrainKey key) => new(key);

    public static Verdict Decide(CatalogCommand command, in TurnContext context)
    {
        context.Grains.TryGet(command.Target, out var state);
        var catalog = (Catalog?)state ?? Empty(command.Target);
        return command switch
        {
            CatalogCommand.Publish c => Publish(catalog, c, context.Now),
            CatalogCommand.SaveDraft c => Save(catalog, c, context.Now),
            CatalogCommand.DeleteDraft c => Delete(catalog, c, context.Now),
            _ => throw new UnreachableException(),
        };
    }

    public static Catalog Evolve(Catalog catalog, CatalogEvent @event) => @event switch
    {
        CatalogEvent.Published e => Keep(catalog, e.Version),
        CatalogEvent.DraftSaved e => Keep(catalog, e),
        CatalogEvent.DraftDeleted e => catalog with { Drafts = catalog.Drafts.RemoveAll(d => d.Name == e.Name) },
        _ => throw new UnreachableException(),
    };

    private static Verdict Publish(Catalog catalog, CatalogCommand.Publish command, DateTimeOffset now)
    {
        var latest = catalog.Versions.Length;
        if (command.ExpectedVersion != 0 && command.ExpectedVersion != latest)
        {
            return new Verdict.Rejected(new Rejection.StaleVersion(command.Name, command.ExpectedVersion, latest));
        }

        // Publishing the same text again is not a new version: a retried call changes nothing.
        if (latest > 0 && catalog.Versions[^1] is { } last && last.Digest == command.Digest && last.SignedOffBy.SequenceEqual(command.SignedOffBy))
        {
            return new Verdict.Accepted([], [], [], new Answer.Published(last));
        }

        if (AgainstDraft(catalog, command) is { } stale)
        {
            return new Verdict.Rejected(stale);
        }

        var version = new PlaybookVersion(command.Name, latest + 1, command.Text, command.File, now, command.SignedOffBy, command.Digest) { Draft = command.Draft, DraftRevision = command.DraftRevision };
        return new Verdict.Accepted(
            [new Fact(catalog.Key, new CatalogEvent.Published(version))],
            [],
            [new Effect.Publish(catalog.Key.Tenant, version)],
            new Answer.Published(version));
    }
}

/// <summary>What a catalog can be asked to do. The text has been validated before: the catalog only keeps it.</summary>
public abstract record CatalogCommand : GrainCommand
{
    private CatalogCommand(GrainKey target)
        : base(target)
    {
    }

    public sealed record Publish(GrainKey Catalog, string Name, string Text, string File, string Digest, ImmutableArray<string> SignedOffBy, int ExpectedVersion) : CatalogCommand(Catalog)
    {
        /// <summary>The draft whose text it is; empty: none.</summary>
        public string Draft { get; init; } = "";

        /// <summary>Which revision of it; 0: none.</summary>
        public int DraftRevision { get; init; }
    }

    /// <param name="BaseVersion">0: that of the draft so far, or the latest for a new one.</param>
    /// <param name="ExpectedRevision">The revision that this one follows; 0: there is none yet.</param>
    public sealed record SaveDraft(GrainKey Catalog, string Name, string Text, string File, string Digest, string Author, int BaseVersion, int ExpectedRevision) : CatalogCommand(Catalog);

    /// <param name="ExpectedRevision">0: whichever it is at.</param>
    public sealed record DeleteDraft(GrainKey Catalog, string Name, string Author, int ExpectedRevision) : CatalogCommand(Catalog);
}

/// <summary>A fact about a catalog.</summary>
public abstract record CatalogEvent : GrainEvent
{
    private CatalogEvent()
    {
    }

    public sealed record Published(PlaybookVersion Version) : CatalogEvent;

    public sealed record DraftSaved(string Name, int BaseVersion, DraftRevision Revision) : CatalogEvent;

    public sealed record DraftDeleted(string Name, string Author, DateTimeOffset At) : CatalogEvent;
}

/// <summary>One immutable version of a playbook's text.</summary>
/// <param name="Name">The playbook's own id.</param>
/// <param name="Version">From 1, without gaps within the catalog.</param>
/// <param name="Text">YAML, as published.</param>
/// <param name="File">File name for messages.</param>
/// <param name="Digest">SHA-256 of the text, lower-case hexadecimal.</param>
public sealed record PlaybookVersion(string Name, int Version, string Text, string File, DateTimeOffset PublishedAt, ImmutableArray<string> SignedOffBy, string Digest)
{
    /// <summary>The draft that it was published from; empty: none.</summary>
    public string Draft { get; init; } = "";

    /// <summary>Which revision of the draft; 0: none.</summary>
    public int DraftRevision { get; init; }
}
