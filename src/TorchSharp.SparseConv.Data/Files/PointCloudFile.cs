namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Reads and writes point clouds in every format of the library. The ending of the file name chooses the format.
/// </summary>
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

    /// <summary>The endings of file names that can be read and written, in lower case with the dot.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [.. Formats.SelectMany(format => format.Extensions)];

    /// <summary>Reads all points of a file with all attributes.</summary>
    /// <exception cref="PointCloudException">
    /// The file is missing or malformed, or its name has an unknown ending.
    /// </exception>
    public static PointCloud Read(string path)
    {
        using var reader = FormatOf(path).Open(path);
        return reader.ReadAll();
    }

    /// <summary>
    /// Reads the points of a file block by block, in the order of the file. Only one block is in memory at a time; text
    /// and compressed formats are read whole first.
    /// </summary>
    /// <exception cref="PointCloudException">
    /// The file is missing or malformed, or its name has an unknown ending. Thrown while the blocks are enumerated.
    /// </exception>
    public static IEnumerable<PointCloud> ReadBlocks(string path, int pointsPerBlock)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(pointsPerBlock, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pointsPerBlock, int.MaxValue / 3);
        return Blocks(path, pointsPerBlock);
    }

    /// <summary>
    /// Writes positions and all attributes that the format can store. The class of each format says which those are.
    /// </summary>
    /// <exception cref="PointCloudException">The name has an unknown ending.</exception>
    /// <exception cref="ArgumentException">
    /// The format cannot store a value of the cloud. No file is written then.
    /// </exception>
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

/// <summary>
/// Thrown for a file that is missing, malformed, or does not fit another file. The message names the file and says what
/// was expected.
/// </summary>
public sealed class PointCloudException : IOException
{
    /// <summary>
    /// Describes an error in <paramref name="path"/>, at the byte <paramref name="offset"/> if it is known. The message
    /// begins with the path.
    /// </summary>
    public PointCloudException(string path, string problem, long? offset = null, Exception? innerException = null)
        : base(offset is { } at ? $"{path}: at byte {at}: {problem}" : $"{path}: {problem}", innerException)
    {
        FilePath = path;
        Offset = offset;
    }

    /// <summary>The path of the file.</summary>
    public string? FilePath { get; }

    /// <summary>The offset of the error in bytes, if it is known.</summary>
    public long? Offset { get; }
}

// Reads points in blocks, from first to last, after the header of the file has been checked.
internal abstract class PointReader(ByteReader? file) : IDisposable
{
    protected ByteReader File => file ?? throw new InvalidOperationException("the cloud is in memory");

    public long PointsLeft { get; protected set; }

    // Opens a file and reads its header. The reader owns the file; if the header is refused, the file is closed.
    public static PointReader Open(string path, Func<ByteReader, PointReader> open)
    {
        var file = ByteReader.Open(path);
        try
        {
            return open(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // Reads at most that many points; fewer at the end.
    public PointCloud Read(int most)
    {
        var count = (int)Math.Min(most, PointsLeft);
        var cloud = ReadPoints(count);
        PointsLeft -= count;
        return cloud;
    }

    public PointCloud ReadAll()
    {
        const int Most = int.MaxValue / 3;
        return PointsLeft <= Most
            ? Read((int)PointsLeft)
            : throw File.Error($"has {PointsLeft} points, one cloud holds at most {Most}; read it in blocks");
    }

    public void Dispose() => file?.Dispose();

    protected abstract PointCloud ReadPoints(int count);
}

// Gives out a cloud that is already in memory, for formats that are read whole.
internal sealed class CloudReader : PointReader
{
    private readonly PointCloud _cloud;

    public CloudReader(PointCloud cloud)
        : base(null)
    {
        _cloud = cloud;
        PointsLeft = cloud.Count;
    }

    protected override PointCloud ReadPoints(int count)
    {
        var first = _cloud.Count - (int)PointsLeft;
        return count == _cloud.Count ? _cloud : _cloud.Select([.. Enumerable.Range(first, count)]);
    }
}

// The endings of a format and the functions that open and write its files.
internal sealed class PointCloudFormat(
    string[] extensions,
    Func<string, PointReader> open,
    Action<string, PointCloud> write
)
{
    public string[] Extensions { get; } = extensions;

    public PointReader Open(string path) => open(path);

    public void Write(string path, PointCloud cloud) => write(path, cloud);
}
