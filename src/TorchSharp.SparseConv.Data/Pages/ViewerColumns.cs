using System.Numerics;
using System.Text.Json;

namespace TorchSharp.SparseConv.Data;

// A choice of colours in the page: classes, colours, or numbers from low to high, stored relative to low.
internal sealed class ViewerColumn(string name, string kind, int block, double low = 0, double high = 0)
{
    public string Name => name;

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("kind", kind);
        json.WriteNumber("block", block);
        if (high > low)
        {
            json.WriteNumber("low", low);
            json.WriteNumber("high", high);
        }
        json.WriteEndObject();
    }
}

// The classes of the page: those of the palette or, without a palette, the labels that occur.
internal sealed class ViewerCategories
{
    private const int Most = 256;
    private readonly Dictionary<int, byte>? _indexOfLabel;

    public ViewerCategories(IReadOnlyList<ViewerPane> panes, ClassPalette? palette)
    {
        Palette = palette;
        if (palette is not null)
        {
            return;
        }
        var labels = new SortedSet<int>();
        foreach (var attribute in panes.SelectMany(pane => pane.Layers).SelectMany(layer => layer.Attributes))
        {
            if (IsCategory(attribute) && Integers(attribute) is { } values)
            {
                labels.UnionWith(values.Distinct());
            }
        }
        // A legend cannot show more labels than this; then they are shown as ordinary numbers.
        if (labels.Count is > 0 and <= Most)
        {
            _indexOfLabel = labels
                .Select((label, index) => (label, index))
                .ToDictionary(e => e.label, e => (byte)e.index);
            Palette = new ClassPalette([.. labels.Select(label => $"class {label}")]);
        }
    }

    // Null if no attribute holds classes.
    public ClassPalette? Palette { get; }

    public static bool IsCategory(PointAttribute attribute) =>
        attribute is { Components: 1, Name: PointAttribute.Label or PointAttribute.Prediction };

    // Returns the class of each point as an index into the palette; null if the attribute does not hold classes.
    public byte[]? Classes(PointAttribute attribute)
    {
        if (Palette is null || !IsCategory(attribute) || Integers(attribute) is not { } labels)
        {
            return null;
        }
        return _indexOfLabel is { } index
            ? Array.ConvertAll(labels, label => index[label])
            : Array.ConvertAll(labels, label => (byte)label);
    }

    private static int[]? Integers(PointAttribute attribute) =>
        NumberTypes.ConvertExactly<int>(attribute.Values.Values, out _);
}

// Converts colours of 8 bits, 16 bits, or floats from 0 to 1 to 8 bits for red, green and blue.
internal readonly struct ViewerColors(int components) : INumberVisitor<byte[]>
{
    public byte[] Visit<T>(T[] values)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        // Some writers store 8-bit colours in 16-bit fields.
        var largest = values.Length == 0 ? 0 : values.Max(value => double.CreateSaturating(value));
        var scale = NumberTypes.IsInteger(NumberTypes.Of<T>()) ? (largest > 255 ? 1 / 257.0 : 1) : 255;
        var result = new byte[values.Length / components * 3];
        for (var i = 0; i < result.Length; i++)
        {
            var value = double.CreateSaturating(values[i / 3 * components + i % 3]);
            result[i] = byte.CreateSaturating(Math.Round(value * scale));
        }
        return result;
    }
}

// One component of an attribute, relative to its lowest value: in 8 or 16 bits if the values are integers that fit,
// else as 32-bit floats.
internal readonly struct ViewerNumbers(PageBlocks blocks, int components, int component, string name)
    : INumberVisitor<ViewerColumn?>
{
    // Returns null if all numbers are equal or none is finite, because then there is nothing to see.
    public ViewerColumn? Visit<T>(T[] values)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var i = component; i < values.Length; i += components)
        {
            var value = double.CreateSaturating(values[i]);
            if (double.IsFinite(value))
            {
                low = Math.Min(low, value);
                high = Math.Max(high, value);
            }
        }
        if (!(low < high) || !double.IsFinite(high - low))
        {
            return null;
        }
        var integers = NumberTypes.IsInteger(NumberTypes.Of<T>());
        var (kind, block) = (integers, high - low) switch
        {
            (true, <= byte.MaxValue) => ("u8", blocks.Add(Above<T, byte>(values, low))),
            (true, <= ushort.MaxValue) => ("u16", blocks.Add(Above<T, ushort>(values, low))),
            _ => ("f32", blocks.Add(Above<T, float>(values, low))),
        };
        return new ViewerColumn(name, kind, block, low, high);
    }

    private TTo[] Above<T, TTo>(T[] values, double low)
        where T : unmanaged, INumber<T>
        where TTo : unmanaged, INumber<TTo>
    {
        var result = new TTo[values.Length / components];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = TTo.CreateSaturating(double.CreateSaturating(values[i * components + component]) - low);
        }
        return result;
    }
}
