using TorchSharp.SparseConv.Data.Files;

namespace TorchSharp.SparseConv.Data;

/// <summary>Point clouds in files of any format that the library knows, chosen by the file name's ending.</summary>
public static class PointCloudFile
{
    private static readonly PointCloudFormat[] Formats =
    [
        new([".ply"], PlyFile.Open, (path, cloud) => PlyFile.Write(path, cloud)),
        new([".pcd"], PcdFile.Open, (path, cloud) => PcdFile.Write(path, cloud)),
        new([".las"], LasFile.Open, (path, cloud) => LasFile.Write(path, cloud)),
        new([".bin"], path => new CloudReader(KittiFile.Read(path)), KittiFile.Write),
        new([".xyz", ".txt", ".csv"], path => new CloudReader(TextFile.Read(path)), TextFile.Write),
        new([".npy"], path => new CloudReader(ArrayClouds.ReadNpy(path)), ArrayClouds.WriteNpy),
        new([".npz"], path => new CloudReader(ArrayClouds.ReadNpz(path)), ArrayClouds.WriteNpz),
    ];

    /// <summary>The endings of file names that can be read and written, each with its dot, in lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [.. Formats.SelectMany(format => format.Extensions)];

    /// <summary>All points of a file, with all that the format says of them.</summary>
    /// <exception cref="PointCloudException">The file is missing or malformed, or its name has an unknown ending.</exception>
    public static PointCloud Read(string path)
    {
        using var reader = FormatOf(path).Open(path);
        return reader.ReadAll();
    }

    /// <summary>The points of a file block by block, in the file's order; one block is in memory at a time, except where the format is compressed or text, which is read whole first.</summary>
    /// <exception cref="PointCloudException">The file is missing or malformed, or its name has an unknown ending; thrown while the blocks are enumerated.</exception>
    public static IEnumerable<PointCloud> ReadBlocks(string path, int pointsPerBlock)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(pointsPerBlock, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pointsPerBlock, int.MaxValue / 3);
        return Blocks(path, pointsPerBlock);
    }

    /// <summary>Writes positions and all attributes that the format has room for; each format's class says which those are.</summary>
    /// <exception cref="PointCloudException">The name has an unknown ending.</exception>
    /// <exception cref="ArgumentException">The format cannot hold a value of the cloud; no file is written then.</exception>
    public static void Write(string path, PointCloud cloud)
    {
        ArgumentNullException.ThrowIfNull(cloud);
        FormatOf(path).Write(path, cloud);
    }

    private static IEnumerable<PointCloud> Blocks(string path, int pointsPerBlock)
    {
        using var reader = FormatOf(path).Open(path);
        while (reader.PointsLeft > 0)
        {
            yield return reader.Read(pointsPerBlock);
        }
    }

    private static PointCloudFormat FormatOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var extension = Path.GetExtension(path);
        return Array.Find(Formats, format => format.Extensions.Contains(extension, StringComparer.OrdinalIgnoreCase))
            ?? throw new PointCloudException(
                path,
                $"the ending \"{extension}\" is no known format, expected one of {string.Join(", ", Extensions)}"
            );
    }
}
