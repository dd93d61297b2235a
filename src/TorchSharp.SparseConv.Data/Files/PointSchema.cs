namespace TorchSharp.SparseConv.Data;

// Turns the properties of a file into positions and attributes, and back. The properties x, y, z are the positions;
// red, green, blue (and alpha) are the attribute color; nx, ny, nz are normal; name_0, name_1, ... are one attribute of
// that name. Properties are joined only if they have the same type. Every other property is an attribute of its own.
internal sealed class PointSchema
{
    private static readonly (string Name, string[] Members)[] KnownGroups =
    [
        (PointAttribute.Color, ["red", "green", "blue", "alpha"]),
        (PointAttribute.Color, ["red", "green", "blue"]),
        (PointAttribute.Normal, ["nx", "ny", "nz"]),
    ];

    private readonly PointProperty[] _properties;
    private readonly int[] _axes;
    private readonly List<PointGroup> _groups;
    private Origin? _origin;

    private PointSchema(PointProperty[] properties, int[] axes, List<PointGroup> groups)
    {
        _properties = properties;
        _axes = axes;
        _groups = groups;
    }

    // The function makes an exception from the description of a problem.
    public static PointSchema Create(PointProperty[] properties, Func<string, Exception> error)
    {
        var indices = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < properties.Length; i++)
        {
            if (!PointAttribute.IsName(properties[i].Name))
            {
                throw error("a property has a name with white space in it, or none");
            }
            if (!indices.TryAdd(properties[i].Name, i))
            {
                throw error($"the property {properties[i].Name} occurs twice");
            }
        }
        var axes = new int[3];
        for (var axis = 0; axis < 3; axis++)
        {
            if (!indices.TryGetValue("xyz"[axis].ToString(), out axes[axis]))
            {
                throw error($"the points have no property {"xyz"[axis]}, expected x, y and z");
            }
            if (properties[axes[axis]].Type != properties[axes[0]].Type)
            {
                throw error("x, y and z must have the same type");
            }
        }
        return new PointSchema(properties, axes, Group(properties, axes, indices));
    }

    // Allocates the values of a number of points, with a column for each property in the order of the file.
    public PointBlock NewBlock(int count)
    {
        var columns = new PointColumn[_properties.Length];
        var positions = NumberTypes.NewArray(_properties[_axes[0]].Type, 3 * count);
        for (var axis = 0; axis < 3; axis++)
        {
            columns[_axes[axis]] = PointColumn.Over(positions, 3, axis);
        }
        var attributes = new List<PointAttribute>(_groups.Count);
        foreach (var group in _groups)
        {
            var width = group.Members.Length;
            var values = NumberTypes.NewArray(_properties[group.Members[0]].Type, checked(width * count));
            for (var i = 0; i < width; i++)
            {
                columns[group.Members[i]] = PointColumn.Over(values, width, i);
            }
            attributes.Add(new PointAttribute(group.Name, values, width));
        }
        return new PointBlock(columns, positions, attributes);
    }

    // Turns a block into a cloud. All blocks of a file have the same origin.
    public PointCloud ToCloud(PointBlock block)
    {
        if (block.Positions is float[] near)
        {
            return new PointCloud(near, Origin.Zero, block.Attributes);
        }
        var world = NumberTypes.Convert<double>(block.Positions);
        var origin = _origin ??= WorldPositions.OriginFor(world);
        return new PointCloud(WorldPositions.From(world, origin), origin, block.Attributes);
    }

    // Returns positions and attributes of a cloud, property by property.
    public static List<(string Name, PointColumn Column)> Flatten(PointCloud cloud)
    {
        var columns = new List<(string Name, PointColumn Column)>();
        for (var axis = 0; axis < 3; axis++)
        {
            var column =
                cloud.Origin == Origin.Zero ? PointColumn.Over(cloud.Positions, 3, axis) : new WorldColumn(cloud, axis);
            columns.Add(("xyz"[axis].ToString(), column));
        }
        foreach (var attribute in cloud.Attributes)
        {
            var width = attribute.Components;
            var names = NamesOf(attribute);
            for (var i = 0; i < width; i++)
            {
                columns.Add((names[i], PointColumn.Over(attribute.Values.Values, width, i)));
            }
        }
        var twice = columns
            .GroupBy(column => column.Name, StringComparer.Ordinal)
            .FirstOrDefault(same => same.Count() > 1);
        return twice is null
            ? columns
            : throw new ArgumentException($"two attributes would both be written as {twice.Key}", nameof(cloud));
    }

    private static string[] NamesOf(PointAttribute attribute)
    {
        foreach (var (name, members) in KnownGroups)
        {
            if (members.Length == attribute.Components && string.Equals(name, attribute.Name, StringComparison.Ordinal))
            {
                return members;
            }
        }
        return attribute.Components == 1
            ? [attribute.Name]
            : [.. Enumerable.Range(0, attribute.Components).Select(i => $"{attribute.Name}_{i}")];
    }

    private static List<PointGroup> Group(PointProperty[] properties, int[] axes, Dictionary<string, int> indices)
    {
        var taken = new bool[properties.Length];
        foreach (var axis in axes)
        {
            taken[axis] = true;
        }
        var groups = new List<PointGroup>();
        foreach (var (name, members) in KnownGroups)
        {
            TryAdd(name, members);
        }
        for (var i = 0; i < properties.Length; i++)
        {
            if (!taken[i] && properties[i].Name.EndsWith("_0", StringComparison.Ordinal))
            {
                var name = properties[i].Name[..^2];
                var members = Enumerable
                    .Range(0, properties.Length)
                    .Select(k => $"{name}_{k}")
                    .TakeWhile(indices.ContainsKey);
                TryAdd(name, [.. members]);
            }
        }
        for (var i = 0; i < properties.Length; i++)
        {
            if (!taken[i])
            {
                groups.Add(new PointGroup(properties[i].Name, [i]));
            }
        }
        groups.Sort((a, b) => a.Members[0].CompareTo(b.Members[0]));
        return groups;

        void TryAdd(string name, string[] names)
        {
            var members = names.Select(member => indices.GetValueOrDefault(member, -1)).ToArray();
            if (
                members.Length > 1
                && name.Length > 0
                && !indices.ContainsKey(name)
                && Array.TrueForAll(
                    members,
                    i => i >= 0 && !taken[i] && properties[i].Type == properties[members[0]].Type
                )
            )
            {
                groups.Add(new PointGroup(name, members));
                Array.ForEach(members, i => taken[i] = true);
            }
        }
    }
}

