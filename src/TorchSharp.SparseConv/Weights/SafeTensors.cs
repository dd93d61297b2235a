using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

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
