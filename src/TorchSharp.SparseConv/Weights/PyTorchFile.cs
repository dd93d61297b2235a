using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace TorchSharp.SparseConv;

/// <summary>
/// A file of PyTorch's torch.save: a pickle that describes tensors, and the storages that they lie in. Of the objects in
/// it the state_dict is taken, wherever it stands.
/// </summary>
internal sealed class PyTorchFile : StateReader
{
    // Where most training scripts put the state_dict when they save more than that; taken before any other.
    private static readonly string[] Wrappers =
    [
        "state_dict",
        "model_state_dict",
        "model_state",
        "model",
        "net",
        "network",
        "weights",
    ];

    // No state_dict lies so deep; it bounds the text that places take.
    private const int MostPlace = 400;

    private readonly PyTorchStorages _content;
    private readonly Dictionary<string, PickledTensor> _tensors = new(StringComparer.Ordinal);

    // Storages that were read, by key: tensors may share one, each is a view of it.
    private readonly Dictionary<string, torch.Tensor> _storages = new(StringComparer.Ordinal);

    /// <summary>Opens a file; place is the path of the state_dict in it, such as "nets.a", or null to look for it.</summary>
    internal PyTorchFile(string path, string? place = null)
    {
        var stream = File.OpenRead(path);
        PyTorchStorages? content = null;
        try
        {
            content = PyTorchStorages.Open(stream);
            AddTensors(content.Root, place);
            content.Require(_tensors.Values.Select(tensor => tensor.Storage));
            _content = content;
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            content?.Dispose();
            stream.Dispose();
            throw new InvalidDataException($"'{path}' is no state_dict of torch.save: {exception.Message}", exception);
        }
    }

    internal override IReadOnlyList<StateEntry> Entries =>
        [
            .. _tensors
                .Where(entry => entry.Value.Storage.Type is not null)
                .Select(entry => new StateEntry(entry.Key, entry.Value.Storage.Type!.Value, entry.Value.Shape)),
        ];

    internal override IReadOnlyDictionary<string, string> Unreadable =>
        _tensors
            .Where(entry => entry.Value.Storage.Type is null)
            .ToDictionary(entry => entry.Key, entry => entry.Value.Storage.TypeName, StringComparer.Ordinal);

    internal override torch.Tensor Read(string name)
    {
        var tensor = _tensors[name];
        if (!_storages.TryGetValue(tensor.Storage.Key, out var storage))
        {
            using var data = _content.Open(tensor.Storage);
            storage = TensorData
                .Read(data, tensor.Storage.Type!.Value, tensor.Storage.Elements)
                .DetachFromDisposeScope();
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

        _content.Dispose();
    }

    internal override void ReadStart(string name, Span<byte> bytes)
    {
        var tensor = _tensors[name];
        using var data = _content.Open(tensor.Storage);
        TensorData.Skip(data, tensor.Offset * ElementTypes.Size(tensor.Storage.Type!.Value));
        data.ReadExactly(bytes);
    }

    private static bool IsDamage(Exception exception) =>
        exception is InvalidDataException or EndOfStreamException or NotSupportedException or OverflowException;

    private void AddTensors(object? root, string? place)
    {
        foreach (var (key, value) in Choose(Search(Pickled.RequireDictionary(root, "names")), place))
        {
            if (value is PickledTensor tensor && !_tensors.TryAdd(Pickled.Text(key), tensor))
            {
                throw new InvalidDataException($"'{key}' stands twice in it.");
            }
        }
    }

    // Every dictionary that has tensors under names, but for those of optimizers. Each is looked into once: in a pickle a
    // dictionary may stand in many places, in itself too, and lie as deep as the file is long.
    private static List<(string Place, List<KeyValuePair<object?, object?>> Pairs)> Search(
        List<KeyValuePair<object?, object?>> root
    )
    {
        var found = new List<(string Place, List<KeyValuePair<object?, object?>> Pairs)>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance) { root };
        var left = new Queue<(string Place, List<KeyValuePair<object?, object?>> Pairs)>([("", root)]);
        while (left.TryDequeue(out var next))
        {
            if (next.Pairs.Exists(pair => pair is { Key: string, Value: PickledTensor }))
            {
                found.Add(next);
            }

            foreach (var (key, value) in next.Pairs)
            {
                if (
                    value is List<KeyValuePair<object?, object?>> inner
                    && key is string name
                    && !name.StartsWith("optim", StringComparison.Ordinal)
                    && next.Place.Length < MostPlace
                    && seen.Add(inner)
                )
                {
                    left.Enqueue((next.Place.Length == 0 ? name : $"{next.Place}.{name}", inner));
                }
            }
        }

        return found;
    }

