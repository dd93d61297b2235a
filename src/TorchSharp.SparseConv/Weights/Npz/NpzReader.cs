using System.IO.Compression;

namespace TorchSharp.SparseConv;

/// <summary>
/// NumPy's archive: a zip of one .npy for each name. Every entry is unpacked once when the file is opened, for what a
/// compressed one holds is known only then, and again when its tensor is read; how much that may be is checked first.
/// </summary>
internal sealed class NpzReader : StateReader
{
    private const string Ending = ".npy";

    // No deflate stream grows by more; weights do not grow by a hundred unless they are small.
    private const long MostGrowth = 1032;
    private const long UnlikelyGrowth = 100;
    private const long UnlikelyBytes = 1 << 28;

    private readonly ZipArchive _archive;
    private readonly Dictionary<string, NpzEntry> _entries = new(StringComparer.Ordinal);

    internal NpzReader(string path)
    {
        var stream = File.OpenRead(path);
        var current = "its directory";
        try
        {
            _archive = new ZipArchive(stream, ZipArchiveMode.Read);
            var left = UnlikelyBytes + (UnlikelyGrowth * stream.Length);
            foreach (var entry in _archive.Entries)
            {
                current = entry.FullName;
                left -= entry.Length;
                Add(entry, left);
            }
        }
        catch (Exception exception)
            when (exception
                    is InvalidDataException
                        or EndOfStreamException
                        or OverflowException
                        or NotSupportedException
            )
        {
            _archive?.Dispose();
            stream.Dispose();
            throw new InvalidDataException(
                $"'{path}' is no archive of NumPy's arrays: {current}: {exception.Message}",
                exception
            );
        }
    }

    internal override IReadOnlyList<StateEntry> Entries =>
        [.. _entries.Select(entry => new StateEntry(entry.Key, entry.Value.Type, entry.Value.Shape))];

    internal override torch.Tensor Read(string name)
    {
        var (entry, type, shape, isFortran) = _entries[name];
        using var stream = entry.Open();
        NpyText.Read(stream);
        if (!isFortran || shape.Length < 2)
        {
            return TensorData.Read(stream, type, shape);
        }

        using var scope = torch.NewDisposeScope();
        return TensorData
            .Read(stream, type, [.. shape.Reverse()])
            .permute([.. Enumerable.Range(0, shape.Length).Reverse().Select(axis => (long)axis)])
            .contiguous()
            .MoveToOuterDisposeScope();
    }

    public override void Dispose() => _archive.Dispose();

    internal override void ReadStart(string name, Span<byte> bytes)
    {
        using var stream = _entries[name].Entry.Open();
        NpyText.Read(stream);
        stream.ReadExactly(bytes);
    }

    private void Add(ZipArchiveEntry entry, long left)
    {
        if (!entry.FullName.EndsWith(Ending, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"it is no array, names must end in {Ending}.");
        }

        if (left < 0 || entry.Length / MostGrowth > entry.CompressedLength)
        {
            throw new InvalidDataException(
                $"it claims {entry.Length} bytes out of {entry.CompressedLength}, refused as a zip bomb."
            );
        }

        using var stream = entry.Open();
        var (type, shape, isFortran, header) = NpyText.Read(stream);
        var size = ElementTypes.Size(type);
        if (ElementTypes.Elements(shape, size) is not { } elements || elements * size != entry.Length - header)
        {
            throw new InvalidDataException(
                $"it has {entry.Length - header} bytes for {type} of shape {Shapes.Text(shape)}."
            );
        }

        TensorData.Skip(stream, elements * size);
        if (!_entries.TryAdd(entry.FullName[..^Ending.Length], new(entry, type, shape, isFortran)))
        {
            throw new InvalidDataException("it stands twice in the archive.");
        }
    }
}
