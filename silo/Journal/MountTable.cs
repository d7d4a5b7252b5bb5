using System.Globalization;
using System.Text;

namespace Orchestrator.Silo.Journal;

/// <summary>Says on which kind of file system a path lies. Network file systems lose locks and break the WAL's shared memory, so they are refused.</summary>
public static class MountTable
{
    private static readonly HashSet<string> Network = new(StringComparer.Ordinal)
    {
        "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ceph", "fuse.ceph", "9p", "ncpfs", "lustre", "gfs2", "ocfs2", "beegfs",
        "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.davfs2", "davfs",
    };

    /// <summary>The network file system type that holds the path, or null if it is a local one or cannot be told.</summary>
    /// <param name="path">A full path, symbolic links resolved.</param>
    public static string? NetworkTypeOf(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? NetworkTypeOf(path, File.ReadLines("/proc/self/mounts")) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No /proc (a strict sandbox): the fence still holds, only this early warning is lost.
            return null;
        }
    }

    /// <summary>As above over given lines of /proc/self/mounts: the longest mount point that contains the path decides, the later of two equals.</summary>
    public static string? NetworkTypeOf(string path, IEnumerable<string> mounts)
    {
        var (length, found) = (-1, "");
        foreach (var line in mounts)
        {
            var fields = line.Split(' ');
            if (fields.Length < 3)
            {
                continue;
            }
            var point = Unescape(fields[1]);
            if (point.Length >= length && Contains(point, path))
            {
                (length, found) = (point.Length, fields[2]);
            }
        }
        return Network.Contains(found) ? found : null;
    }

    private static bool Contains(string point, string path) =>
        point == "/" || path == point || (path.StartsWith(point, StringComparison.Ordinal) && path[point.Length] == '/');

    // The kernel writes space, tab, newline and backslash in a mount point as \ooo.
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }
        var text = new StringBuilder();
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length && int.TryParse(field.AsSpan(i + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var octal))
            {
                text.Append((char)((octal / 100 * 64) + (octal / 10 % 10 * 8) + (octal % 10)));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }
        return text.ToString();
    }
}
