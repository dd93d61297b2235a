using System.CommandLine;
using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool;

/// <summary>Reads and writes the files of points that commands take.</summary>
internal static class PointFiles
{
    /// <summary>Reads a file of points. An unknown ending is an error that lists the known ones.</summary>
    public static PointCloud Read(string path)
    {
        RequireKnown(path);
        return PointCloudFile.Read(path);
    }

    public static bool IsKnown(string path) =>
        PointCloudFile.Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    public static bool HasEnding(string path, string ending) =>
        path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a format cannot store a point without a position.</summary>
    public static bool NeedsFinite(string path) => HasEnding(path, ".bin") || HasEnding(path, ".las");

    public static void RequireKnown(string path)
    {
        if (!IsKnown(path))
        {
            throw new UsageException(
                $"{path}: the ending \"{Path.GetExtension(path)}\" is no format of "
                    + $"points, must be one of {string.Join(", ", PointCloudFile.Extensions)}"
            );
        }
    }

    /// <summary>The usual name of a format: the ending without the dot.</summary>
    public static string FormatOf(string path) => Path.GetExtension(path).TrimStart('.').ToLowerInvariant();

    /// <summary>Makes the folder of a file that is going to be written.</summary>
    public static void MakeFolder(string path) =>
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <summary>Writes a cloud to a file, and makes its folder if necessary.</summary>
    public static void Write(string path, PointCloud cloud)
    {
        MakeFolder(path);
        // A .npy file holds positions only, and its writer refuses a cloud with more.
        PointCloudFile.Write(path, HasEnding(path, ".npy") ? new PointCloud(World(cloud)) : cloud);
    }

    /// <summary>The option that leaves out points without a finite position.</summary>
    public static Option<bool> DropOption() =>
        Options.Flag("--drop-invalid", "Leave out points whose position is not finite");

    /// <summary>
    /// Returns the points with a finite position. Throws if there are others, unless they may be dropped.
    /// </summary>
    public static PointCloud Finite(string path, PointCloud cloud, bool drop)
    {
        var finite = cloud.FinitePoints();
        return finite.Count == cloud.Count || drop
            ? finite
            : throw new UsageException(
                $"{path}: {cloud.Count - finite.Count} of {cloud.Count} points "
                    + "have no finite position; --drop-invalid leaves them out"
            );
    }

    private static float[] World(PointCloud cloud)
    {
        var positions = new float[cloud.Positions.Length];
        for (var i = 0; i < positions.Length; i++)
        {
            positions[i] = (float)(cloud.Positions[i] + cloud.Origin[i % 3]);
        }
        return positions;
    }
}
