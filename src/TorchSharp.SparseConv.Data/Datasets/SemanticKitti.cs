using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Reads and writes the files of SemanticKITTI and KITTI: scans (.bin: float32 x, y, z, intensity) and labels (.label:
/// uint32 with the class in the low 16 bits).
/// </summary>
public static class SemanticKitti
{
    private const int LabelBytes = sizeof(uint);

    /// <summary>Reads the points of one scan without labels.</summary>
    /// <exception cref="PointCloudException">
    /// The file is missing, empty, ends in the middle of a point, or holds a coordinate that is not finite.
    /// </exception>
    public static PointCloud ReadScan(string path)
    {
        var cloud = ReadFloats(path, []);
        var wrong = Array.FindIndex(cloud.Positions, value => !float.IsFinite(value));
        return wrong < 0
            ? cloud
            : throw new PointCloudException(
                path,
                $"{"xyz"[wrong % 3]} of point {wrong / 3} is {cloud.Positions[wrong]}, must be finite",
                (4L * (wrong / 3) + wrong % 3) * sizeof(float)
            );
    }

    // Points of float32 x, y, z, intensity and any further columns, each an attribute.
    internal static PointCloud ReadFloats(string path, string[] further)
    {
        string[] names = [PointAttribute.Intensity, .. further];
        var width = 3 + names.Length;
        var expected = $"points of {width * sizeof(float)} bytes (float32 x, y, z, {string.Join(", ", names)})";
        var values = ReadWords<float>(path, width * sizeof(float), expected);
        var count = values.Length / width;
        var positions = new float[3 * count];
        var columns = Array.ConvertAll(names, _ => new float[count]);
        for (var point = 0; point < count; point++)
        {
            values.AsSpan(width * point, 3).CopyTo(positions.AsSpan(3 * point));
            for (var i = 0; i < columns.Length; i++)
            {
                columns[i][point] = values[width * point + 3 + i];
            }
        }
        return new PointCloud(positions, Origin.Zero, names.Select((name, i) => new PointAttribute(name, columns[i])));
    }

    /// <summary>
    /// Reads the classes 0 to 19 of the points of one scan, by the learning map of <see cref="SemanticKittiClasses"/>.
    /// </summary>
    /// <param name="path">The .label file.</param>
    /// <param name="pointCount">The required number of labels, or null to accept any number.</param>
    /// <exception cref="PointCloudException">
    /// The file is missing, incomplete, has another number of labels, or has a label that the data set does not define.
    /// </exception>
    public static int[] ReadLabels(string path, int? pointCount = null)
    {
        var raw = ReadRawLabels(path, pointCount);
        var labels = new int[raw.Length];
        for (var i = 0; i < raw.Length; i++)
        {
            var id = (int)(raw[i] & 0xffff); // the high half is the instance
            if (!SemanticKittiClasses.TryMap(id, out labels[i]))
            {
                throw new PointCloudException(
                    path,
                    $"label of point {i} is {id}, which SemanticKITTI does not define",
                    (long)i * LabelBytes
                );
            }
        }
        return labels;
    }

    /// <summary>Reads the points of one scan, with their classes if the scan has labels.</summary>
    /// <exception cref="PointCloudException">As for <see cref="ReadScan"/> and <see cref="ReadLabels"/>.</exception>
    public static PointCloud Read(ScanFile scan)
    {
        var cloud = ReadScan(scan.ScanPath);
        return scan.LabelPath is { } labels ? cloud.WithLabels(ReadLabels(labels, cloud.Count)) : cloud;
    }

    /// <summary>
    /// Lists the scans below <paramref name="root"/>/sequences, in the order of the given sequences and of their
    /// frames.
    /// </summary>
    /// <exception cref="PointCloudException">
    /// A sequence has no folder or no scans, or only some of its scans have labels.
    /// </exception>
    public static IReadOnlyList<ScanFile> Scans(string root, IEnumerable<string> sequences)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(sequences);
        return [.. sequences.SelectMany(sequence => ScansOf(root, sequence))];
    }

    /// <summary>Writes points as a scan. Points without an intensity get 0.</summary>
    public static void WriteScan(string path, PointCloud cloud) => WriteFloats(path, cloud, []);

    // The same with further columns; points without such an attribute get 0.
    internal static void WriteFloats(string path, PointCloud cloud, string[] further)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        string[] names = [PointAttribute.Intensity, .. further];
        var columns = Array.ConvertAll(
            names,
            name => cloud.Find(name) is { Components: 1 } attribute ? attribute.Values.ToSingle() : null
        );
        var width = 3 + names.Length;
        var values = new float[checked(width * cloud.Count)];
        for (var point = 0; point < cloud.Count; point++)
        {
            cloud.Positions.AsSpan(3 * point, 3).CopyTo(values.AsSpan(width * point));
            for (var i = 0; i < columns.Length; i++)
            {
                values[width * point + 3 + i] = columns[i]?[point] ?? 0;
            }
        }
        WriteWords(path, values);
    }

    /// <summary>Writes classes 0 to 19 as raw SemanticKITTI labels, one uint32 for each point.</summary>
    /// <exception cref="ArgumentException">A label is not a class from 0 to 19. No file is written then.</exception>
    public static void WriteLabels(string path, ReadOnlySpan<int> labels)
    {
        ArgumentNullException.ThrowIfNull(path);
        Checks.Labels(labels, labels.Length, SemanticKittiClasses.Count);
        WriteWords(path, Array.ConvertAll(labels.ToArray(), label => (uint)SemanticKittiClasses.RawId(label)));
    }

    // The raw labels, with the class in the low 16 bits and the instance in the high 16 bits.
    internal static uint[] ReadRawLabels(string path, int? pointCount)
    {
        if (pointCount is { } expected)
        {
            var found = LengthOf(path);
            if (found != (long)expected * LabelBytes)
            {
                throw new PointCloudException(
                    path,
                    $"is {found} bytes long, must be {(long)expected * LabelBytes} bytes: "
                        + $"one uint32 label for each of the {expected} points of its scan"
                );
            }
        }
        return ReadWords<uint>(path, LabelBytes, "labels of 4 bytes (uint32)");
    }

    // Writes words of four bytes in little-endian order.
    internal static void WriteWords<T>(string path, T[] words)
        where T : unmanaged
    {
        using var file = OutputFile.Create(path);
        ArrayBytes.Write(file, words, ByteOrder.LittleEndian);
    }

    private static List<ScanFile> ScansOf(string root, string sequence)
    {
        var folder = Path.Combine(root, "sequences", sequence);
        var velodyne = Path.Combine(folder, "velodyne");
        if (!Directory.Exists(velodyne))
        {
            throw new PointCloudException(
                velodyne,
                "there is no such folder; expected SemanticKITTI's layout: "
                    + $"{root}/sequences/{sequence}/velodyne/*.bin and labels/*.label"
            );
        }
        var labels = Path.Combine(folder, "labels");
        var labelled = Directory.Exists(labels);
        var scans = new List<ScanFile>();
        foreach (var path in Directory.EnumerateFiles(velodyne, "*.bin").Order(StringComparer.Ordinal))
        {
            var frame = Path.GetFileNameWithoutExtension(path);
            var labelPath = labelled ? Path.Combine(labels, frame + ".label") : null;
            if (labelPath is not null && !File.Exists(labelPath))
            {
                throw new PointCloudException(labelPath, $"there is no such file; expected the labels of {path}");
            }
            scans.Add(new ScanFile(sequence, frame, path, labelPath));
        }
        return scans.Count > 0
            ? scans
            : throw new PointCloudException(velodyne, "has no scans; expected files named *.bin");
    }

    private static long LengthOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var file = new FileInfo(path);
        return file.Exists ? file.Length : throw new PointCloudException(path, "there is no such file");
    }

    // Reads whole records. The length is checked before memory is allocated.
    private static T[] ReadWords<T>(string path, int recordBytes, string expected)
        where T : unmanaged
    {
        var length = LengthOf(path);
        if (length == 0)
        {
            throw new PointCloudException(path, $"is empty, must hold {expected}");
        }
        if (length % recordBytes != 0)
        {
            var offset = length - length % recordBytes;
            throw new PointCloudException(
                path,
                $"the file ends {length - offset} bytes into a record: "
                    + $"it is {length} bytes long and must hold whole {expected}",
                offset
            );
        }
        if (length / sizeof(float) > Array.MaxLength)
        {
            throw new PointCloudException(
                path,
                $"is {length} bytes long, must be at most {Array.MaxLength * 4L} bytes"
            );
        }
        try
        {
            using var file = File.OpenRead(path);
            var words = new T[length / sizeof(float)];
            var bytes = MemoryMarshal.AsBytes(words.AsSpan());
            file.ReadExactly(bytes);
            NumberBytes.Reorder(bytes, sizeof(uint), ByteOrder.LittleEndian);
            return words;
        }
        catch (Exception error) when (error is EndOfStreamException or UnauthorizedAccessException)
        {
            throw new PointCloudException(path, $"cannot be read: {error.Message}", innerException: error);
        }
    }
}

