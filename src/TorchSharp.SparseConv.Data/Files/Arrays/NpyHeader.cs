using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Data.Files;

// The dictionary, in Python's spelling, that an array of NumPy begins with.
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

    // What is stored; halves are stored as their bits.
    public required NumberType Type { get; init; }

    public required bool IsHalf { get; init; }

    public required ByteOrder Order { get; init; }

    // The first axis runs fastest.
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
                $"the header says {LineReader.Quote(Encoding.Latin1.GetBytes(text.Trim()))}, expected descr (a plain number), fortran_order and shape",
                at
            );
        }
        var sizes = match.Groups["shape"].Value.Split(',', StringSplitOptions.TrimEntries);
        // (3,) has a comma behind its last size, () has no size at all.
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

    // Written by hand rather than by evaluating Python: the keys as numpy.save orders them, and nothing else.
    [GeneratedRegex(
        @"^\{\s*'descr'\s*:\s*'(?<descr>[<>|=]?[iubf][1248])'\s*,\s*'fortran_order'\s*:\s*(?<fortran>True|False)\s*,\s*'shape'\s*:\s*\((?<shape>[0-9L\s,]*)\)\s*,?\s*\}\s*$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Dictionary();
}
