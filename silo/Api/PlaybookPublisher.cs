using Orchestrator.Grains.Playbooks;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Api;

/// <summary>Puts published versions on the shelf, compiled. Called on a partition's loop, also for versions known before.</summary>
internal sealed partial class PlaybookPublisher(PlaybookShelf shelf, ILogger<PlaybookPublisher> log)
{
    private readonly Lock gate = new();
    private volatile PlaybookNeed? needed;

    /// <summary>Of the versions published, what needs the highest feature level; null if none needs one above the first.</summary>
    public PlaybookNeed? Needed => needed;

    public void Publish(string tenant, PlaybookVersion version)
    {
        lock (gate)
        {
            if (shelf.Current.Find(tenant, version.Version) is not null)
            {
                return;
            }

            var compiled = PlaybookCompiler.Compile(version.Text, version.File, version.Version);
            if (compiled.Playbook is { } playbook)
            {
                if (compiled.Needs.MaxBy(n => n.Level) is { } need && !(needed?.Word.Level >= need.Level))
                {
                    needed = new PlaybookNeed(playbook.Name, playbook.Version, need);
                }

                shelf.Set(shelf.Current.With(tenant, playbook));
                Published(log, playbook.Name, playbook.Version);
            }
            else
            {
                // It compiled when it was published: only an older silo can come here, and it must not decide by an older version instead.
                CannotCompile(log, version.Name, version.Version, compiled.Diagnostics.FirstOrDefault(d => d.Severity == Severity.Error)?.ToString() ?? "");
                throw new InvalidOperationException($"playbook {version.Name} version {version.Version} does not compile on this silo");
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "playbook {Name} version {Version} decides from now on")]
    private static partial void Published(ILogger log, string name, int version);

    [LoggerMessage(LogLevel.Critical, "playbook {Name} version {Version} does not compile on this silo: {Error}")]
    private static partial void CannotCompile(ILogger log, string name, int version, string error);
}

/// <summary>A published version that needs a feature level, and one word of it that does.</summary>
internal sealed record PlaybookNeed(string Name, int Version, LanguageNeed Word);
