namespace TorchSharp.SparseConv.Data.Files;

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
