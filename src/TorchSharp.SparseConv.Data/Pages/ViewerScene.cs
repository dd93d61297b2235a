using System.Text.Json;

namespace TorchSharp.SparseConv.Data;

// The data that the viewer reads: a description in JSON, and the blocks that the description names.
internal sealed class ViewerScene
{
    private static readonly string[] Axes = ["x", "y", "z"];

    private readonly IReadOnlyList<ViewerPane> _panes;
    private readonly string? _colorBy;
    private readonly ViewerCategories _categories;
    private readonly Origin _origin;

    // Arrays are compared by reference, so that an array that two clouds share is written once.
    private readonly Dictionary<Array, (int Block, ViewerPlaces Places)> _places = [];
    private readonly Dictionary<(Array, string), IReadOnlyList<ViewerColumn>> _columns = [];

    public ViewerScene(IReadOnlyList<ViewerPane> panes, ClassPalette? classes, string? colorBy)
    {
        _panes = panes;
        _colorBy = colorBy;
        _categories = new ViewerCategories(panes, classes);
        _origin = panes[0].Layers[0].Origin;
        foreach (var layer in panes.SelectMany(pane => pane.Layers))
        {
            if (!_places.ContainsKey(layer.Source))
            {
                var places = layer.Places();
                _places.Add(layer.Source, (Blocks.Add(places.Steps), places));
            }
            foreach (var attribute in layer.Attributes)
            {
                if (!_columns.ContainsKey((attribute.Values.Values, attribute.Name)))
                {
                    _columns.Add((attribute.Values.Values, attribute.Name), [.. Columns(attribute)]);
                }
            }
        }
        CheckColorBy();
    }

    public PageBlocks Blocks { get; } = new();

