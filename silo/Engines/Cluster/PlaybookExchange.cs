using Microsoft.Extensions.Logging;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>
/// Keeps every silo's shelf as full as the catalogs are. The catalog's owner is the truth; a new version is told to all silos at once, and each asks the owner now and then for what
/// it missed. A silo that is behind decides by the version before, and its journal says so.
/// </summary>
/// <remarks>Members may be called from any thread.</remarks>
internal sealed partial class PlaybookExchange(IPartitionHost host, ILogger log)
{
    // Far below the 4 MiB of a message; one version is at most 1 MiB.
    private const int MostBytes = 2 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<StoredPublished>> _known = [];

    /// <summary>How many versions of a tenant are on the shelf; they are numbered from 1 without gaps.</summary>
    public int Known(string tenant)
    {
        lock (_gate)
        {
            return _known.TryGetValue(tenant, out var versions) ? versions.Count : 0;
        }
    }

    /// <summary>A version is on the shelf; true if that is news.</summary>
    public bool Add(string tenant, PlaybookVersion version)
    {
        lock (_gate)
        {
            return Add(tenant, AnswerForm.Write(version));
        }
    }

    /// <summary>Another silo told of a version; false if some before it are missing.</summary>
    public bool Take(string tenant, StoredPublished version)
    {
        lock (_gate)
        {
            var known = _known.TryGetValue(tenant, out var versions) ? versions.Count : 0;
            if (version.Version != known + 1)
            {
                return version.Version <= known;
            }

            try
            {
                host.Publish(tenant, AnswerForm.Read(version));
            }
#pragma warning disable CA1031 // An older silo that cannot compile it goes on with the versions that it knows, and says so.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                LogCannotUse(log, version.Name, version.Version, fault);
                return true;
            }

            Add(tenant, version);
            return true;
        }
    }

    /// <summary>The versions after the first <paramref name="known"/> ones, as many as fit in a message.</summary>
    public LinkVersions After(string tenant, int known)
    {
        var answer = new LinkVersions();
        lock (_gate)
        {
            var bytes = 0;
            foreach (var version in _known.TryGetValue(tenant, out var versions) ? versions.Skip(known) : [])
            {
                bytes += version.CalculateSize();
                if (answer.Versions.Count > 0 && bytes > MostBytes)
                {
                    break;
                }

                answer.Versions.Add(version);
            }
        }

        return answer;
    }

    private bool Add(string tenant, StoredPublished version)
    {
        if (!_known.TryGetValue(tenant, out var versions))
        {
            _known.Add(tenant, versions = []);
        }

        if (version.Version != versions.Count + 1)
        {
            return false;
        }

        versions.Add(version);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "playbook {Name} version {Version} of another silo cannot be used here; decisions go on by the version before")]
    private static partial void LogCannotUse(ILogger log, string name, int version, Exception fault);
}
