using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Points;

/// <summary>Files of points as the commands take them.</summary>
internal static class PointFiles
{
    /// <summary>Reads a file of points; an ending that no format has is told with those that there are.</summary>
    public static PointCloud Read(string path)
    {
        RequireKnown(path);
        return PointCloudFile.Read(path);
    }

    public static bool IsKnown(string path) =>
        PointCloudFile.Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    public static void RequireKnown(string path)
    {
        if (!IsKnown(path))
        {
            throw new UsageException(
                $"{path}: the ending \"{Path.GetExtension(path)}\" is no format of points, must be one of {string.Join(", ", PointCloudFile.Extensions)}"
            );
        }
    }

    /// <summary>The name of a format that people know: the ending without its dot.</summary>
    public static string FormatOf(string path) => Path.GetExtension(path).TrimStart('.').ToLowerInvariant();

    /// <summary>Makes the folder of a file that is to be written.</summary>
    public static void MakeFolder(string path) =>
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <summary>The points that have a place; refuses others unless they may be dropped.</summary>
    public static PointCloud Finite(string path, PointCloud cloud, bool drop)
    {
        var finite = cloud.FinitePoints();
        return finite.Count == cloud.Count || drop
            ? finite
            : throw new UsageException(
                $"{path}: {cloud.Count - finite.Count} of {cloud.Count} points have no finite position; --drop-invalid leaves them out"
            );
    }
}
