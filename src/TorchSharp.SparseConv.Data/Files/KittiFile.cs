namespace TorchSharp.SparseConv.Data;

/// <summary>KITTI's scans (.bin: float32 x, y, z, intensity) with the raw labels beside them; <see cref="SemanticKitti"/> gives the learning classes.</summary>
/// <remarks>Labels are looked for under the scan's name with the ending .label, in the same folder, or in the folder labels beside the folder velodyne.</remarks>
public static class KittiFile
{
    private const string Instance = "instance";

    /// <summary>The points of a scan with the attribute "intensity" and, where there is a file of labels, "label" (the raw id) and "instance".</summary>
    /// <exception cref="PointCloudException">A file is missing, cut off, holds a coordinate that is not finite, or has another number of labels.</exception>
    public static PointCloud Read(string path)
    {
        var cloud = SemanticKitti.ReadScan(path);
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

    /// <summary>Writes positions (from the cloud's origin) and intensity, 0 where there is none; and where the cloud has labels, the file of raw labels with instances. Other attributes have no place.</summary>
    /// <exception cref="ArgumentException">A label or an instance is not from 0 to 65,535; no file is written then.</exception>
    public static void Write(string path, PointCloud cloud)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        var instances = cloud.Find(Instance) is { Components: 1 } attribute ? attribute.Values.ToInt32() : null;
        var raw = cloud.Labels is { } labels ? RawLabels(labels, instances) : null;
        SemanticKitti.WriteScan(path, cloud);
        if (raw is not null)
        {
            SemanticKitti.WriteWords(LabelPath(path), raw);
        }
    }

    /// <summary>Writes a file of raw labels (.label), one uint32 a point.</summary>
    /// <exception cref="ArgumentException">A label is not from 0 to 65,535; no file is written then.</exception>
    public static void WriteLabels(string path, int[] labels)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(labels);
        SemanticKitti.WriteWords(path, RawLabels(labels, instances: null));
    }

    private static uint[] RawLabels(int[] labels, int[]? instances)
    {
        var raw = new uint[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            var instance = instances?[i] ?? 0;
            if (labels[i] is < 0 or > ushort.MaxValue || instance is < 0 or > ushort.MaxValue)
            {
                throw new ArgumentException(
                    $"label and instance of point {i} are {labels[i]} and {instance}, must be from 0 to {ushort.MaxValue}",
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
