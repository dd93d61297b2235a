using System.IO.Compression;

namespace TorchSharp.SparseConv;

/// <summary>
/// A file of PyTorch's torch.save, 1.6 or later: a zip archive of a pickle, data.pkl, and of one entry data/KEY for
/// each storage, none of them compressed, so that no entry can be larger than the file.
/// </summary>
internal sealed class PyTorchFile : StateReader
{
    private const string PickleName = "data.pkl";
    private const int LargestPickle = 1 << 28;

    // Where training scripts put the state_dict when they save more than that.
    private static readonly string[] Wrappers =
    [
        "state_dict",
        "model_state_dict",
        "model",
        "net",
        "network",
        "weights",
    ];

    private readonly ZipArchive _archive;
    private readonly string _root;
    private readonly Dictionary<string, PickledTensor> _tensors = new(StringComparer.Ordinal);

    // Storages that were read, by key: tensors may share one, each is a view of it.
    private readonly Dictionary<string, torch.Tensor> _storages = new(StringComparer.Ordinal);

    internal PyTorchFile(string path)
    {
        var stream = File.OpenRead(path);
        try
        {
            RequireZip(stream);
            _archive = new ZipArchive(stream, ZipArchiveMode.Read);
            var pickle =
                _archive.Entries.FirstOrDefault(entry =>
                    string.Equals(entry.Name, PickleName, StringComparison.Ordinal)
                ) ?? throw new InvalidDataException($"it holds no {PickleName}.");
            _root = pickle.FullName[..^PickleName.Length];
            RequireLittleEndian();
            AddTensors(PickleReader.Read(Bytes(pickle)));
            RequireStorages(stream.Length);
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            _archive?.Dispose();
            stream.Dispose();
            throw new InvalidDataException($"'{path}' is no state_dict of torch.save: {exception.Message}", exception);
        }
    }

    internal override IReadOnlyList<StateEntry> Entries =>
        [.. _tensors.Select(entry => new StateEntry(entry.Key, entry.Value.Storage.Type, entry.Value.Shape))];

    internal override torch.Tensor Read(string name)
    {
        var tensor = _tensors[name];
        if (!_storages.TryGetValue(tensor.Storage.Key, out var storage))
        {
            using var data = Entry(tensor.Storage).Open();
            storage = TensorData.Read(data, tensor.Storage.Type, tensor.Storage.Elements).DetachFromDisposeScope();
            _storages.Add(tensor.Storage.Key, storage);
        }

        using var scope = torch.NewDisposeScope();
        return storage
            .as_strided(tensor.Shape, tensor.Strides, tensor.Offset)
            .contiguous()
            .clone()
            .MoveToOuterDisposeScope();
    }

    public override void Dispose()
    {
        foreach (var storage in _storages.Values)
        {
            storage.Dispose();
        }

        _archive.Dispose();
    }

    internal override void ReadStart(string name, Span<byte> bytes)
    {
        var tensor = _tensors[name];
        using var data = Entry(tensor.Storage).Open();
        TensorData.Skip(data, tensor.Offset * ElementTypes.Size(tensor.Storage.Type));
        data.ReadExactly(bytes);
    }

    private static bool IsDamage(Exception exception) =>
        exception is InvalidDataException or EndOfStreamException or NotSupportedException or OverflowException;

    private static void RequireZip(FileStream stream)
    {
        Span<byte> start = stackalloc byte[2];
        var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        if (read == 2 && start[0] == 0x80)
        {
            throw new InvalidDataException(
                "it is a bare pickle, the format from before PyTorch 1.6, refused; in Python, torch.save(torch.load(path), path) makes a new one."
            );
        }

        if (read < 2 || start[0] != 'P' || start[1] != 'K')
        {
            throw new InvalidDataException("it is no zip archive.");
        }
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        RequireStored(entry);
        if (entry.Length > LargestPickle)
        {
            throw new InvalidDataException($"{entry.FullName} claims {entry.Length} bytes, may have {LargestPickle}.");
        }

        var bytes = new byte[entry.Length];
        using var stream = entry.Open();
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static void RequireStored(ZipArchiveEntry entry)
    {
        if (entry.Length != entry.CompressedLength)
        {
            throw new InvalidDataException($"{entry.FullName} is compressed, which torch.save never does.");
        }
    }

    private void RequireLittleEndian()
    {
        if (_archive.GetEntry(_root + "byteorder") is { } entry && !Bytes(entry).AsSpan().SequenceEqual("little"u8))
        {
            throw new InvalidDataException("its byte order is not little.");
        }
    }

    private void AddTensors(object? root)
    {
        var pairs = Pickled.RequireDictionary(root, "names");
        foreach (var wrapper in Wrappers)
        {
            if (
                pairs
                    .FirstOrDefault(pair =>
                        pair.Key is string key && string.Equals(key, wrapper, StringComparison.Ordinal)
                    )
                    .Value
                is List<KeyValuePair<object?, object?>> inner
            )
            {
                pairs = inner;
                break;
            }
        }

        foreach (var (key, value) in pairs)
        {
            if (value is PickledTensor tensor && !_tensors.TryAdd(Pickled.Text(key), tensor))
            {
                throw new InvalidDataException($"'{key}' stands twice in it.");
            }
        }
    }

    private ZipArchiveEntry Entry(PickledStorage storage) =>
        _archive.GetEntry($"{_root}data/{storage.Key}")
        ?? throw new InvalidDataException($"it holds no data/{storage.Key}.");

    /// <summary>
    /// Every storage is there, as long as its tensors think, and all together are no longer than the file.
    /// </summary>
    private void RequireStorages(long fileBytes)
    {
        var left = fileBytes;
        var seen = new Dictionary<string, PickledStorage>(StringComparer.Ordinal);
        foreach (var storage in _tensors.Values.Select(tensor => tensor.Storage))
        {
            if (!seen.TryAdd(storage.Key, storage))
            {
                if (seen[storage.Key] != storage)
                {
                    throw new InvalidDataException($"data/{storage.Key} is of two types or lengths at once.");
                }

                continue;
            }

            var entry = Entry(storage);
            RequireStored(entry);
            var bytes = (Int128)storage.Elements * ElementTypes.Size(storage.Type);
            if (bytes != entry.Length || bytes > left)
            {
                throw new InvalidDataException(
                    $"data/{storage.Key} has {entry.Length} bytes for {storage.Elements} elements of {storage.Type}, and {left} of the file's bytes are left."
                );
            }

            left -= entry.Length;

            // Opening reads the entry's own header, so that damage there shows before anything is loaded.
            using var probe = entry.Open();
        }
    }
}
