using System.IO.Compression;

namespace TorchSharp.SparseConv.Data;

// Reads a file from front to back through one buffer. The reader knows its offset and how many bytes can be left, so
// that a format can check what a header claims before it allocates memory. Every failure is a PointCloudException with
// the offset. In a compressed file, offsets are those of the uncompressed content.
internal sealed class ByteReader : IDisposable
{
    // The largest growth of a deflate stream: 258 bytes cost at least two bits.
    private const int LargestDeflateRatio = 1032;

    private readonly Stream _stream;
    private readonly long _most;
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    public ByteReader(Stream stream, string path, long most, bool isExact)
    {
        IsExact = isExact;
        _stream = stream;
        _most = most;
        Path = path;
    }

    public string Path { get; }

    // Whether Remaining is exact and not only an upper bound.
    public bool IsExact { get; }

    // The offset of the next byte.
    public long Offset { get; private set; }

    // The number of bytes from here to the end: exact for a plain file, an upper bound for a compressed one.
    public long Remaining => _most - Offset;

    public static ByteReader Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return new ByteReader(stream, path, stream.Length, isExact: true);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PointCloudException(path, "there is no such file", innerException: error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new PointCloudException(path, $"cannot be opened: {error.Message}", innerException: error);
        }
    }

    // Opens the content of a gzip file, or the file itself if it is not compressed.
    public static ByteReader OpenInflated(string path)
    {
        var file = Open(path);
        if (!file.Peek(2).SequenceEqual<byte>([0x1f, 0x8b]))
        {
            return file;
        }
        file._stream.Position = 0;
        return new ByteReader(
            new GZipStream(file._stream, CompressionMode.Decompress),
            path,
            MostInflated(file._most),
            isExact: false
        );
    }

    public static long MostInflated(long compressed) =>
        compressed > long.MaxValue / LargestDeflateRatio ? long.MaxValue : compressed * LargestDeflateRatio;

    public PointCloudException Error(string problem, long? at = null) => new(Path, problem, at ?? Offset);

    // Throws if the file is too short for the number of items that a header claims.
    public void Require(long count, long bytesEach, string what)
    {
        if (count < 0 || (bytesEach > 0 && count > Remaining / bytesEach))
        {
            throw Error(
                $"expected {count} {what} of at least {bytesEach} bytes each, but at most {Remaining} bytes are left"
            );
        }
    }

    // Returns the next bytes without advancing; fewer at the end of the file.
    public ReadOnlySpan<byte> Peek(int count)
    {
        while (_end - _start < count && Fill()) { }
        return _buffer.AsSpan(_start, Math.Min(count, _end - _start));
    }

    // Returns the next bytes, which stay valid until the next call.
    public ReadOnlySpan<byte> Take(int count, string what)
    {
        var bytes = Peek(count);
        if (bytes.Length < count)
        {
            throw Ended(count, bytes.Length, what);
        }
        Advance(count);
        return bytes;
    }

    public void ReadExactly(Span<byte> to, string what)
    {
        var buffered = Math.Min(to.Length, _end - _start);
        _buffer.AsSpan(_start, buffered).CopyTo(to);
        var done = buffered;
        while (done < to.Length)
        {
            var count = ReadStream(to[done..]);
            if (count == 0)
            {
                throw Ended(to.Length, done, what);
            }
            done += count;
        }
        _start += buffered;
        Offset += done;
    }

    public void Skip(long count, string what)
    {
        if (count > Remaining)
        {
            throw Ended(count, Remaining, what);
        }
        var buffered = (int)Math.Min(count, _end - _start);
        Advance(buffered);
        var left = count - buffered;
        if (left > 0 && _stream.CanSeek)
        {
            _stream.Seek(left, SeekOrigin.Current);
            Offset += left;
            return;
        }
        while (left > 0)
        {
            var step = (int)Math.Min(left, _buffer.Length);
            Take(step, what);
            left -= step;
        }
    }

    // Reads a line without its end. Returns false at the end of the file. The line stays valid until the next call.
    public bool TryReadLine(int longest, string what, out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        while (true)
        {
            var found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (found >= 0 || _end - _start > longest)
            {
                var length = found >= 0 ? searched + found : longest + 1;
                if (length > longest)
                {
                    throw Error($"a line of {what} is longer than {longest} bytes");
                }
                line = _buffer.AsSpan(_start, length).TrimEnd((byte)'\r');
                Advance(length + 1);
                return true;
            }
            searched = _end - _start;
            if (!Fill())
            {
                line = _buffer.AsSpan(_start, searched).TrimEnd((byte)'\r');
                Advance(searched);
                return searched > 0;
            }
        }
    }

    public bool AtEnd() => Peek(1).IsEmpty;

    public void Dispose() => _stream.Dispose();

    private void Advance(int count)
    {
        _start += count;
        Offset += count;
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }
        var count = ReadStream(_buffer.AsSpan(_end));
        _end += count;
        return count > 0;
    }

    private int ReadStream(Span<byte> to)
    {
        try
        {
            return _stream.Read(to);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new PointCloudException(Path, $"cannot be read: {error.Message}", Offset, error);
        }
    }

    private PointCloudException Ended(long expected, long found, string what) =>
        Error($"the file ends too early: expected {expected} bytes of {what}, found {found}");
}

// Creates files that are written from front to back.
internal static class OutputFile
{
    public static FileStream Create(string path) =>
        new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);

    // Compresses with gzip if the name ends in .gz.
    public static Stream CreateByEnding(string path) =>
        path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new GZipStream(Create(path), CompressionLevel.Fastest)
            : Create(path);
}
