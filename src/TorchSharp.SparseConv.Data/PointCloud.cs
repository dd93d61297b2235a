using System.Numerics;

namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Points with positions in metres and any number of named attributes. A cloud is immutable. Its arrays are kept, not
/// copied.
/// </summary>
public sealed class PointCloud
{
    private readonly PointAttribute[] _attributes;
    private float[]? _intensity;
    private int[]? _labels;

    /// <summary>
    /// Takes positions as x, y, z of each point in turn, and attributes with one entry for each point.
    /// </summary>
    /// <exception cref="ArgumentException">The lengths do not match.</exception>
    public PointCloud(float[] positions, float[]? intensity = null, int[]? labels = null)
        : this(positions, Origin.Zero, NamedAttributes(positions, intensity, labels)) { }

    /// <summary>
    /// Takes positions as x, y, z of each point in turn, relative to an origin, and any attributes, in their order.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The lengths do not match, a name occurs twice, or the origin is not finite.
    /// </exception>
    public PointCloud(float[] positions, Origin origin, params IEnumerable<PointAttribute> attributes)
    {
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentNullException.ThrowIfNull(attributes);
        Count = PointsIn(positions);
        if (!double.IsFinite(origin.X) || !double.IsFinite(origin.Y) || !double.IsFinite(origin.Z))
        {
            throw new ArgumentException($"origin is {origin}, must be finite", nameof(origin));
        }
        Positions = positions;
        Origin = origin;
        _attributes = [.. attributes];
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var attribute in _attributes)
        {
            if (!names.Add(attribute.Name))
            {
                throw new ArgumentException($"{attribute.Name} occurs twice, names must differ", nameof(attributes));
            }
            Checks.Length(attribute.Count, Count, attribute.Name, "points", nameof(attributes));
        }
    }

    /// <summary>The number of points.</summary>
    public int Count { get; }

    /// <summary>
    /// The positions as x, y, z of each point in turn, in metres from <see cref="Origin"/>: Count x 3, row-major.
    /// </summary>
    public float[] Positions { get; }

    /// <summary>
    /// The origin of the positions; zero unless the source has coordinates that are too large for 32-bit floats.
    /// </summary>
    public Origin Origin { get; }

    /// <summary>All attributes of the points, in the order of the source.</summary>
    public IReadOnlyList<PointAttribute> Attributes => _attributes;

    /// <summary>The attribute "intensity" as floats, in the unit of the source; null if there is none.</summary>
    public float[]? Intensity => _intensity ??= FindSingle(PointAttribute.Intensity)?.Values.ToSingle();

    /// <summary>The attribute "label" as integers; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">A label is not a 32-bit integer.</exception>
    public int[]? Labels => _labels ??= FindSingle(PointAttribute.Label)?.Values.ToInt32();

    /// <summary>Returns the attribute with the given name, or null.</summary>
    public PointAttribute? Find(string name) =>
        Array.Find(_attributes, attribute => string.Equals(attribute.Name, name, StringComparison.Ordinal));

    /// <summary>Returns the same points with an attribute added, or replaced if one has the same name.</summary>
    /// <exception cref="ArgumentException">The attribute has another length than the cloud.</exception>
    public PointCloud With(PointAttribute attribute)
    {
        ArgumentNullException.ThrowIfNull(attribute);
        var at = Array.FindIndex(
            _attributes,
            other => string.Equals(other.Name, attribute.Name, StringComparison.Ordinal)
        );
        PointAttribute[] all =
            at < 0 ? [.. _attributes, attribute] : [.. _attributes[..at], attribute, .. _attributes[(at + 1)..]];
        return new PointCloud(Positions, Origin, all);
    }

    /// <summary>Returns the same points without the attribute with the given name.</summary>
    public PointCloud Without(string name) =>
        new(Positions, Origin, _attributes.Where(other => !string.Equals(other.Name, name, StringComparison.Ordinal)));

    /// <summary>Returns the same points with other labels, or without labels.</summary>
    /// <exception cref="ArgumentException"><paramref name="labels"/> has another length than the cloud.</exception>
    public PointCloud WithLabels(int[]? labels)
    {
        if (labels is null)
        {
            return Without(PointAttribute.Label);
        }
        Checks.Length(labels.Length, Count, nameof(labels), "points", nameof(labels));
        return With(new PointAttribute(PointAttribute.Label, labels));
    }

    /// <summary>Returns the same attributes at other positions.</summary>
    /// <exception cref="ArgumentException"><paramref name="positions"/> has another length than the cloud.</exception>
    public PointCloud WithPositions(float[] positions) => new(positions, Origin, _attributes);

    /// <summary>
    /// Returns the given points with all attributes, in the given order. An index may occur more than once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is out of range.</exception>
    public PointCloud Select(ReadOnlySpan<int> points)
    {
        foreach (var point in points)
        {
            if ((uint)point >= (uint)Count)
            {
                throw new ArgumentOutOfRangeException(nameof(points), point, $"must be from 0 to {Count - 1}");
            }
        }
        var rows = points.ToArray();
        var positions = new RowSelection(rows, 3).Visit(Positions);
        var attributes = _attributes.Select(attribute => new PointAttribute(
            attribute.Name,
            NumberTypes.Visit<RowSelection, Array>(
                attribute.Values.Values,
                new RowSelection(rows, attribute.Components)
            ),
            attribute.Components
        ));
        return new PointCloud((float[])positions, Origin, attributes);
    }

    /// <summary>
    /// Returns the points whose coordinates are all finite, or the cloud itself if all are. Depth cameras write NaN for
    /// pixels without a measurement.
    /// </summary>
    public PointCloud FinitePoints()
    {
        var finite = Enumerable
            .Range(0, Count)
            .Where(i =>
                float.IsFinite(Positions[3 * i])
                && float.IsFinite(Positions[3 * i + 1])
                && float.IsFinite(Positions[3 * i + 2])
            )
            .ToArray();
        return finite.Length == Count ? this : Select(finite);
    }

    private static int PointsIn(float[] positions) =>
        positions.Length % 3 == 0
            ? positions.Length / 3
            : throw new ArgumentException(
                $"positions has {positions.Length} entries, must be a multiple of 3 (x, y, z of each point)",
                nameof(positions)
            );

    private static List<PointAttribute> NamedAttributes(float[] positions, float[]? intensity, int[]? labels)
    {
        ArgumentNullException.ThrowIfNull(positions);
        var count = PointsIn(positions);
        var attributes = new List<PointAttribute>();
        if (intensity is not null)
        {
            Checks.Length(intensity.Length, count, nameof(intensity), "points", nameof(intensity));
            attributes.Add(new PointAttribute(PointAttribute.Intensity, intensity));
        }
        if (labels is not null)
        {
            Checks.Length(labels.Length, count, nameof(labels), "points", nameof(labels));
            attributes.Add(new PointAttribute(PointAttribute.Label, labels));
        }
        return attributes;
    }

    private PointAttribute? FindSingle(string name) => Find(name) is { Components: 1 } attribute ? attribute : null;

    private readonly struct RowSelection(int[] rows, int components) : INumberVisitor<Array>
    {
        public Array Visit<T>(T[] values)
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            var result = new T[rows.Length * components];
            for (var i = 0; i < rows.Length; i++)
            {
                values.AsSpan(rows[i] * components, components).CopyTo(result.AsSpan(i * components));
            }
            return result;
        }
    }
}

/// <summary>
/// The point of the world that the positions of a cloud are relative to. It keeps large map coordinates exact, which
/// 32-bit positions alone cannot.
/// </summary>
/// <param name="X">The offset of every x.</param>
/// <param name="Y">The offset of every y.</param>
/// <param name="Z">The offset of every z.</param>
public readonly record struct Origin(double X, double Y, double Z)
{
    /// <summary>The origin of the world.</summary>
    public static Origin Zero => default;

    /// <summary>The value of one axis: 0 is x, 1 is y, 2 is z.</summary>
    public double this[int axis] =>
        axis switch
        {
            0 => X,
            1 => Y,
            2 => Z,
            _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, "must be 0, 1 or 2"),
        };
}
