using System.Diagnostics.CodeAnalysis;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>How points become voxels, beside the voxel size.</summary>
public sealed class VoxelizationOptions
{
    /// <summary>What a voxel's features are made of.</summary>
    public PointReduction Reduction { get; init; } = PointReduction.Mean;

    /// <summary>
    /// The seed of <see cref="PointReduction.Random"/>: the choice depends on it, the voxel's coordinates, and the
    /// number of points in the voxel, and on nothing else.
    /// </summary>
    public long Seed { get; init; }

    /// <summary>
    /// The lowest corner of voxel 0, one number per axis; the origin of the points' space where null.
    /// </summary>
    public IReadOnlyList<double>? Origin { get; init; }

    /// <summary>Points outside of it are dropped and counted; all are taken where null.</summary>
    public PointRange? Range { get; init; }

    /// <summary>The spatial shape of the result; points in voxels outside of it are dropped and counted, too.</summary>
    public PerAxis? SpatialShape { get; init; }

    /// <summary>
    /// How many points of a voxel, the first ones, make its features and vote for its label; all where null. The others
    /// stay in the voxel.
    /// </summary>
    public int? MaxPointsPerVoxel { get; init; }

    /// <summary>
    /// How many voxels a scan may have, in the order in which its points come to them; the points of the others are
    /// dropped and counted. Any number where null.
    /// </summary>
    public int? MaxVoxelsPerScan { get; init; }

    /// <summary>The label that has no vote, and that a voxel has whose points all have it.</summary>
    public long IgnoreLabel { get; init; } = -100;
}

/// <summary>What a voxel's features are made of: those of the points in it.</summary>
public enum PointReduction
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>
    /// The largest value of each channel; not-a-number counts as larger than all, and of equal values the first point's
    /// gets the gradient.
    /// </summary>
    Max,

    /// <summary>The features of the first point, in the order given.</summary>
    First,

    /// <summary>The features of a point at random, by the seed of the options.</summary>
    Random,
}

/// <summary>A box in the space of the points: the lowest corner is inside, the highest is not.</summary>
public sealed class PointRange
{
    /// <summary>
    /// One number per axis each; throws ArgumentException unless every high is above its low, and both are finite.
    /// </summary>
    public PointRange(IReadOnlyList<double> low, IReadOnlyList<double> high)
    {
        ArgumentNullException.ThrowIfNull(low);
        ArgumentNullException.ThrowIfNull(high);
        if (low.Count is < 1 or > PerAxis.MaxCount)
        {
            throw new ArgumentException($"low has {low.Count} values, must have 1 to {PerAxis.MaxCount}.", nameof(low));
        }

        if (high.Count != low.Count)
        {
            throw new ArgumentException(
                $"high has {high.Count} values, must have the {low.Count} of low.",
                nameof(high)
            );
        }

        for (var axis = 0; axis < low.Count; axis++)
        {
            if (!double.IsFinite(low[axis]) || !double.IsFinite(high[axis]) || !(low[axis] < high[axis]))
            {
                throw new ArgumentException(
                    $"the range on axis {axis} is {low[axis]} to {high[axis]}, must be finite and ascending.",
                    nameof(high)
                );
            }
        }

        Low = [.. low];
        High = [.. high];
    }

    /// <summary>The lowest corner.</summary>
    public IReadOnlyList<double> Low { get; }

    /// <summary>The highest corner.</summary>
    public IReadOnlyList<double> High { get; }

    /// <summary>The number of voxels that cover the range on each axis, counted from its lowest corner.</summary>
    public PerAxis Voxels(VoxelSize voxel_size)
    {
        var edges = voxel_size.Edges;
        if (edges.Count != 1 && edges.Count != Low.Count)
        {
            throw new ArgumentException(
                $"voxel_size is {voxel_size}, must have one length or {Low.Count}.",
                nameof(voxel_size)
            );
        }

        // What a division leaves above a whole number is rounding: 70.4 / 0.1 is 704 voxels.
        const double Rounding = 1e-9;
        return new PerAxis([
            .. Low.Select(
                (low, axis) =>
                {
                    var voxels = (High[axis] - low) / edges[edges.Count == 1 ? 0 : axis];
                    return checked((int)Math.Ceiling(voxels * (1 - Rounding)));
                }
            ),
        ]);
    }

    /// <summary>The corners, such as "(0, -40, -3) to (70.4, 40, 1)".</summary>
    public override string ToString() => $"({string.Join(", ", Low)}) to ({string.Join(", ", High)})";
}

/// <summary>The edge lengths of a voxel in the units of the points: one for every axis, or one each.</summary>
[SuppressMessage("Usage", "CA2225", Justification = "The constructor is the named form of the conversions.")]
public readonly struct VoxelSize : IEquatable<VoxelSize>
{
    private readonly double[]? _edges;

    /// <summary>One length for every axis, or one length an axis; each must be positive and finite.</summary>
    public VoxelSize(params ReadOnlySpan<double> edges)
    {
        if (edges.Length is < 1 or > 4)
        {
            throw new ArgumentException($"edges has {edges.Length} lengths, must have 1 to 4.", nameof(edges));
        }

        foreach (var edge in edges)
        {
            if (!(edge > 0) || double.IsInfinity(edge))
            {
                throw new ArgumentException($"edges holds {edge}, must be positive and finite.", nameof(edges));
            }
        }

        _edges = edges.ToArray();
    }

    /// <summary>The lengths, as given.</summary>
    public IReadOnlyList<double> Edges => Array.AsReadOnly(_edges ?? []);

    internal ReadOnlySpan<double> Span => _edges;

    /// <summary>A cubic voxel.</summary>
    public static implicit operator VoxelSize(double edge) => new(edge);

    /// <summary>A voxel of a plane.</summary>
    public static implicit operator VoxelSize((double, double) edges) => new(edges.Item1, edges.Item2);

    /// <summary>A voxel of space.</summary>
    public static implicit operator VoxelSize((double, double, double) edges) =>
        new(edges.Item1, edges.Item2, edges.Item3);

    /// <summary>A voxel of space and time.</summary>
    public static implicit operator VoxelSize((double, double, double, double) edges) =>
        new(edges.Item1, edges.Item2, edges.Item3, edges.Item4);

    /// <summary>True where both have the same lengths.</summary>
    public static bool operator ==(VoxelSize left, VoxelSize right) => left.Equals(right);

    /// <summary>True where the lengths differ.</summary>
    public static bool operator !=(VoxelSize left, VoxelSize right) => !left.Equals(right);

    /// <summary>True where both have the same lengths.</summary>
    public bool Equals(VoxelSize other) => Span.SequenceEqual(other.Span);

    /// <summary>True where the other is a voxel size of the same lengths.</summary>
    public override bool Equals(object? obj) => obj is VoxelSize other && Equals(other);

    /// <summary>A hash of the lengths.</summary>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var edge in Span)
        {
            hash.Add(edge);
        }

        return hash.ToHashCode();
    }

    /// <summary>The lengths, such as "(0.05, 0.05, 0.1)".</summary>
    public override string ToString() => $"({string.Join(", ", Edges)})";
}