// A number that every point of a file has.
internal readonly record struct PointProperty(string Name, NumberType Type);

// The properties that make one attribute, by their indices.
internal readonly record struct PointGroup(string Name, int[] Members);

// The values of some points of a file: a column for each property, and the same arrays as positions and attributes.
internal readonly record struct PointBlock(PointColumn[] Columns, Array Positions, List<PointAttribute> Attributes);

// Splits coordinates that are too large for 32-bit floats into an origin and small positions.
internal static class WorldPositions
{
    // Up to this distance, 32-bit floats are exact to a quarter of a millimetre.
    private const double Near = 4096;

    // Of the first finite coordinate on each axis: 0 where that is near, else the coordinate rounded down. It depends on
    // the first points alone, so that a file read in blocks gives the positions of one read whole. Near is where 32-bit
    // floats hold the step of the source, such as 1e-7 degrees, where that is known.
    public static Origin OriginFor(ReadOnlySpan<double> world, double step = 1)
    {
        var near = Math.Min(Near, Math.Abs(step) * (1 << 22));
        Span<double> origin = stackalloc double[3];
        for (var axis = 0; axis < 3; axis++)
        {
            var i = axis;
            while (i < world.Length && !double.IsFinite(world[i]))
            {
                i += 3;
            }
            if (i < world.Length && Math.Abs(world[i]) > near)
            {
                origin[axis] = Math.Floor(world[i]);
            }
        }
        return new Origin(origin[0], origin[1], origin[2]);
    }

    public static float[] From(ReadOnlySpan<double> world, Origin origin)
    {
        var positions = new float[world.Length];
        for (var i = 0; i < world.Length; i++)
        {
            positions[i] = (float)(world[i] - origin[i % 3]);
        }
        return positions;
    }
}

// Converts 64-bit integers for formats that have none: to 32 bits if all fit, else to doubles if those are exact.
internal static class NarrowIntegers
{
    public static PointCloud Of(PointCloud cloud)
    {
        foreach (var attribute in cloud.Attributes)
        {
            if (attribute.Type is NumberType.Int64 or NumberType.UInt64)
            {
                cloud = cloud.With(new PointAttribute(attribute.Name, Narrow(attribute), attribute.Components));
            }
        }
        return cloud;
    }

    private static Array Narrow(PointAttribute attribute)
    {
        var values = attribute.Values.Values;
        return NumberTypes.ConvertExactly<int>(values, out _)
            ?? NumberTypes.ConvertExactly<uint>(values, out _)
            ?? (Array?)NumberTypes.ConvertExactly<double>(values, out var misfit)
            ?? throw new ArgumentException(
                $"{attribute.Name} has {values.GetValue(misfit)}, which "
                    + "this format cannot hold: it has no 64-bit integers",
                nameof(attribute)
            );
    }
}
