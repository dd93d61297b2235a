using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

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
