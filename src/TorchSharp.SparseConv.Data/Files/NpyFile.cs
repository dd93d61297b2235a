using System.Collections.ObjectModel;
using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Reads and writes the arrays of NumPy (.npy): plain numbers in either byte order and either order of axes.
/// </summary>
/// <remarks>
/// Booleans become bytes of 0 and 1, and 16-bit floats become 32-bit floats. Objects, text, complex numbers and
/// structured types are refused.
/// </remarks>
public static class NpyFile
{
    /// <summary>Reads the array of a file. The result is row-major in any case.</summary>
    /// <exception cref="PointCloudException">
    /// The file is missing, malformed, of another type, or ends too early.
    /// </exception>
    public static NumberArray Read(string path)
    {
        using var file = ByteReader.Open(path);
        return Read(file);
    }

    /// <summary>Writes an array in row-major order.</summary>
    public static void Write(string path, NumberArray array, ByteOrder order = ByteOrder.LittleEndian)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(array);
        using var file = OutputFile.Create(path);
        Write(file, array, order);
    }

    internal static NumberArray Read(ByteReader file)
    {
        var header = NpyHeader.Read(file);
        var count = ArrayBytes.Count(file, header.Shape, header.Type);
        var shape = Array.ConvertAll(header.Shape, size => (int)size);
        var values = ArrayBytes.Read(file, header.Type, count, header.Order);
        if (header.IsHalf)
        {
            values = Array.ConvertAll((ushort[])values, bits => (float)BitConverter.UInt16BitsToHalf(bits));
        }
        return new NumberArray(
            header.IsFortran && shape.Length > 1
                ? NumberTypes.Visit<RowMajor, Array>(values, new RowMajor(shape))
                : values,
            shape
        );
    }

    internal static void Write(Stream file, NumberArray array, ByteOrder order)
    {
        NpyHeader.Write(file, array, order);
        ArrayBytes.Write(file, array.Values, order);
    }

    private readonly struct RowMajor(int[] shape) : INumberVisitor<Array>
    {
        public Array Visit<T>(T[] values)
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            var strides = new int[shape.Length];
            var stride = 1;
            for (var axis = 0; axis < shape.Length && values.Length > 0; axis++)
            {
                strides[axis] = stride;
                stride *= shape[axis];
            }
            var result = new T[values.Length];
            var index = new int[shape.Length];
            var from = 0;
            for (var to = 0; to < result.Length; to++)
            {
                result[to] = values[from];
                for (var axis = shape.Length - 1; axis >= 0; axis--)
                {
                    from += strides[axis];
                    if (++index[axis] < shape[axis])
                    {
                        break;
                    }
                    from -= strides[axis] * shape[axis];
                    index[axis] = 0;
                }
            }
            return result;
        }
    }
}

/// <summary>Reads and writes the archives of NumPy (.npz): named arrays in a zip file, stored or deflated.</summary>
public static class NpzFile
{
    private const string Ending = ".npy";

    /// <summary>Reads all arrays of a file with their names, in the order of the file.</summary>
    /// <exception cref="PointCloudException">
    /// The file is missing or not a zip file, or one of its entries is not an array of numbers.
    /// </exception>
    public static IReadOnlyList<KeyValuePair<string, NumberArray>> Read(string path)
    {
        using var archive = OpenArchive(path);
        var arrays = new List<KeyValuePair<string, NumberArray>>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in Entries(path, archive))
        {
            var name = entry.FullName.EndsWith(Ending, StringComparison.Ordinal)
                ? entry.FullName[..^Ending.Length]
                : throw new PointCloudException(
                    path,
                    $"the entry {entry.FullName} is no array, expected names ending in {Ending}"
                );
            if (!names.Add(name))
            {
                throw new PointCloudException(path, $"the entry {entry.FullName} occurs twice");
            }
            arrays.Add(new(name, ReadEntry(path, entry)));
        }
        return arrays;
    }

    /// <summary>Writes named arrays, deflated.</summary>
    /// <exception cref="ArgumentException">A name is empty or occurs twice. No file is written then.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, NumberArray>> arrays)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(arrays);
        var all = arrays.ToList();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, array) in all)
        {
            ArgumentException.ThrowIfNullOrEmpty(name, nameof(arrays));
            ArgumentNullException.ThrowIfNull(array, nameof(arrays));
            if (!names.Add(name))
            {
                throw new ArgumentException($"{name} occurs twice, names must differ", nameof(arrays));
            }
        }
        using var file = OutputFile.Create(path);
        using var archive = new ZipArchive(file, ZipArchiveMode.Create);
        foreach (var (name, array) in all)
        {
            using var entry = archive.CreateEntry(name + Ending, CompressionLevel.Fastest).Open();
            NpyFile.Write(entry, array, ByteOrder.LittleEndian);
        }
    }

    private static ZipArchive OpenArchive(string path)
    {
        using (ByteReader.Open(path))
        {
            // Opening the file throws if it does not exist or cannot be read.
        }
        var stream = File.OpenRead(path);
        try
        {
            return new ZipArchive(stream, ZipArchiveMode.Read);
        }
        catch (Exception error) when (IsDamage(error))
        {
            stream.Dispose();
            throw new PointCloudException(path, $"is no zip file: {error.Message}", innerException: error);
        }
    }

    private static ReadOnlyCollection<ZipArchiveEntry> Entries(string path, ZipArchive archive)
    {
        try
        {
            return archive.Entries;
        }
        catch (Exception error) when (IsDamage(error))
        {
            throw new PointCloudException(path, $"is no zip file: {error.Message}", innerException: error);
        }
    }

    private static NumberArray ReadEntry(string path, ZipArchiveEntry entry)
    {
        try
        {
            // The directory may claim any size. The compressed size bounds the real one.
            var most = Math.Min(entry.Length, ByteReader.MostInflated(entry.CompressedLength));
            using var file = new ByteReader(entry.Open(), $"{path}: {entry.FullName}", most, isExact: false);
            return NpyFile.Read(file);
        }
        catch (Exception error) when (IsDamage(error))
        {
            throw new PointCloudException(
                path,
                $"the entry {entry.FullName} cannot be read: {error.Message}",
                innerException: error
            );
        }
    }

    // The exceptions that System.IO.Compression throws for damaged archives.
    private static bool IsDamage(Exception error) =>
        error
            is not PointCloudException
                and (
                    InvalidDataException
                    or IOException
                    or NotSupportedException
                    or ArgumentException
                    or OverflowException
                );
}

