using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Points as users give them, in units of a level.</summary>
internal static class LatticePoints
{
    /// <summary>
    /// Points [n, D] in the space that voxels of a size divide, from an origin, in units of a level with a stride;
    /// without a size they are in units of the level already. A contiguous float64 tensor on their device, without a
    /// gradient, in the current scope.
    /// </summary>
    internal static torch.Tensor Scale(
        torch.Tensor points,
        PerAxis stride,
        VoxelSize? voxel_size,
        IReadOnlyList<double>? origin
    )
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

        var places = TensorMemory.Contiguous(points.detach().to_type(torch.ScalarType.Float64));
        if (voxel_size is not { } size)
        {
            return places;
        }

        var edges = size.Edges;
        if (edges.Count != 1 && edges.Count != axes)
        {
            throw new ArgumentException($"voxel_size is {size}, must have one length or {axes}.", nameof(voxel_size));
        }

        return places.sub(Row(origin ?? [0])).div(Row(edges)).div(Row([.. stride.Select(step => (double)step)]));

        torch.Tensor Row(IReadOnlyList<double> values) =>
            torch.tensor([.. values], torch.ScalarType.Float64, points.device);
    }
}