    private static List<KeyValuePair<object?, object?>> Choose(
        List<(string Place, List<KeyValuePair<object?, object?>> Pairs)> found,
        string? place
    )
    {
        var places = string.Join(
            ", ",
            found.Take(8).Select(one => one.Place.Length == 0 ? "the file itself" : one.Place)
        );
        if (place is not null)
        {
            return found.Find(one => string.Equals(one.Place, place, StringComparison.Ordinal)).Pairs
                ?? throw new InvalidDataException(
                    found.Count == 0
                        ? "it holds no tensors under names."
                        : $"it has no {place}, must be one of {places}."
                );
        }

        foreach (var wrapper in Wrappers)
        {
            if (found.Find(one => string.Equals(one.Place, wrapper, StringComparison.Ordinal)).Pairs is { } pairs)
            {
                return pairs;
            }
        }

        return found switch
        {
            // An empty state_dict is one, too: that of a module without parameters.
            [] => [],
            [var only] => only.Pairs,
            [{ Place: "" } whole, ..] => whole.Pairs,
            _ => throw new InvalidDataException($"it holds several state_dicts: say which of {places}."),
        };
    }
}

/// <summary>The two containers that torch.save has written: the object in them, and the storages of its tensors.</summary>
internal abstract class PyTorchStorages : IDisposable
{
    protected const int LargestPickle = 1 << 28;

    /// <summary>The object that was saved.</summary>
    internal object? Root { get; private protected set; }

    /// <summary>Opens either kind by its first bytes, and takes over the stream.</summary>
    internal static PyTorchStorages Open(FileStream stream)
    {
        if (Begins(stream, "PK"u8))
        {
            return new ZippedStorages(stream);
        }

        if (Begins(stream, LegacyStorages.Magic))
        {
            return new LegacyStorages(stream);
        }

        throw new InvalidDataException(
            Begins(stream, [0x80])
                ? "it is a pickle, but not of torch.save."
                : "it is neither a zip archive nor a pickle."
        );
    }

    /// <summary>
    /// Whether a file without an ending that says so is one of torch.save: its first bytes, and in an archive data.pkl.
    /// </summary>
    internal static bool IsOne(string path)
    {
        using var stream = File.OpenRead(path);
        if (!Begins(stream, "PK"u8))
        {
            return Begins(stream, LegacyStorages.Magic);
        }

        try
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read);
            return archive.Entries.Any(entry =>
                string.Equals(entry.Name, ZippedStorages.PickleName, StringComparison.Ordinal)
            );
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static bool Begins(FileStream stream, ReadOnlySpan<byte> bytes)
    {
        Span<byte> start = stackalloc byte[bytes.Length];
        var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        return read == bytes.Length && start.SequenceEqual(bytes);
    }

    /// <summary>A stream of a storage's elements.</summary>
    internal abstract Stream Open(PickledStorage storage);

    /// <summary>
    /// Every storage is there, as long as its tensors think, and all together are no longer than the file.
    /// </summary>
    internal abstract void Require(IEnumerable<PickledStorage> storages);

    public abstract void Dispose();

    /// <summary>Each storage that can be read, once; throws where one is of two types or lengths.</summary>
    protected static IEnumerable<PickledStorage> Distinct(IEnumerable<PickledStorage> storages)
    {
        var seen = new Dictionary<string, PickledStorage>(StringComparer.Ordinal);
        foreach (var storage in storages.Where(one => one.Type is not null))
        {
            if (seen.TryAdd(storage.Key, storage))
            {
                yield return storage;
            }
            else if (seen[storage.Key] != storage)
            {
                throw new InvalidDataException($"data/{storage.Key} is of two types or lengths at once.");
            }
        }
    }
}

/// <summary>
/// The format of PyTorch 1.6 and later: a zip archive of a pickle, data.pkl, and of one entry data/KEY for each storage,
/// none of them compressed, so that no entry can be larger than the file.
/// </summary>
internal sealed class ZippedStorages : PyTorchStorages
{
    internal const string PickleName = "data.pkl";

    private readonly ZipArchive _archive;
    private readonly string _root;
    private readonly long _fileBytes;

    internal ZippedStorages(FileStream stream)
    {
        _fileBytes = stream.Length;
        _archive = new ZipArchive(stream, ZipArchiveMode.Read);
        var pickle =
            _archive.Entries.FirstOrDefault(entry => string.Equals(entry.Name, PickleName, StringComparison.Ordinal))
            ?? throw new InvalidDataException($"it holds no {PickleName}.");
        _root = pickle.FullName[..^PickleName.Length];
        if (_archive.GetEntry(_root + "byteorder") is { } entry && !Bytes(entry).AsSpan().SequenceEqual("little"u8))
        {
            throw new InvalidDataException("its byte order is not little.");
        }

        Root = PickleReader.Read(Bytes(pickle));
    }

