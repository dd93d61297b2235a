using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Functions;

namespace TorchSharp.SparseConv;

/// <summary>Points, their voxels, and the voxels' features: what every way from points to voxels shares.</summary>
internal sealed class Voxelized
{
    private Voxelized(VoxelizedPoints points, VoxelGroups groups, SparseTensor tensor)
    {
        Points = points;
        Groups = groups;
        Tensor = tensor;
    }

    internal VoxelizedPoints Points { get; }

    /// <summary>The points that make each voxel's features.</summary>
    internal VoxelGroups Groups { get; }

    internal SparseTensor Tensor { get; }

    /// <summary>The point that each voxel's features are of, the first one where they are of several.</summary>
    internal required long[] Chosen { get; init; }

    /// <summary>Checks all arguments before anything is made. The tensor belongs to the caller's dispose scope.</summary>
    internal static Voxelized Make(
        torch.Tensor points,
        torch.Tensor? features,
        VoxelSize voxel_size,
        VoxelizationOptions options,
        torch.Tensor? batch,
        int batch_size
    )
    {
        var axes = PointArguments.Dimensions(points);
        CheckOptions(options);
        if (features is not null)
        {
            PointArguments.RequireFeatures(features, points.shape[0]);
        }

        var batches = PointArguments.Batch(batch, points.shape[0]);
        var scans = PointArguments.BatchSize(batch_size, batches, points.shape[0]);
        var voxels = Voxelizer.Voxelize(
            new CoordinateManager(axes),
            TensorMemory.ToDouble(points, nameof(points)),
            batches,
            new VoxelizerOptions
            {
                VoxelSize = voxel_size.Edges,
                Origin = options.Origin ?? [],
                Low = options.Range?.Low ?? [],
                High = options.Range?.High ?? [],
                SpatialShape = options.SpatialShape,
                MaxVoxels = options.MaxVoxelsPerScan,
            }
        );
        var groups = new VoxelGroups(voxels.VoxelOfPoint, voxels.Map.Rows);
        if (options.MaxPointsPerVoxel is { } most)
        {
            groups = groups.Limit(most, voxels.VoxelOfPoint.Length);
        }

        var chosen =
            options.Reduction == PointReduction.Random ? groups.Random(voxels.Map, options.Seed) : groups.First();
        var reduced = Reduce(points, features, voxels, groups, chosen, options.Reduction);
        return new Voxelized(voxels, groups, new SparseTensor(reduced, voxels.Map, scans)) { Chosen = chosen };
    }

    private static torch.Tensor Reduce(
        torch.Tensor points,
        torch.Tensor? features,
        VoxelizedPoints voxels,
        VoxelGroups groups,
        long[] chosen,
        PointReduction reduction
    )
    {
        using var scope = torch.NewDisposeScope();
        var given = features ?? torch.ones(new[] { points.shape[0], 1L }, points.dtype);
        var rows = reduction is PointReduction.First or PointReduction.Random
            ? RowsOfChosen(chosen, voxels.VoxelOfPoint.Length)
            : groups.RowOfPoint(voxels.VoxelOfPoint.Length);
        var links = PointLinks.FromRows(voxels.Map, rows);
        var kind = reduction switch
        {
            PointReduction.Mean => SplatKind.Mean,
            PointReduction.Max => SplatKind.Max,
            _ => SplatKind.Sum,
        };
        var result = InterpolationFunction.Splat(links, kind, given);
        if (!result.requires_grad)
        {
            links.Dispose();
        }

        return result.MoveToOuterDisposeScope();
    }

    private static long[] RowsOfChosen(long[] chosen, int points)
    {
        var rows = new long[points];
        Array.Fill(rows, -1);
        for (var row = 0; row < chosen.Length; row++)
        {
            rows[chosen[row]] = row;
        }

        return rows;
    }

    private static void CheckOptions(VoxelizationOptions options)
    {
        if (!Enum.IsDefined(options.Reduction))
        {
            throw new ArgumentException(
                $"Reduction is {options.Reduction}, must be one of {string.Join(", ", Enum.GetNames<PointReduction>())}.",
                nameof(options)
            );
        }

        if (options.MaxPointsPerVoxel is < 1)
        {
            throw new ArgumentException(
                $"MaxPointsPerVoxel is {options.MaxPointsPerVoxel}, must be 1 or more, or null.",
                nameof(options)
            );
        }

        if (options.MaxVoxelsPerScan is < 1)
        {
            throw new ArgumentException(
                $"MaxVoxelsPerScan is {options.MaxVoxelsPerScan}, must be 1 or more, or null.",
                nameof(options)
            );
        }
    }
}
