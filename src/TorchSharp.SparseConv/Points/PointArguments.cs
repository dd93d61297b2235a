using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Points as users give them, checked.</summary>
internal static class PointArguments
{
    /// <summary>The number of axes of points [n, D]; throws where shapes or types do not fit.</summary>
    internal static int Dimensions(torch.Tensor points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.ndim != 2 || points.shape[1] is < 1 or > PerAxis.MaxCount || !points.is_floating_point())
        {
            throw new ArgumentException(
                $"points is {points.dtype} of shape {Shapes.Text(points.shape)}, must be floating point [points, D] with D from 1 to 4.",
                nameof(points)
            );
        }

        return (int)points.shape[1];
    }

    /// <summary>Refuses features that are not one row a point.</summary>
    internal static void RequireFeatures(torch.Tensor features, long points)
    {
        SparseTensor.RequireFeatures(features, points);
        TensorMemory.Element(features.dtype, nameof(features));
    }

    /// <summary>Refuses batch indices that are not one a point, on the points' device.</summary>
    internal static void RequireBatch(torch.Tensor? batch, torch.Tensor points)
    {
        if (batch is null)
        {
            return;
        }

        if (batch.ndim != 1 || batch.shape[0] != points.shape[0])
        {
            throw new ArgumentException(
                $"batch has shape {Shapes.Text(batch.shape)}, must be [{points.shape[0]}], one index a point.",
                nameof(batch)
            );
        }

        Devices.RequireSame(batch, nameof(batch), points, nameof(points));
    }

    /// <summary>
    /// The batch size given, or where it is 0 one more than the largest index, of indices that are checked here, too.
    /// </summary>
    internal static int BatchSize(int batch_size, torch.Tensor? batch, torch.Tensor points)
    {
        RequireBatch(batch, points);
        var largest =
            points.shape[0] == 0 ? -1
            : batch is null ? 0
            : Largest(batch);
        if (batch_size < 0 || (batch_size > 0 && largest >= batch_size))
        {
            throw new ArgumentException(
                $"batch_size is {batch_size}, must exceed the largest index {largest}, or be 0.",
                nameof(batch_size)
            );
        }

        return batch_size > 0 ? batch_size : largest + 1;
    }

    /// <summary>The label of each point.</summary>
    internal static long[] Labels(torch.Tensor labels, long points)
    {
        if (labels.ndim != 1 || labels.shape[0] != points)
        {
            throw new ArgumentException(
                $"labels has shape {Shapes.Text(labels.shape)}, must be [{points}], one label a point.",
                nameof(labels)
            );
        }

        if (!labels.is_integral())
        {
            throw new ArgumentException($"labels is {labels.dtype}, must be of integers.", nameof(labels));
        }

        _ = Devices.Of(labels, nameof(labels));
        using var scope = torch.NewDisposeScope();
        return labels.to_type(torch.ScalarType.Int64).contiguous().data<long>().ToArray();
    }

    /// <summary>Scans [n, C] as one matrix, or throws where one of them does not fit the first.</summary>
    internal static torch.Tensor Join(IReadOnlyList<torch.Tensor> scans, long[] points, string name)
    {
        if (scans.Count != points.Length)
        {
            throw new ArgumentException($"{name} has {scans.Count} scans, must have {points.Length}.", name);
        }

        for (var scan = 0; scan < scans.Count; scan++)
        {
            var (shape, first) = (scans[scan].shape, scans[0].shape);
            if (
                shape.Length != first.Length
                || !shape.AsSpan(1).SequenceEqual(first.AsSpan(1))
                || shape[0] != points[scan]
            )
            {
                throw new ArgumentException(
                    $"{name}[{scan}] has shape {Shapes.Text(shape)}, must be {points[scan]} rows like those of {name}[0], "
                        + $"{Shapes.Text(first)}.",
                    name
                );
            }
        }

        return torch.cat([.. scans]);
    }

    private static int Largest(torch.Tensor batch)
    {
        using var scope = torch.NewDisposeScope();
        return TensorMemory.AsInt32(batch, nameof(batch)).max().item<int>();
    }
}

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