/// <summary>One scan of a data set with the folders of SemanticKITTI.</summary>
/// <param name="Sequence">The folder of the sequence, for example 08.</param>
/// <param name="Frame">The file name of the scan without its ending, for example 000000.</param>
/// <param name="ScanPath">The file of points (.bin).</param>
/// <param name="LabelPath">
/// The file of labels (.label); null for sequences without labels, such as the test sequences of the data set.
/// </param>
public readonly record struct ScanFile(string Sequence, string Frame, string ScanPath, string? LabelPath)
{
    /// <summary>The sequence and the frame, such as 08/000000.</summary>
    public override string ToString() => $"{Sequence}/{Frame}";
}

/// <summary>Scans in the folders of SemanticKITTI, with the standard learning classes.</summary>
public sealed class SemanticKittiDataset : IPointCloudDataset
{
    private readonly IReadOnlyList<ScanFile> _scans;

    /// <summary>Lists the scans of the given sequences, for example 00 and 08. No scan is read yet.</summary>
    /// <exception cref="PointCloudException">A sequence has no folder, no scans or no labels.</exception>
    public SemanticKittiDataset(string root, params IEnumerable<string> sequences)
    {
        _scans = SemanticKitti.Scans(root, sequences);
        foreach (var scan in _scans)
        {
            if (scan.LabelPath is null)
            {
                throw new PointCloudException(
                    scan.ScanPath,
                    $"sequence {scan.Sequence} has no folder labels beside velodyne"
                );
            }
        }
    }

    /// <inheritdoc/>
    public int Count => _scans.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => SemanticKittiClasses.Names;

    /// <inheritdoc/>
    public IReadOnlyList<Rgb> ClassColors => SemanticKittiClasses.Colors;

    /// <inheritdoc/>
    public int IgnoreLabel => SemanticKittiClasses.Unlabeled;

    /// <inheritdoc/>
    public string Name(int index) => _scans[index].ToString();

    /// <inheritdoc/>
    public PointCloud Load(int index) => SemanticKitti.Read(_scans[index]);
}
