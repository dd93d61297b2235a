using System.Text;

namespace TorchSharp.SparseConv.Data.Files;

// The text that a PLY file begins with.
internal sealed class PlyHeader
{
    private const int LongestLine = 1 << 14;
    private const int LongestHeader = 1 << 20;

    private static readonly Dictionary<string, NumberType> Types = new(StringComparer.Ordinal)
    {
        ["char"] = NumberType.Int8,
        ["int8"] = NumberType.Int8,
        ["uchar"] = NumberType.UInt8,
        ["uint8"] = NumberType.UInt8,
        ["short"] = NumberType.Int16,
        ["int16"] = NumberType.Int16,
        ["ushort"] = NumberType.UInt16,
        ["uint16"] = NumberType.UInt16,
        ["int"] = NumberType.Int32,
        ["int32"] = NumberType.Int32,
        ["uint"] = NumberType.UInt32,
        ["uint32"] = NumberType.UInt32,
        ["float"] = NumberType.Float32,
        ["float32"] = NumberType.Float32,
        ["double"] = NumberType.Float64,
        ["float64"] = NumberType.Float64,
    };

    private PlyEncoding? _encoding;

    public PlyEncoding Encoding => _encoding!.Value;

    public List<PlyElement> Elements { get; } = [];

    public static PlyHeader Read(ByteReader file)
    {
        if (!file.TryReadLine(LongestLine, "the header", out var magic) || !magic.SequenceEqual("ply"u8))
        {
            throw file.Error("is no PLY file: expected a first line that says ply", 0);
        }
        var header = new PlyHeader();
        while (true)
        {
            var at = file.Offset;
            if (!file.TryReadLine(LongestLine, "the header", out var line))
            {
                throw file.Error("the file ends in its header, expected end_header");
            }
            if (file.Offset > LongestHeader)
            {
                throw file.Error($"the header is longer than {LongestHeader} bytes, expected end_header");
            }
            var words = System
                .Text.Encoding.Latin1.GetString(line)
                .Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["end_header"])
            {
                return header._encoding is not null ? header : throw file.Error("the header has no line format", at);
            }
            if (!header.TryAccept(words))
            {
                throw file.Error($"the header says \"{LineReader.Quote(line)}\", which is no PLY", at);
            }
        }
    }

    public static void Write(Stream file, PlyEncoding encoding, int count, IReadOnlyList<PointProperty> properties)
    {
        var text = new StringBuilder("ply\nformat ");
        text.Append(
            encoding switch
            {
                PlyEncoding.Ascii => "ascii",
                PlyEncoding.BinaryLittleEndian => "binary_little_endian",
                _ => "binary_big_endian",
            }
        );
        text.Append(" 1.0\nelement vertex ").Append(count).Append('\n');
        foreach (var (name, type) in properties)
        {
            text.Append("property ").Append(NameOf(type)).Append(' ').Append(name).Append('\n');
        }
        file.Write(System.Text.Encoding.Latin1.GetBytes(text.Append("end_header\n").ToString()));
    }

    // The oldest name of a type, which every program knows.
    private static string NameOf(NumberType type) => Types.First(known => known.Value == type).Key;

    private bool TryAccept(string[] words)
    {
        switch (words)
        {
            case [] or ["comment" or "obj_info", ..]:
                return true;
            case ["format", var encoding, "1.0"] when _encoding is null && Elements.Count == 0:
                _encoding = encoding switch
                {
                    "ascii" => PlyEncoding.Ascii,
                    "binary_little_endian" => PlyEncoding.BinaryLittleEndian,
                    "binary_big_endian" => PlyEncoding.BinaryBigEndian,
                    _ => null,
                };
                return _encoding is not null;
            case ["element", var name, var number] when long.TryParse(number, out var count) && count >= 0:
                if (Elements.Exists(other => string.Equals(other.Name, name, StringComparison.Ordinal)))
                {
                    return false;
                }
                Elements.Add(new PlyElement(name, count));
                return true;
            case ["property", "list", var length, var type, var name]:
                return Types.TryGetValue(length, out var lengthType)
                    && NumberTypes.IsInteger(lengthType)
                    && TryAdd(name, type, lengthType);
            case ["property", var type, var name]:
                return TryAdd(name, type, null);
            default:
                return false;
        }
    }

    private bool TryAdd(string name, string type, NumberType? lengthType)
    {
        if (Elements.Count == 0 || !Types.TryGetValue(type, out var number))
        {
            return false;
        }
        Elements[^1].Properties.Add(new PlyProperty(name, number, lengthType));
        return true;
    }
}
