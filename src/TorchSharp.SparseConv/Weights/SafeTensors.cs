using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.MemoryMappedFiles;
using System.Text.Json;

namespace TorchSharp.SparseConv;

/// <summary>
/// The safetensors format: 8 bytes with the length of a JSON header, the header (name to dtype, shape, data_offsets),
/// and the elements, little-endian. Types: F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL.
/// </summary>
public static class SafeTensors
{
    private const string MetadataName = "__metadata__";
    private const int PrefixBytes = 8;
    private const int Alignment = 8;
    private const long LargestHeader = 100_000_000;

    /// <summary>
    /// Writes named tensors, and metadata where given, replacing the file only once all is written. Throws
    /// NotSupportedException for an element type that the format lacks.
    /// </summary>
    public static void Write(
        string path,
        IEnumerable<KeyValuePair<string, torch.Tensor>> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);

        // Wide elements first keeps all aligned; the rest of the order is for equal files from equal weights.
        var entries = tensors
            .OrderByDescending(entry => entry.Value.ElementSize)
            .ThenBy(entry => entry.Key, StringComparer.Ordinal)
            .ToList();
        var header = SafeTensorsHeader.Write(entries, metadata, MetadataName);
        var unfinished = path + ".part";
        using (var file = File.Create(unfinished))
        {
            var padded = (header.Length + Alignment - 1) / Alignment * Alignment;
            Span<byte> prefix = stackalloc byte[PrefixBytes];
            BinaryPrimitives.WriteInt64LittleEndian(prefix, padded);
            file.Write(prefix);
            file.Write(header);
            for (var i = header.Length; i < padded; i++)
            {
                file.WriteByte((byte)' ');
            }

            foreach (var (_, tensor) in entries)
            {
                TensorData.Write(file, tensor);
            }
        }

        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>
    /// Opens a file for reading tensor by tensor. Throws InvalidDataException, naming the file and what is wrong, for a
    /// file that is truncated or no safetensors file.
    /// </summary>
    public static SafeTensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new SafeTensorsFile(path);
    }

    /// <summary>
    /// Reads all tensors into CPU memory, in the order of the header. Throws InvalidDataException, naming the file and
    /// what is wrong, for a file that is truncated or no safetensors file.
    /// </summary>
    [SuppressMessage("Design", "MA0016", Justification = "What Module.load_state_dict takes.")]
    public static Dictionary<string, torch.Tensor> Read(string path)
    {
        using var file = Open(path);
        return file.Names.ToDictionary(name => name, file.Read, StringComparer.Ordinal);
    }

    internal static (
        List<SafeTensorsEntry> Entries,
        IReadOnlyDictionary<string, string> Metadata,
        long Start
    ) ReadHeader(FileStream file)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        if (file.Length < PrefixBytes)
        {
            throw new InvalidDataException($"it has {file.Length} bytes, must have {PrefixBytes} or more.");
        }

        file.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length < 2 || length > LargestHeader || length > file.Length - PrefixBytes)
        {
            throw new InvalidDataException(
                $"its header claims {length} bytes, must have 2 to {Math.Min(LargestHeader, file.Length - PrefixBytes)}."
            );
        }

        var header = new byte[length];
        file.ReadExactly(header);
        var start = PrefixBytes + length;
        var (entries, metadata) = SafeTensorsHeader.Read(header, file.Length - start, MetadataName);
        return (entries, metadata, start);
    }
}

/// <summary>
/// An open safetensors file: its header is read and checked, the elements stay in the memory-mapped file until a tensor
/// is asked for.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly Dictionary<string, SafeTensorsEntry> _entries;
    private readonly long _start;

    internal SafeTensorsFile(string path)
    {
        using var file = File.OpenRead(path);
        try
        {
            (var entries, Metadata, _start) = SafeTensors.ReadHeader(file);
            _entries = entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
            Names = [.. entries.Select(entry => entry.Name)];
        }
        catch (Exception exception)
            when (exception
                    is JsonException
                        or InvalidDataException
                        or EndOfStreamException
                        or InvalidOperationException
            )
        {
            // InvalidOperationException: text that is no UTF-8, or half of a surrogate pair.        {
            throw new InvalidDataException($"'{path}' is no safetensors file: {exception.Message}", exception);
        }

        if (file.Length > _start)
        {
            _map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        }
    }

    /// <summary>The tensors' names in the order of the header.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The header's __metadata__, empty where it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The shape of a tensor; throws KeyNotFoundException for a name that the file lacks.</summary>
    public IReadOnlyList<long> Shape(string name) => Entry(name).Shape;

    /// <summary>The element type of a tensor; throws KeyNotFoundException for a name that the file lacks.</summary>
    public torch.ScalarType ElementType(string name) => Entry(name).Type;

    /// <summary>
    /// Copies one tensor into CPU memory; throws KeyNotFoundException for a name that the file lacks.
    /// </summary>
    public torch.Tensor Read(string name)
    {
        var entry = Entry(name);
        if (_map is null || entry.Begin == entry.End)
        {
            return torch.empty(entry.Shape, entry.Type, torch.CPU);
        }

        using var view = View(_map, entry);
        return TensorData.Read(view, entry.Type, entry.Shape);
    }

    internal void ReadStart(string name, Span<byte> bytes)
    {
        using var view = View(_map ?? throw new EndOfStreamException($"'{name}' has no elements."), Entry(name));
        view.ReadExactly(bytes);
    }

    /// <summary>Closes the file; tensors that were read stay.</summary>
    public void Dispose() => _map?.Dispose();

    private MemoryMappedViewStream View(MemoryMappedFile map, SafeTensorsEntry entry) =>
        map.CreateViewStream(_start + entry.Begin, entry.End - entry.Begin, MemoryMappedFileAccess.Read);

    private SafeTensorsEntry Entry(string name) =>
        _entries.TryGetValue(name, out var entry)
            ? entry
            : throw new KeyNotFoundException($"no tensor '{name}' among the {_entries.Count} of the file.");
}

/// <summary>A safetensors file as one of the formats of <see cref="Weights"/>.</summary>
internal sealed class SafeTensorsReader(SafeTensorsFile file) : StateReader
{
    internal override IReadOnlyList<StateEntry> Entries { get; } =
    [.. file.Names.Select(name => new StateEntry(name, file.ElementType(name), [.. file.Shape(name)]))];

    internal override torch.Tensor Read(string name) => file.Read(name);

    public override void Dispose() => file.Dispose();

    internal override void ReadStart(string name, Span<byte> bytes) => file.ReadStart(name, bytes);
}
