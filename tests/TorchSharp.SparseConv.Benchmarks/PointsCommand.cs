using System.CommandLine;
using TorchSharp.SparseConv.Data;
using static TorchSharp.torch;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>Voxelization and interpolation of a point cloud, beside the same in torch's own operators.</summary>
internal static class PointsCommand
{
    private static readonly Scalar One = 1;

    /// <summary>The command, ready to parse.</summary>
    public static Command Create()
    {
        var file = new Argument<FileInfo?>("file")
        {
            Description = "A point cloud; a generated street where none is given",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var size = new Option<double>("--voxel-size")
        {
            Description = "The edge of a voxel",
            DefaultValueFactory = _ => 0.05,
        };
        var channels = new Option<long>("--channels")
        {
            Description = "Channels of the points",
            DefaultValueFactory = _ => 32,
        };
        var command = new Command("points", "Points to voxels and back, against unique, index_add and index_select.")
        {
            file,
            size,
            channels,
        };
        new RunOptions().Serve(
            command,
            (parsed, session) =>
            {
                var given = parsed.GetValue(file);
                var points = given is null
                    ? new GeneratedStreetScenes(seed: 1, count: 1).Load(0)
                    : PointCloudFile.Read(given.FullName);
                var name = given is null ? "street" : Path.GetFileNameWithoutExtension(given.Name);
                Measure(session, name, points, parsed.GetValue(size), parsed.GetValue(channels));
            }
        );
        return command;
    }

    private static void Measure(Session session, string name, PointCloud cloud, double size, long channels)
    {
        using var scope = NewDisposeScope();
        var points = tensor(cloud.Positions).reshape(cloud.Count, 3);
        var features = rand(cloud.Count, channels, session.Settings.Dtype);
        var voxels = SparseTensor.from_points(points, features, size);
        var set = new Cloud($"{name}, {cloud.Count} points", voxels.map.Coordinates());
        Voxelize(session, set, points, features, size);
        Interpolate(session, set, points, voxels.with_features(voxels.features.requires_grad_()), size);
    }

    private static void Voxelize(Session session, Cloud set, Tensor points, Tensor features, double size)
    {
        var tracked = features.detach().requires_grad_();
        Case(session, set, "voxelize_mean", () => SparseTensor.from_points(points, features, size));
        Case(session, set, "voxelize_mean_torch", () => Mean(points, features, size));
        Case(
            session,
            set,
            "voxelize_mean_train",
            () => SparseTensor.from_points(points, tracked, size).features.sum().backward()
        );
        Case(session, set, "voxelize_mean_train_torch", () => Mean(points, tracked, size).sum().backward());
        var max = new VoxelizationOptions { Reduction = PointReduction.Max };
        Case(session, set, "voxelize_max", () => SparseTensor.voxelize(points, features, size, max));
    }

    private static void Interpolate(Session session, Cloud set, Tensor points, SparseTensor voxels, double size)
    {
        using var links = voxels.link(points, voxel_size: size);
        var (rows, weights) = Corners(links, voxels.features.dtype);
        var fixedVoxels = voxels.with_features(voxels.features.detach());
        Case(session, set, "link_linear", () => voxels.link(points, voxel_size: size).Dispose());
        Case(session, set, "interpolate", () => fixedVoxels.interpolate(links));
        Case(session, set, "interpolate_torch", () => Gather(fixedVoxels.features, rows, weights));
        Case(session, set, "interpolate_train", () => voxels.interpolate(links).sum().backward());
        Case(session, set, "interpolate_train_torch", () => Gather(voxels.features, rows, weights).sum().backward());
    }

    private static void Case(Session session, Cloud set, string bench, Action action)
    {
        if (!session.Wants(bench))
        {
            return;
        }

        session.Measure(
            bench,
            set,
            () =>
            {
                using var inner = NewDisposeScope();
                action();
            }
        );
    }

    /// <summary>Voxels as sorted keys, and means by index_add.</summary>
    private static Tensor Mean(Tensor points, Tensor features, double size)
    {
        var cells = points.div(size).floor().to_type(ScalarType.Int64);
        var low = cells.min(0).values;
        var extent = cells.max(0).values - low + 1;
        var (x, y, z) = ((cells - low).select(1, 0), (cells - low).select(1, 1), (cells - low).select(1, 2));
        var keys = (x * extent[1] + y) * extent[2] + z;
        var (voxels, inverse, counts) = keys.unique(sorted: true, return_inverse: true, return_counts: true);
        var sums = zeros(new[] { voxels.shape[0], features.shape[1] }, features.dtype);
        return sums.index_add(0, inverse!, features, One) / counts!.unsqueeze(1);
    }

    /// <summary>Rows and weights of as many links as a point may have, of weight 0 where it has fewer: [n, 8].</summary>
    private static (Tensor Rows, Tensor Weights) Corners(PointLinks links, ScalarType type)
    {
        const int Most = 8;
        var (starts, rows, weights) = links.Read();
        var (padded, factors) = (new long[links.Points * Most], new double[links.Points * Most]);
        for (var point = 0; point < links.Points; point++)
        {
            for (var link = starts[point]; link < starts[point + 1]; link++)
            {
                var place = (point * Most) + link - starts[point];
                (padded[place], factors[place]) = (rows[link], weights[link]);
            }
        }
        long[] shape = [links.Points, Most];
        return (tensor(padded, shape, ScalarType.Int64), tensor(factors, shape, ScalarType.Float64).to_type(type));
    }

    private static Tensor Gather(Tensor features, Tensor rows, Tensor weights)
    {
        var read = features.index_select(0, rows.reshape(-1)).reshape(rows.shape[0], rows.shape[1], features.shape[1]);
        return (read * weights.unsqueeze(2)).sum(1);
    }
}
