using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.SparseConv;

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
