using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Points as users give them, in units of a level.</summary>
internal static class LatticePoints
{
    /// <summary>
    /// Turns points [n, D] in the space that voxels of a size divide, from an origin, into those of a level with a stride;
    /// without a size they are in units of the level already.
    /// </summary>
    internal static void Scale(double[] points, PerAxis stride, VoxelSize? voxel_size, IReadOnlyList<double>? origin)
    {
        var axes = stride.Count;
        if (origin is not null && (voxel_size is null || origin.Count != axes))
        {
            var reason = voxel_size is null ? "is given without voxel_size" : $"has {origin.Count} values";
            throw new ArgumentException(
                $"origin {reason}, must have one value for each of {axes} axes, beside a voxel_size.",
                nameof(origin)
            );
        }

        if (voxel_size is not { } size)
        {
            return;
        }

        var edges = size.Edges;
        if (edges.Count != 1 && edges.Count != axes)
        {
            throw new ArgumentException($"voxel_size is {size}, must have one length or {axes}.", nameof(voxel_size));
        }

        for (var i = 0; i < points.Length; i++)
        {
            var axis = i % axes;
            var place = (points[i] - (origin?[axis] ?? 0)) / edges[edges.Count == 1 ? 0 : axis];
            points[i] = place / stride[axis];
        }
    }
}