    internal override Stream Open(PickledStorage storage) => Entry(storage).Open();

    internal override void Require(IEnumerable<PickledStorage> storages)
    {
        var left = _fileBytes;
        foreach (var storage in Distinct(storages))
        {
            var entry = Entry(storage);
            RequireStored(entry);
            var bytes = (Int128)storage.Elements * ElementTypes.Size(storage.Type!.Value);
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

    public override void Dispose() => _archive.Dispose();

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

    private ZipArchiveEntry Entry(PickledStorage storage) =>
        _archive.GetEntry($"{_root}data/{storage.Key}")
        ?? throw new InvalidDataException($"it holds no data/{storage.Key}.");
}

/// <summary>
/// The format before PyTorch 1.6: pickles of a magic number, a version, sizes of types, the object, and the keys of the
/// storages, and then each storage as its number of elements, int64, and these.
/// </summary>
internal sealed class LegacyStorages : PyTorchStorages
{
    private const long Version = 1001;

    /// <summary>
    /// The pickle of the magic number. Nothing shorter tells: a file of TorchSharp with 256 tensors has the first two bytes,
    /// too.
    /// </summary>
    internal static ReadOnlySpan<byte> Magic =>
        [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    private readonly FileStream _stream;
    private readonly Dictionary<string, long> _places = new(StringComparer.Ordinal);

    internal LegacyStorages(FileStream stream)
    {
        _stream = stream;
        var bytes = new byte[Math.Min(stream.Length, LargestPickle)];
        stream.ReadExactly(bytes);
        ReadOnlySpan<byte> rest = bytes;
        var storages = new List<PickledStorage>();
        rest = rest[Magic.Length..];
        if (PickleReader.Read(ref rest, storages) is not Version)
        {
            throw new InvalidDataException($"its version is not {Version}.");
        }

        var system = Pickled.RequireDictionary(PickleReader.Read(ref rest, storages), "sizes of types");
        if (system.Exists(pair => pair is { Key: "little_endian", Value: false }))
        {
            throw new InvalidDataException("its byte order is not little.");
        }

        Root = PickleReader.Read(ref rest, storages);
        var keys = PickleReader.Read(ref rest, storages) as List<object?>;
        FindPlaces(
            Distinct(storages).ToDictionary(storage => storage.Key, StringComparer.Ordinal),
            keys ?? throw new InvalidDataException("it lists no storages."),
            bytes.Length - rest.Length
        );
    }

    internal override Stream Open(PickledStorage storage)
    {
        _stream.Position = _places[storage.Key] + sizeof(long);
        return new Borrowed(_stream);
    }

    internal override void Require(IEnumerable<PickledStorage> storages)
    {
        if (Distinct(storages).FirstOrDefault(one => !_places.ContainsKey(one.Key)) is { Key: { } missing })
        {
            throw new InvalidDataException($"it holds no storage {missing}.");
        }
    }

    // A storage says how many elements it has, and the pickle of what type: the next one is found behind it.
    private void FindPlaces(Dictionary<string, PickledStorage> storages, List<object?> keys, long at)
    {
        Span<byte> count = stackalloc byte[sizeof(long)];
        foreach (var key in keys.Select(Pickled.Text))
        {
            if (!storages.TryGetValue(key, out var storage))
            {
                throw new InvalidDataException(
                    $"its storage {key} is of a type that is not read, so that the next is not found."
                );
            }

            _stream.Position = at;
            _stream.ReadExactly(count);
            var elements = BinaryPrimitives.ReadInt64LittleEndian(count);
            var bytes = (Int128)storage.Elements * ElementTypes.Size(storage.Type!.Value);
            if (elements != storage.Elements || at + sizeof(long) + bytes > _stream.Length || !_places.TryAdd(key, at))
            {
                throw new InvalidDataException(
                    $"its storage {key} has {elements} elements for {storage.Elements} of {storage.Type}, and {_stream.Length - at} bytes are left."
                );
            }

            at += sizeof(long) + (long)bytes;
        }
    }

    public override void Dispose() => _stream.Dispose();

    // The file from here on; closing it leaves the file open.
    private sealed class Borrowed(Stream stream) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => stream.Read(buffer, offset, count);

        public override int Read(Span<byte> buffer) => stream.Read(buffer);

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
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
