using System.IO.Compression;

namespace TorchSharp.SparseConv;

/// <summary>
/// NumPy's archive: a zip of one .npy for each name. Compressed entries are read at once, for what they hold is known only
/// then; how much that may be is checked first.
/// </summary>
internal sealed class NpzReader : StateReader
{
    private const string Ending = ".npy";

    // No deflate stream grows by more; weights do not grow by a hundred unless they are small.
    private const long MostGrowth = 1032;
    private const long UnlikelyGrowth = 100;
    private const long UnlikelyBytes = 1 << 28;

    private readonly Dictionary<string, torch.Tensor> _tensors = new(StringComparer.Ordinal);

    internal NpzReader(string path)
    {
        using var stream = File.OpenRead(path);
        var current = "its directory";
        try
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read);
            var left = UnlikelyBytes + (UnlikelyGrowth * stream.Length);
            foreach (var entry in archive.Entries)
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
            Dispose();
            throw new InvalidDataException(
                $"'{path}' is no archive of NumPy's arrays: {current}: {exception.Message}",
                exception
            );
        }
    }

    internal override IReadOnlyList<StateEntry> Entries =>
        [.. _tensors.Select(entry => new StateEntry(entry.Key, entry.Value.dtype, entry.Value.shape))];

    internal override torch.Tensor Read(string name) => _tensors[name].clone();

    public override void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
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

        using var scope = torch.NewDisposeScope();
        var tensor = TensorData.Read(stream, type, isFortran ? [.. shape.Reverse()] : shape);
        if (isFortran && shape.Length > 1)
        {
            tensor = tensor
                .permute([.. Enumerable.Range(0, shape.Length).Reverse().Select(axis => (long)axis)])
                .contiguous();
        }

        if (!_tensors.TryAdd(entry.FullName[..^Ending.Length], tensor))
        {
            throw new InvalidDataException("it stands twice in the archive.");
        }

        tensor.DetachFromDisposeScope();
    }
}
