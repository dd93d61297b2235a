namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Reads and writes scans of KITTI (.bin: float32 x, y, z, intensity) and nuScenes (.pcd.bin: the same and the ring)
/// together with files of raw labels. The name says which: both may be of as many bytes.
/// <see cref="SemanticKitti"/> gives the learning classes instead.
/// </summary>
/// <remarks>
/// The file of labels has the name of the scan with the ending .label. It lies in the same folder, or in the folder
/// labels if the scan lies in a folder velodyne beside it.
/// </remarks>
public static class KittiFile
{
    private const string Instance = "instance";
    private const int PointsAtOnce = 1 << 16;

    /// <summary>
    /// Reads the points of a scan with the attribute "intensity" and, if there is a file of labels, the attributes
    /// "label" (the raw id) and "instance".
    /// </summary>
    /// <exception cref="PointCloudException">
    /// A file is missing or incomplete, or the number of labels is not the number of points.
    /// </exception>
    public static PointCloud Read(string path)
    {
        var cloud = SemanticKitti.ReadFloats(path, FurtherColumns(path));
        var labelPath = LabelPath(path);
        if (!File.Exists(labelPath))
        {
            return cloud;
        }
        var raw = SemanticKitti.ReadRawLabels(labelPath, cloud.Count);
        return cloud
            .WithLabels(Array.ConvertAll(raw, label => (int)(label & 0xffff)))
            .With(new PointAttribute(Instance, Array.ConvertAll(raw, label => (int)(label >> 16))));
    }

    /// <summary>
    /// Writes positions (relative to the origin of the cloud) and intensities (0 if there are none). If the cloud has
    /// labels, they are written with the instances to the file of labels. Other attributes are not written.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A label or an instance is not from 0 to 65,535. No file is written then.
    /// </exception>
    public static void Write(string path, PointCloud cloud)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        var instances = cloud.Find(Instance) is { Components: 1 } attribute ? attribute.Values.ToInt32() : null;
        var raw = cloud.Labels is { } labels ? RawLabels(labels, instances) : null;
        SemanticKitti.WriteFloats(path, cloud, FurtherColumns(path));
        if (raw is not null)
        {
            SemanticKitti.WriteWords(LabelPath(path), raw);
        }
    }

    /// <summary>Writes a file of raw labels (.label), one uint32 for each point.</summary>
    /// <exception cref="ArgumentException">A label is not from 0 to 65,535. No file is written then.</exception>
    public static void WriteLabels(string path, int[] labels)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(labels);
        SemanticKitti.WriteWords(path, RawLabels(labels, instances: null));
    }

    /// <summary>The same for any number of points, whose labels a function gives by their numbers.</summary>
    /// <exception cref="ArgumentException">A label is not from 0 to 65,535.</exception>
    public static void WriteLabels(string path, long count, Func<long, int> labelOf)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(labelOf);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using var file = OutputFile.Create(path);
        for (long first = 0; first < count; first += PointsAtOnce)
        {
            var labels = new int[Math.Min(PointsAtOnce, count - first)];
            for (var i = 0; i < labels.Length; i++)
            {
                labels[i] = labelOf(first + i);
            }
            ArrayBytes.Write(file, RawLabels(labels, instances: null), ByteOrder.LittleEndian);
        }
    }

    private static string[] FurtherColumns(string path) =>
        path.EndsWith(".pcd.bin", StringComparison.OrdinalIgnoreCase) ? ["ring"] : [];

    private static uint[] RawLabels(int[] labels, int[]? instances)
    {
        var raw = new uint[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            var instance = instances?[i] ?? 0;
            if (labels[i] is < 0 or > ushort.MaxValue || instance is < 0 or > ushort.MaxValue)
            {
                throw new ArgumentException(
                    $"label and instance of point {i} are {labels[i]} "
                        + $"and {instance}, must be from 0 to {ushort.MaxValue}",
                    nameof(labels)
                );
            }
            raw[i] = (uint)labels[i] | ((uint)instance << 16);
        }
        return raw;
    }

    private static string LabelPath(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var name = Path.GetFileNameWithoutExtension(path) + ".label";
        var labels = Path.Combine(Path.GetDirectoryName(folder) ?? folder, "labels");
        return string.Equals(Path.GetFileName(folder), "velodyne", StringComparison.Ordinal) && Directory.Exists(labels)
            ? Path.Combine(labels, name)
            : Path.Combine(folder, name);
    }
}