    // The JSON writer escapes <, so that no name can end the script element that holds the data.
    public void WriteJson(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("colorBy", _colorBy);
        WriteClasses(json);
        json.WriteStartArray("panes");
        foreach (var pane in _panes)
        {
            json.WriteStartObject();
            json.WriteString("name", pane.Name);
            json.WriteStartArray("layers");
            foreach (var layer in pane.Layers)
            {
                WriteLayer(json, layer);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteClasses(Utf8JsonWriter json)
    {
        json.WriteStartArray("classes");
        for (var label = 0; label < _categories.Palette?.Names.Count; label++)
        {
            json.WriteStartObject();
            json.WriteString("name", _categories.Palette.Names[label]);
            json.WriteString("color", _categories.Palette.Colors[label].ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (_categories.Palette?.IgnoreLabel is { } ignore)
        {
            json.WriteNumber("ignore", ignore);
        }
    }

    private void WriteLayer(Utf8JsonWriter json, ViewerLayer layer)
    {
        var (block, places) = _places[layer.Source];
        json.WriteStartObject();
        json.WriteString("name", layer.Name);
        json.WriteNumber("places", block);
        json.WriteNumbers(
            "corner",
            [.. places.Corner.Select((value, axis) => value + layer.Origin[axis] - _origin[axis])]
        );
        json.WriteNumbers("cell", places.Cell);
        if (layer.Box is { } box)
        {
            json.WriteNumbers("box", box);
        }
        json.WriteStartArray("columns");
        foreach (var attribute in layer.Attributes)
        {
            foreach (var column in _columns[(attribute.Values.Values, attribute.Name)])
            {
                column.Write(json);
            }
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private IEnumerable<ViewerColumn> Columns(PointAttribute attribute)
    {
        var values = attribute.Values.Values;
        if (_categories.Classes(attribute) is { } classes)
        {
            yield return new ViewerColumn(attribute.Name, "class", Blocks.Add(classes));
        }
        else if (attribute is { Name: PointAttribute.Color, Components: 3 or 4 })
        {
            var colors = NumberTypes.Visit<ViewerColors, byte[]>(values, new ViewerColors(attribute.Components));
            yield return new ViewerColumn(attribute.Name, "rgb", Blocks.Add(colors));
        }
        else
        {
            for (var component = 0; component < attribute.Components; component++)
            {
                var visitor = new ViewerNumbers(Blocks, attribute.Components, component, Name(attribute, component));
                if (NumberTypes.Visit<ViewerNumbers, ViewerColumn?>(values, visitor) is { } column)
                {
                    yield return column;
                }
            }
        }
    }

    private static string Name(PointAttribute attribute, int component) =>
        attribute.Components switch
        {
            1 => attribute.Name,
            3 => $"{attribute.Name} {Axes[component]}",
            _ => $"{attribute.Name} {component}",
        };

    private void CheckColorBy()
    {
        if (_colorBy is null or ViewerPage.Height or ViewerPage.Error)
        {
            return;
        }
        // An attribute with equal values has no column, but ColorBy may name it.
        var names = _columns
            .Keys.Select(key => key.Item2)
            .Concat(_columns.Values.SelectMany(c => c).Select(c => c.Name));
        if (!names.Contains(_colorBy, StringComparer.Ordinal))
        {
            var known = string.Join(", ", names.Distinct(StringComparer.Ordinal).Append("height").Append("error"));
            throw new InvalidOperationException($"ColorBy is {_colorBy}, must be one of {known}");
        }
    }
}

// One pane of the page: a single layer, or several layers of which a slider shows one.
internal sealed class ViewerPane(string name, IReadOnlyList<ViewerLayer> layers)
{
    public string Name => name;

    public IReadOnlyList<ViewerLayer> Layers => layers;
}

// Points, or voxels as boxes, with their places and attributes.
internal sealed class ViewerLayer
{
    private readonly Func<ViewerPlaces> _places;

    private ViewerLayer(
        string name,
        Array source,
        Origin origin,
        IReadOnlyList<PointAttribute> attributes,
        Func<ViewerPlaces> places
    )
    {
        Name = name;
        Source = source;
        Origin = origin;
        Attributes = attributes;
        _places = places;
    }

    public string Name { get; }

    // The array of positions. Layers with the same array share their places.
    public Array Source { get; }

    public Origin Origin { get; }

    public IReadOnlyList<PointAttribute> Attributes { get; }

    // The edges of a voxel in metres; null for points.
    public double[]? Box { get; private init; }

    public static ViewerLayer Of(PointCloud cloud) =>
        new("", cloud.Positions, cloud.Origin, cloud.Attributes, () => ViewerPlaces.Of(cloud.Positions));

    public static ViewerLayer Of(VoxelLevel level)
    {
        double[] edges =
        [
            level.Stride.X * level.VoxelSize.X,
            level.Stride.Y * level.VoxelSize.Y,
            level.Stride.Z * level.VoxelSize.Z,
        ];
        return new ViewerLayer(
            level.Name,
            level.Coordinates,
            level.Origin,
            level.Attributes,
            () => ViewerPlaces.Of(level.Coordinates, edges)
        )
        {
            Box = edges,
        };
    }

    public ViewerPlaces Places() => _places();
}

// Positions with 16 bits for each axis: corner + cell * step, in metres from the origin of the layer. Steps of 65535
// mark points without a position.
internal sealed class ViewerPlaces
{
    private const int Last = ushort.MaxValue - 1;

    private ViewerPlaces(double[] corner, double[] cell, ushort[] steps)
    {
        Corner = corner;
        Cell = cell;
        Steps = steps;
    }

    public double[] Corner { get; }

    public double[] Cell { get; }

    // [points, 3]
    public ushort[] Steps { get; }

    public static ViewerPlaces Of(float[] positions)
    {
        var corner = new double[3];
        var cell = new double[3];
        for (var axis = 0; axis < 3; axis++)
        {
            var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
            for (var i = 0; i < positions.Length; i += 3)
            {
                if (IsPlace(positions.AsSpan(i, 3)))
                {
                    low = Math.Min(low, positions[i + axis]);
                    high = Math.Max(high, positions[i + axis]);
                }
            }
            (corner[axis], cell[axis]) = low <= high ? (low, (high - low) / Last) : (0, 0);
        }
        var steps = new ushort[positions.Length];
        for (var i = 0; i < positions.Length; i += 3)
        {
            var place = IsPlace(positions.AsSpan(i, 3));
            for (var axis = 0; axis < 3; axis++)
            {
                steps[i + axis] = place ? Step(positions[i + axis] - corner[axis], cell[axis]) : ushort.MaxValue;
            }
        }
        return new ViewerPlaces(corner, cell, steps);
    }

    // The centres of voxels. They are exact unless a level is more than 65534 voxels wide.
    public static ViewerPlaces Of(int[] coordinates, double[] edges)
    {
        var corner = new double[3];
        var cell = new double[3];
        var steps = new ushort[coordinates.Length];
        for (var axis = 0; axis < 3 && coordinates.Length > 0; axis++)
        {
            var (low, high) = (long.MaxValue, long.MinValue);
            for (var i = axis; i < coordinates.Length; i += 3)
            {
                low = Math.Min(low, coordinates[i]);
                high = Math.Max(high, coordinates[i]);
            }
            var scale = Math.Max(1, (high - low) / (double)Last);
            (corner[axis], cell[axis]) = ((low + 0.5) * edges[axis], scale * edges[axis]);
            for (var i = axis; i < coordinates.Length; i += 3)
            {
                steps[i] = Step(coordinates[i] - low, scale);
            }
        }
        return new ViewerPlaces(corner, cell, steps);
    }

    private static bool IsPlace(ReadOnlySpan<float> position) =>
        float.IsFinite(position[0]) && float.IsFinite(position[1]) && float.IsFinite(position[2]);

    private static ushort Step(double distance, double cell) =>
        cell > 0 ? (ushort)Math.Clamp(Math.Round(distance / cell), 0, Last) : (ushort)0;
}
