using System.Globalization;
using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Data.Files;

// A column of a text file. Text does not say its type, so it is the first of Int32, Int64, Float32 and Float64 that gives
// every number back as it was written.
internal sealed class TextColumn(string name)
{
    // Integers, or the bits of doubles from the first number on that is none.
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
        return type switch
        {
            NumberType.UInt8 => NumberTypes.Convert<byte>(values),
            NumberType.UInt16 => NumberTypes.Convert<ushort>(values),
            NumberType.Int32 => NumberTypes.Convert<int>(values),
            NumberType.Int64 => NumberTypes.Convert<long>(values),
            NumberType.Float32 => NumberTypes.Convert<float>(values),
            _ => NumberTypes.Convert<double>(values),
        };
    }

    // Whether all are integers from low to high.
    public bool IsWithin(long low, long high) =>
        _integers && _values.TrueForAll(value => value >= low && value <= high);

    // Whether the shortest text of the nearest float is a text of this number.
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
