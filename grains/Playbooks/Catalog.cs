using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Playbooks;

/// <summary>The playbooks of a tenant: every version ever published, immutable. The last one decides.</summary>
public sealed record Catalog : GrainState
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
            _ => throw new UnreachableException(),
        };
    }

    public static Catalog Evolve(Catalog catalog, CatalogEvent @event) => @event switch
    {
        CatalogEvent.Published e => catalog with { Versions = catalog.Versions.Add(e.Version) },
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

        var version = new PlaybookVersion(command.Name, latest + 1, command.Text, command.File, now, command.SignedOffBy, command.Digest);
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

    public sealed record Publish(GrainKey Catalog, string Name, string Text, string File, string Digest, ImmutableArray<string> SignedOffBy, int ExpectedVersion) : CatalogCommand(Catalog);
}

/// <summary>A fact about a catalog.</summary>
public abstract record CatalogEvent : GrainEvent
{
    private CatalogEvent()
    {
    }

    public sealed record Published(PlaybookVersion Version) : CatalogEvent;
}

/// <summary>One immutable version of a playbook's text.</summary>
/// <param name="Name">The playbook's own id.</param>
/// <param name="Version">From 1, without gaps within the catalog.</param>
/// <param name="Text">YAML, as published.</param>
/// <param name="File">File name for messages.</param>
/// <param name="Digest">SHA-256 of the text, lower-case hexadecimal.</param>
public sealed record PlaybookVersion(string Name, int Version, string Text, string File, DateTimeOffset PublishedAt, ImmutableArray<string> SignedOffBy, string Digest);
