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

/// <summary>A point-cloud file that is missing, malformed or does not fit its companion; the message names the file and what was expected.</summary>
public sealed class PointCloudException : IOException
{
    /// <summary>An error in <paramref name="path"/>, at <paramref name="offset"/> bytes where the place is known; the message begins with the path.</summary>
    public PointCloudException(string path, string problem, long? offset = null, Exception? innerException = null)
        : base(offset is { } at ? $"{path}: at byte {at}: {problem}" : $"{path}: {problem}", innerException)
    {
        FilePath = path;
        Offset = offset;
    }

    /// <summary>The file at fault, where there is one.</summary>
    public string? FilePath { get; }

    /// <summary>Where in the file, in bytes from its beginning, where that is known.</summary>
    public long? Offset { get; }
}

// A file of points whose header has been read and believed; points come in blocks, from first to last.
internal abstract class PointReader(ByteReader? file) : IDisposable
{
    protected ByteReader File => file ?? throw new InvalidOperationException("the cloud is in memory");

    public long PointsLeft { get; protected set; }

    // A reader that owns the file; the file is closed where its header is refused.
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

    // At most that many points, fewer at the end.
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

// A cloud that is in memory already, of a format that is read whole.
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

// How the files with some endings are opened and written.
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
