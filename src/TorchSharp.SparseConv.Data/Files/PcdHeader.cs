using System.Text;

namespace TorchSharp.SparseConv.Data;

// The text at the beginning of a PCD file.
internal sealed class PcdHeader
{
    private const int LongestLine = 1 << 16;
    private const int LongestHeader = 1 << 20;

    // The largest number of values of one point, checked before memory is allocated.
    private const int MostNumbers = 1 << 16;

    private static readonly string[] Keys =
    [
        "VERSION",
        "FIELDS",
        "SIZE",
        "TYPE",
        "COUNT",
        "WIDTH",
        "HEIGHT",
        "VIEWPOINT",
        "POINTS",
    ];

    private readonly Dictionary<string, string[]> _entries = new(StringComparer.Ordinal);

    public PcdEncoding Encoding { get; private set; }

    public List<PcdField> Fields { get; } = [];

    public long Points { get; private set; }

    public static PcdHeader Read(ByteReader file)
    {
        var header = new PcdHeader();
        while (true)
        {
            var at = file.Offset;
            if (at > LongestHeader)
            {
                throw file.Error($"the header is longer than {LongestHeader} bytes, expected a line DATA");
            }
            if (!file.TryReadLine(LongestLine, "the header", out var line))
            {
                throw file.Error("the file ends in its header, expected a line DATA");
            }
            var words = System
                .Text.Encoding.Latin1.GetString(line)
                .Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0].StartsWith('#'))
            {
                continue;
            }
            if (words is ["DATA", var encoding])
            {
                header.Encoding = encoding switch
                {
                    "ascii" => PcdEncoding.Ascii,
                    "binary" => PcdEncoding.Binary,
                    "binary_compressed" => PcdEncoding.BinaryCompressed,
                    _ => throw file.Error(
                        $"the header says \"{LineReader.Quote(line)}\", expected ascii, binary or binary_compressed",
                        at
                    ),
                };
                header.TakeFields(file);
                header.TakePoints(file);
                return header;
            }
            if (!Keys.Contains(words[0], StringComparer.Ordinal) || !header._entries.TryAdd(words[0], words[1..]))
            {
                throw file.Error($"the header says \"{LineReader.Quote(line)}\", which is no PCD or said twice", at);
            }
        }
    }

    public static void Write(Stream file, PcdEncoding encoding, int points, IReadOnlyList<PcdField> fields)
    {
        var text = new StringBuilder("# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\n");
        Line("FIELDS", fields.Select(field => field.Name));
        Line("SIZE", fields.Select(field => $"{NumberTypes.Size(field.Type)}"));
        Line("TYPE", fields.Select(field => $"{field.TypeLetter}"));
        Line("COUNT", fields.Select(field => $"{field.Count}"));
        var data = encoding switch
        {
            PcdEncoding.Ascii => "ascii",
            PcdEncoding.Binary => "binary",
            _ => "binary_compressed",
        };
        text.Append($"WIDTH {points}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {points}\nDATA {data}\n");
        file.Write(System.Text.Encoding.Latin1.GetBytes(text.ToString()));

        void Line(string key, IEnumerable<string> words) => text.Append($"{key} {string.Join(' ', words)}\n");
    }

    private void TakeFields(ByteReader file)
    {
        var names = Entry(file, "FIELDS");
        var sizes = Entry(file, "SIZE", names.Length);
        var types = Entry(file, "TYPE", names.Length);
        var counts = _entries.ContainsKey("COUNT") ? Entry(file, "COUNT", names.Length) : null;
        var total = 0L;
        for (var i = 0; i < names.Length; i++)
        {
            var type =
                PcdField.TypeOf(types[i], sizes[i])
                ?? throw file.Error($"field {names[i]} has TYPE {types[i]} and SIZE {sizes[i]}, which is no number");
            var count = 1;
            if (counts is not null && (!int.TryParse(counts[i], out count) || count < 0))
            {
                throw file.Error($"field {names[i]} has COUNT {counts[i]}, must be 0 or more");
            }
            total += count;
            Fields.Add(new PcdField(names[i], type, count));
        }
        if (total > MostNumbers)
        {
            throw file.Error($"each point has {total} numbers, must be at most {MostNumbers}");
        }
    }

    private void TakePoints(ByteReader file)
    {
        var grid = _entries.ContainsKey("WIDTH") ? Grid(file) : (long?)null;
        Points = _entries.ContainsKey("POINTS") || grid is null ? Number(file, "POINTS") : grid.Value;
        if (grid is { } size && size != Points)
        {
            throw file.Error($"WIDTH x HEIGHT is {size} and POINTS is {Points}, must be the same");
        }
    }

    private long Grid(ByteReader file)
    {
        var width = Number(file, "WIDTH");
        var height = _entries.ContainsKey("HEIGHT") ? Number(file, "HEIGHT") : 1;
        return height == 0 || width <= long.MaxValue / height
            ? width * height
            : throw file.Error($"WIDTH x HEIGHT is {width} x {height}, which is no number of points");
    }

    private long Number(ByteReader file, string key)
    {
        var word = Entry(file, key, 1)[0];
        return long.TryParse(word, out var number) && number >= 0
            ? number
            : throw file.Error($"{key} is {word}, must be a number and not negative");
    }

    private string[] Entry(ByteReader file, string key, int? length = null)
    {
        if (!_entries.TryGetValue(key, out var words))
        {
            throw file.Error($"the header has no line {key}");
        }
        return (length ?? words.Length) == words.Length
            ? words
            : throw file.Error($"{key} has {words.Length} entries, must have {length}");
    }
}

// A field of a PCD file: a count of numbers of one type in each point.
internal readonly record struct PcdField(string Name, NumberType Type, int Count)
{
    // Whether the field is only padding.
    public bool IsPadding => string.Equals(Name, "_", StringComparison.Ordinal);

    public int Bytes => NumberTypes.Size(Type) * Count;

    public char TypeLetter =>
        Type switch
        {
            NumberType.Float32 or NumberType.Float64 => 'F',
            NumberType.Int8 or NumberType.Int16 or NumberType.Int32 or NumberType.Int64 => 'I',
            _ => 'U',
        };

    public static NumberType? TypeOf(string letter, string size) =>
        (letter, size) switch
        {
            ("I", "1") => NumberType.Int8,
            ("I", "2") => NumberType.Int16,
            ("I", "4") => NumberType.Int32,
            ("I", "8") => NumberType.Int64,
            ("U", "1") => NumberType.UInt8,
            ("U", "2") => NumberType.UInt16,
            ("U", "4") => NumberType.UInt32,
            ("U", "8") => NumberType.UInt64,
            ("F", "4") => NumberType.Float32,
            ("F", "8") => NumberType.Float64,
            _ => null,
        };
}
