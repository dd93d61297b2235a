using System.Numerics;

namespace TorchSharp.SparseConv.Data;

/// <summary>Points with positions in metres and any number of named attributes; immutable, and the arrays are kept, not copied.</summary>
public sealed class PointCloud
{
    private readonly PointAttribute[] _attributes;
    private float[]? _intensity;
    private int[]? _labels;

    /// <summary>Takes positions as x, y, z of each point in turn, and attributes with one entry a point.</summary>
    /// <exception cref="ArgumentException">The lengths do not belong together.</exception>
    public PointCloud(float[] positions, float[]? intensity = null, int[]? labels = null)
        : this(positions, Origin.Zero, NamedAttributes(positions, intensity, labels)) { }

    /// <summary>Takes positions as x, y, z of each point in turn, counted from an origin, and any attributes, whose order is kept.</summary>
    /// <exception cref="ArgumentException">The lengths do not belong together, a name occurs twice, or the origin is not finite.</exception>
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

    /// <summary>x, y, z of each point in turn, in metres from <see cref="Origin"/>: Count x 3, row-major.</summary>
    public float[] Positions { get; }

    /// <summary>Where positions are counted from; zero unless the source has coordinates too large for 32-bit floats.</summary>
    public Origin Origin { get; }

    /// <summary>Everything that the points have besides their positions, in the source's order.</summary>
    public IReadOnlyList<PointAttribute> Attributes => _attributes;

    /// <summary>The strength of each point's return, the attribute "intensity" as floats, in the source's unit; null where the source has none.</summary>
    public float[]? Intensity => _intensity ??= FindSingle(PointAttribute.Intensity)?.Values.ToSingle();

    /// <summary>The class of each point, the attribute "label" as integers; null where the source has none.</summary>
    /// <exception cref="InvalidOperationException">A label is no 32-bit integer.</exception>
    public int[]? Labels => _labels ??= FindSingle(PointAttribute.Label)?.Values.ToInt32();

    /// <summary>The attribute of that name; null where there is none.</summary>
    public PointAttribute? Find(string name) =>
        Array.Find(_attributes, attribute => string.Equals(attribute.Name, name, StringComparison.Ordinal));

    /// <summary>The same points with an attribute more, or another in place of the one of that name.</summary>
    /// <exception cref="ArgumentException">It has another length than the cloud.</exception>
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

    /// <summary>The same points without the attribute of that name.</summary>
    public PointCloud Without(string name) =>
        new(Positions, Origin, _attributes.Where(other => !string.Equals(other.Name, name, StringComparison.Ordinal)));

    /// <summary>The same points with other labels, or without any.</summary>
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

    /// <summary>The same attributes at other places.</summary>
    /// <exception cref="ArgumentException"><paramref name="positions"/> has another length than the cloud.</exception>
    public PointCloud WithPositions(float[] positions) => new(positions, Origin, _attributes);

    /// <summary>The given points with all that they have, in that order; an index may occur more than once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is no point.</exception>
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

    /// <summary>The points all of whose coordinates are finite; the cloud itself where that is all of them. Depth cameras write NaN where they saw nothing.</summary>
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

/// <summary>The place in the world from which a cloud's positions are counted; it keeps large map coordinates exact, which 32-bit positions alone cannot.</summary>
/// <param name="X">Added to every x.</param>
/// <param name="Y">Added to every y.</param>
/// <param name="Z">Added to every z.</param>
public readonly record struct Origin(double X, double Y, double Z)
{
    /// <summary>The world's own origin.</summary>
    public static Origin Zero => default;

    /// <summary>The value of one axis: 0 is x, 1 y, 2 z.</summary>
    public double this[int axis] =>
        axis switch
        {
            0 => X,
            1 => Y,
            2 => Z,
            _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, "must be 0, 1 or 2"),
        };
}
