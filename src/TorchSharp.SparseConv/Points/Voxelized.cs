using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Points, their voxels, and the voxels' features: what every way from points to voxels shares.</summary>
internal sealed class Voxelized
{
    private readonly Lazy<VoxelGroups> _groups;
    private readonly Lazy<long[]> _chosen;

    private Voxelized(PlacedPoints points, VoxelizationOptions options)
    {
        Points = points;
        _groups = new Lazy<VoxelGroups>(() =>
        {
            var all = AllGroups();
            return options.MaxPointsPerVoxel is { } most ? all.Limit(most, Count) : all;
        });
        _chosen = new Lazy<long[]>(() =>
            options.Reduction == PointReduction.Random ? Groups.Random(points.Map, options.Seed) : Groups.First()
        );
    }

    internal PlacedPoints Points { get; }

    /// <summary>The points that make each voxel's features.</summary>
    internal VoxelGroups Groups => _groups.Value;

    /// <summary>The point that each voxel's features are of, the first one where they are of several.</summary>
    internal long[] Chosen => _chosen.Value;

    internal SparseTensor Tensor { get; private set; } = null!;

    private int Count => checked((int)Points.VoxelOfPoint.shape[0]);

    /// <summary>
    /// Checks all arguments before anything is made. The tensors belong to the caller's dispose scope.
    /// </summary>
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
            Devices.RequireSame(features, nameof(features), points, nameof(points));
        }

        var scans = PointArguments.BatchSize(batch_size, batch, points);
        var voxels = PlacedPoints.Make(
            new CoordinateManager(axes, Devices.Of(points, nameof(points))),
            points,
            batch,
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
        var result = new Voxelized(voxels, options);
        result.Tensor = new SparseTensor(result.Reduce(points, features, options), voxels.Map, scans);
        return result;
    }

    /// <summary>All points of each voxel.</summary>
    internal VoxelGroups AllGroups() => new(Points.VoxelOfPoint.data<long>().ToArray(), Points.Map.Rows);

    private torch.Tensor Reduce(torch.Tensor points, torch.Tensor? features, VoxelizationOptions options)
    {
        using var scope = torch.NewDisposeScope();
        var given = features ?? torch.ones(new[] { points.shape[0], 1L }, points.dtype, points.device);
        var links = LinksToReduce(options);
        var kind = options.Reduction switch
        {
            PointReduction.Mean => SplatKind.Mean,
            PointReduction.Max => SplatKind.Max,
            _ => SplatKind.Sum,
        };
        var result = InterpolationOp.Splat(links, kind, given);
        if (!result.requires_grad)
        {
            links.Dispose();
        }

        return result.MoveToOuterDisposeScope();
    }

    /// <summary>From each voxel to the points that its features are made of.</summary>
    private PointLinks LinksToReduce(VoxelizationOptions options)
    {
        if (options.Reduction is not (PointReduction.First or PointReduction.Random))
        {
            return options.MaxPointsPerVoxel is null
                ? Points.Links()
                : PointLinks.FromRows(Points.Map, Groups.RowOfPoint(Count));
        }

        var rows = new long[Count];
        Array.Fill(rows, -1);
        for (var row = 0; row < Chosen.Length; row++)
        {
            rows[Chosen[row]] = row;
        }

        return PointLinks.FromRows(Points.Map, rows);
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
