using System.Globalization;
using TorchSharp.SparseConv.Data;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Points;

/// <summary>What is in a cloud.</summary>
internal static class CloudInspector
{
    // More values than this are no classes, and their counts tell nobody anything.
    private const int MostCounted = 64;

    private const int DefaultSizes = 4;

    // Voxels along the longest edge to begin with, and the share of points with a voxel of their own at which to end.
    private const double FinestCells = 2500;
    private const double ShareOfOwnVoxel = 0.9;

    public static CloudReport Inspect(string path, PointCloud cloud, IReadOnlyList<double> sizes)
    {
        var finite = cloud.FinitePoints();
        var (low, high) = Bounds(finite);
        if (sizes.Count == 0 && finite.Count > 0)
        {
            sizes = SizesFor(finite, low.Zip(high, (from, to) => to!.Value - from!.Value).Max());
        }
        return new CloudReport
        {
            File = path,
            Format = PointFiles.FormatOf(path),
            Bytes = new FileInfo(path).Length,
            Points = cloud.Count,
            FinitePoints = finite.Count,
            Origin = [cloud.Origin.X, cloud.Origin.Y, cloud.Origin.Z],
            Min = low,
            Max = high,
            Attributes = [.. cloud.Attributes.Select(Describe)],
            Voxels = finite.Count == 0 ? [] : [.. sizes.Select(size => VoxelInspector.Inspect(finite, size))],
        };
    }

    // Sizes of the series 1, 2, 5, 10 from the first one on at which points share voxels: 5 cm for a LiDAR scan.
    private static double[] SizesFor(PointCloud cloud, double extent)
    {
        if (!(extent > 0))
        {
            return [1];
        }
        var step = (int)Math.Round(3 * Math.Log10(extent / FinestCells));
        while (VoxelInspector.CountVoxels(cloud, Size(step)) > ShareOfOwnVoxel * cloud.Count)
        {
            step++;
        }
        return [.. Enumerable.Range(step, DefaultSizes).Select(Size)];

        static double Size(int step)
        {
            var (decade, place) = ((int)Math.Floor(step / 3.0), ((step % 3) + 3) % 3);
            // Through text, so that the sizes are the nearest doubles to 0.05 and its like.
            return double.Parse($"{"125"[place]}e{decade}", CultureInfo.InvariantCulture);
        }
    }

    private static (double?[] Low, double?[] High) Bounds(PointCloud cloud)
    {
        var (low, high) = Extremes(cloud.Positions, 3);
        for (var axis = 0; axis < 3; axis++)
        {
            low[axis] += cloud.Origin[axis];
            high[axis] += cloud.Origin[axis];
        }
        return (low, high);
    }

    private static AttributeReport Describe(PointAttribute attribute)
    {
        var values = attribute.Values.ToDouble();
        var (low, high) = Extremes(values, attribute.Components);
        var isInteger = attribute.Type is not (NumberType.Float32 or NumberType.Float64);
        return new AttributeReport
        {
            Name = attribute.Name,
            Type = attribute.Type.ToString(),
            Components = attribute.Components,
            Min = low,
            Max = high,
            Counts = isInteger && attribute.Components == 1 ? Counts(values) : null,
        };
    }

    private static SortedDictionary<long, long>? Counts(double[] values)
    {
        var counts = new SortedDictionary<long, long>();
        foreach (var value in values)
        {
            counts[(long)value] = counts.GetValueOrDefault((long)value) + 1;
            if (counts.Count > MostCounted)
            {
                return null;
            }
        }
        return counts;
    }

    private static (double?[] Low, double?[] High) Extremes<T>(T[] values, int width)
        where T : System.Numerics.INumber<T>
    {
        var (low, high) = (new double?[width], new double?[width]);
        for (var i = 0; i < values.Length; i++)
        {
            var value = double.CreateSaturating(values[i]);
            if (double.IsFinite(value))
            {
                low[i % width] = Math.Min(low[i % width] ?? value, value);
                high[i % width] = Math.Max(high[i % width] ?? value, value);
            }
        }
        return (low, high);
    }
}
