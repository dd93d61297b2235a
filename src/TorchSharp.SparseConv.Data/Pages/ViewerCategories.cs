namespace TorchSharp.SparseConv.Data;

// How the page counts classes: by the palette's, or, without one, by the labels that occur.
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
        // More than a legend can tell apart are numbers like any other.
        if (labels.Count is > 0 and <= Most)
        {
            _indexOfLabel = labels
                .Select((label, index) => (label, index))
                .ToDictionary(e => e.label, e => (byte)e.index);
            Palette = new ClassPalette([.. labels.Select(label => $"class {label}")]);
        }
    }

    // Null where nothing is a class.
    public ClassPalette? Palette { get; }

    public static bool IsCategory(PointAttribute attribute) =>
        attribute is { Components: 1, Name: PointAttribute.Label or PointAttribute.Prediction };

    // The class of each point as an index into the palette; null where the attribute is not of classes.
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