// The header of an array: a Python dictionary.
internal sealed partial class NpyHeader
{
    private const int LongestHeader = 1 << 16;
    private const int MostAxes = 32;

    private static readonly Dictionary<string, NumberType> Types = new(StringComparer.Ordinal)
    {
        ["i1"] = NumberType.Int8,
        ["u1"] = NumberType.UInt8,
        ["b1"] = NumberType.UInt8,
        ["i2"] = NumberType.Int16,
        ["u2"] = NumberType.UInt16,
        ["i4"] = NumberType.Int32,
        ["u4"] = NumberType.UInt32,
        ["i8"] = NumberType.Int64,
        ["u8"] = NumberType.UInt64,
        ["f2"] = NumberType.UInt16, // its bits
        ["f4"] = NumberType.Float32,
        ["f8"] = NumberType.Float64,
    };

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    // The type of the stored numbers; 16-bit floats are stored as their bits.
    public required NumberType Type { get; init; }

    public required bool IsHalf { get; init; }

    public required ByteOrder Order { get; init; }

    // Whether the first axis varies fastest.
    public required bool IsFortran { get; init; }

    public required long[] Shape { get; init; }

    public static NpyHeader Read(ByteReader file)
    {
        var start = file.Take(8, "the header");
        if (!start.StartsWith(Magic) || start[6] is < 1 or > 3)
        {
            throw file.Error("is no array of NumPy: expected \\x93NUMPY and version 1, 2 or 3", 0);
        }
        var length =
            start[6] == 1
                ? NumberBytes.Read<ushort>(file.Take(2, "the header"), ByteOrder.LittleEndian)
                : NumberBytes.Read<uint>(file.Take(4, "the header"), ByteOrder.LittleEndian);
        if (length > LongestHeader)
        {
            throw file.Error($"the header is {length} bytes, expected at most {LongestHeader}", 8);
        }
        var at = file.Offset;
        var text = Encoding.Latin1.GetString(file.Take((int)length, "the header"));
        var match = Dictionary().Match(text);
        var descr = match.Groups["descr"].Value;
        if (!match.Success || !Types.TryGetValue(descr[^2..], out var type))
        {
            throw file.Error(
                $"the header says {LineReader.Quote(Encoding.Latin1.GetBytes(text.Trim()))}, "
                    + "expected descr (a plain number), fortran_order and shape",
                at
            );
        }
        var sizes = match.Groups["shape"].Value.Split(',', StringSplitOptions.TrimEntries);
        // The shape (3,) ends in a comma, and the shape () has no size at all.
        var shape = (sizes[^1].Length == 0 ? sizes[..^1] : sizes)
            .Select(size => Size(file, size.TrimEnd('L'), at))
            .ToArray();
        if (shape.Length > MostAxes)
        {
            throw file.Error($"the array has {shape.Length} axes, expected at most {MostAxes}", at);
        }
        return new NpyHeader
        {
            Type = type,
            IsHalf = descr.EndsWith("f2", StringComparison.Ordinal),
            Order = descr[0] == '>' ? ByteOrder.BigEndian : ByteOrder.LittleEndian,
            IsFortran = string.Equals(match.Groups["fortran"].Value, "True", StringComparison.Ordinal),
            Shape = shape,
        };
    }

    public static void Write(Stream file, NumberArray array, ByteOrder order)
    {
        var letter = array.Type switch
        {
            NumberType.Float32 or NumberType.Float64 => 'f',
            NumberType.Int8 or NumberType.Int16 or NumberType.Int32 or NumberType.Int64 => 'i',
            _ => 'u',
        };
        var size = NumberTypes.Size(array.Type);
        var mark =
            size == 1 ? '|'
            : order == ByteOrder.BigEndian ? '>'
            : '<';
        var shape = array.Shape.Count == 1 ? $"({array.Shape[0]},)" : $"({string.Join(", ", array.Shape)})";
        var text = $"{{'descr': '{mark}{letter}{size}', 'fortran_order': False, 'shape': {shape}, }}";
        // The array begins at a multiple of 64 bytes.
        var length = (Magic.Length + 4 + text.Length + 1 + 63) / 64 * 64 - Magic.Length - 4;
        file.Write(Magic);
        file.Write([1, 0, (byte)(length & 0xff), (byte)(length >> 8)]);
        file.Write(Encoding.Latin1.GetBytes(text.PadRight(length - 1) + "\n"));
    }

    private static long Size(ByteReader file, string digits, long at) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : throw file.Error($"a size of the shape is {digits}, which is no size of an array", at);

    // The keys in the order in which numpy.save writes them, and nothing else: Python code is not evaluated.
    [GeneratedRegex(
        @"^\{\s*'descr'\s*:\s*'(?<descr>[<>|=]?[iubf][1248])'"
            + @"\s*,\s*'fortran_order'\s*:\s*(?<fortran>True|False)"
            + @"\s*,\s*'shape'\s*:\s*\((?<shape>[0-9L\s,]*)\)\s*,?\s*\}\s*$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Dictionary();
}
