using System.Globalization;
using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Data;

// A column of a text file. The text does not name a type, so the type is the first of Int32, Int64, Float32 and Float64
// that represents every number exactly as it is written.
internal sealed class TextColumn(string name)
{
    // Integers; from the first number on that is not an integer, the bits of doubles.
    private readonly List<long> _values = [];
    private bool _integers = true;

    public string Name { get; } = name;

    public bool TryAdd(ReadOnlySpan<byte> text)
    {
        if (_integers)
        {
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            {
                _values.Add(integer);
                return true;
            }
            _integers = false;
            var values = CollectionsMarshal.AsSpan(_values);
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = BitConverter.DoubleToInt64Bits(values[i]);
            }
        }
        if (!NumberText.TryParse(text, out double number))
        {
            return false;
        }
        _values.Add(BitConverter.DoubleToInt64Bits(number));
        return true;
    }

    public NumberType Type()
    {
        if (_integers)
        {
            return _values.TrueForAll(value => value == (int)Math.Clamp(value, int.MinValue, int.MaxValue))
                ? NumberType.Int32
                : NumberType.Int64;
        }
        return _values.TrueForAll(bits => IsSingle(BitConverter.Int64BitsToDouble(bits)))
            ? NumberType.Float32
            : NumberType.Float64;
    }

    public Array ToArray(NumberType type)
    {
        var values = _integers
            ? (Array)_values.ToArray()
            : _values.ConvertAll(BitConverter.Int64BitsToDouble).ToArray();
        return NumberTypes.Convert(values, type);
    }

    // Whether all values are integers from low to high.
    public bool IsWithin(long low, long high) =>
        _integers && _values.TrueForAll(value => value >= low && value <= high);

    // Whether the shortest text of the nearest float denotes this number.
    private static bool IsSingle(double value)
    {
        var single = (float)value;
        if (single == value || double.IsNaN(value))
        {
            return true;
        }
        Span<byte> text = stackalloc byte[32];
        return float.IsFinite(single)
            && NumberText.TryParse<double>(text[..NumberText.Format(text, single)], out var again)
            && again == value;
    }
}

// Chooses the types of the columns of a text file. Columns of one attribute share a type that holds them all.
internal static class TextTypes
{
    // The largest integer up to which 32-bit floats are exact.
    private const long LargestExact = 1 << 24;

    private static readonly string[] Colors = ["red", "green", "blue", "alpha"];

    public static NumberType[] Of(TextColumn[] columns)
    {
        var types = Array.ConvertAll(columns, column => column.Type());
        foreach (
            var family in Enumerable
                .Range(0, columns.Length)
                .GroupBy(i => Family(columns[i].Name), StringComparer.Ordinal)
        )
        {
            var members = family.ToArray();
            var shared = Shared(family.Key, members, columns, types);
            Array.ForEach(members, i => types[i] = shared);
        }
        return types;
    }

    private static string Family(string name)
    {
        if (name is "x" or "y" or "z")
        {
            return "\0position";
        }
        if (name is "nx" or "ny" or "nz")
        {
            return "\0normal";
        }
        if (Colors.Contains(name, StringComparer.Ordinal))
        {
            return "\0color";
        }
        var stem = name.TrimEnd(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        return stem.Length < name.Length && stem.EndsWith('_') ? stem : name;
    }

    private static NumberType Shared(string family, int[] members, TextColumn[] columns, NumberType[] types)
    {
        if (string.Equals(family, "\0color", StringComparison.Ordinal))
        {
            if (AllWithin(byte.MaxValue, 0))
            {
                return NumberType.UInt8;
            }
            if (AllWithin(ushort.MaxValue, 0))
            {
                return NumberType.UInt16;
            }
        }
        var isReal =
            Has(NumberType.Float32)
            || Has(NumberType.Float64)
            || string.Equals(family, "\0position", StringComparison.Ordinal);
        if (!isReal)
        {
            return Has(NumberType.Int64) ? NumberType.Int64 : NumberType.Int32;
        }
        var isSingle = Array.TrueForAll(
            members,
            i => types[i] == NumberType.Float32 || columns[i].IsWithin(-LargestExact, LargestExact)
        );
        return isSingle ? NumberType.Float32 : NumberType.Float64;

        bool Has(NumberType type) => Array.Exists(members, i => types[i] == type);

        bool AllWithin(long high, long low) => Array.TrueForAll(members, i => columns[i].IsWithin(low, high));
    }
}
