using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

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

/// <summary>Writes a dictionary of tensors as torch.save does, for torch.load with or without weights_only.</summary>
internal static class PyTorchWriter
{
    private const string Root = "archive/";

    internal static void Write(string path, IEnumerable<KeyValuePair<string, torch.Tensor>> tensors)
    {
        var entries = tensors.ToList();
        var pickle = Pickle(entries);
        var unfinished = path + ".part";
        using (var archive = new ZipArchive(File.Create(unfinished), ZipArchiveMode.Create))
        {
            Add(archive, "data.pkl", stream => stream.Write(pickle));
            Add(archive, "byteorder", stream => stream.Write("little"u8));
            for (var i = 0; i < entries.Count; i++)
            {
                Add(archive, $"data/{i}", stream => TensorData.Write(stream, entries[i].Value));
            }

            Add(archive, "version", stream => stream.Write("3\n"u8));
        }

        File.Move(unfinished, path, overwrite: true);
    }

    private static void Add(ZipArchive archive, string name, Action<Stream> write)
    {
        using var stream = archive.CreateEntry(Root + name, CompressionLevel.NoCompression).Open();
        write(stream);
    }

    private static byte[] Pickle(List<KeyValuePair<string, torch.Tensor>> entries)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write([0x80, 2, (byte)'}', (byte)'(']);
        for (var i = 0; i < entries.Count; i++)
        {
            Text(writer, entries[i].Key);
            Tensor(writer, entries[i].Value, i);
        }

        writer.Write("u."u8);
        writer.Flush();
        return buffer.ToArray();
    }

    /// <summary>_rebuild_tensor_v2(storage, 0, sizes, strides, False, OrderedDict()).</summary>
    private static void Tensor(BinaryWriter writer, torch.Tensor tensor, int key)
    {
        Global(writer, "torch._utils._rebuild_tensor_v2");
        writer.Write("(("u8);
        Text(writer, "storage");
        Global(writer, PickledGlobal.StorageName(tensor.dtype));
        Text(writer, $"{key}");
        Text(writer, "cpu");
        Number(writer, tensor.NumberOfElements);
        writer.Write("tQ"u8);
        Number(writer, 0);
        var shape = tensor.shape;
        Numbers(writer, shape);
        Numbers(writer, Strides(shape));
        writer.Write((byte)0x89);
        Global(writer, "collections.OrderedDict");
        writer.Write(")RtR"u8);
    }

    private static long[] Strides(long[] shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(shape[axis], 1);
        }

        return strides;
    }

    private static void Global(BinaryWriter writer, string name)
    {
        var dot = name.LastIndexOf('.');
        writer.Write(Encoding.UTF8.GetBytes($"c{name[..dot]}\n{name[(dot + 1)..]}\n"));
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((byte)'X');
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private static void Numbers(BinaryWriter writer, long[] numbers)
    {
        writer.Write((byte)'(');
        foreach (var number in numbers)
        {
            Number(writer, number);
        }

        writer.Write((byte)'t');
    }

    private static void Number(BinaryWriter writer, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        writer.Write((byte)0x8a);
        writer.Write((byte)sizeof(long));
        writer.Write(bytes);
    }
}
