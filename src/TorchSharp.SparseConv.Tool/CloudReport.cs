using System.Globalization;
using Spectre.Console;
using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool;

/// <summary>info: a file of points.</summary>
internal sealed class CloudReport : Report
{
    public string Kind { get; init; } = "point_cloud";

    public required string File { get; init; }

    public required string Format { get; init; }

    public required long Bytes { get; init; }

    public required int Points { get; init; }

    /// <summary>The number of points whose coordinates are all finite.</summary>
    public required int FinitePoints { get; init; }

    /// <summary>The origin of the positions and the voxels.</summary>
    public required IReadOnlyList<double> Origin { get; init; }

    /// <summary>The low corner of the bounding box, including the origin; null if there are no points.</summary>
    public required IReadOnlyList<double?> Min { get; init; }

    public required IReadOnlyList<double?> Max { get; init; }

    public required IReadOnlyList<AttributeReport> Attributes { get; init; }

    public required IReadOnlyList<VoxelReport> Voxels { get; init; }

    protected override void Show(IAnsiConsole console)
    {
        Tables.Facts(
            console,
            ("file", File),
            ("format", $"{Format}, {Tables.Bytes(Bytes)}"),
            (
                "points",
                Points == FinitePoints
                    ? Tables.Count(Points)
                    : $"{Tables.Count(Points)}, {Tables.Count(FinitePoints)} of them with a finite position"
            ),
            (
                "origin",
                Origin.Any(value => value != 0)
                    ? string.Join("  ", Origin.Select(value => value.ToString(CultureInfo.InvariantCulture)))
                    : null
            ),
            ("x y z", FinitePoints > 0 ? Tables.Box(Min, Max) : null)
        );
        if (Attributes.Count > 0)
        {
            var table = Tables.New(4, "attribute", "type", "range", "values");
            foreach (var attribute in Attributes)
            {
                var type = attribute.Components == 1 ? attribute.Type : $"{attribute.Type} x {attribute.Components}";
                table.Add(attribute.Name, type, Tables.Range(attribute.Min, attribute.Max), Values(attribute));
            }
            console.Write(table);
        }
        if (Voxels.Count > 0)
        {
            ShowVoxels(console);
        }
    }

    private void ShowVoxels(IAnsiConsole console)
    {
        var table = Tables.New(
            0,
            "voxel size",
            "voxels",
            "points/voxel",
            "occupancy",
            "pairs 3^3",
            "neighbours of 27",
            "voxels at stride 2",
            "fine of 8"
        );
        foreach (var level in Voxels)
        {
            table.Add(
                Tables.Number(level.Size),
                Tables.Count(level.Voxels),
                $"{level.PointsPerVoxel:F2}",
                Tables.Percent(level.Occupancy),
                Tables.Count(level.Kernel3.Pairs),
                $"{level.Kernel3.MeanNeighbours:F2}",
                Tables.Count(level.Kernel2Stride2.OutputVoxels),
                $"{level.Kernel2Stride2.MeanNeighbours:F2}"
            );
        }
        console.Write(table);
    }

    private static string Values(AttributeReport attribute)
    {
        const int Shown = 8;
        return attribute.Counts is { } counts
            ? string.Join(", ", counts.Take(Shown).Select(entry => $"{entry.Key}: {Tables.Count(entry.Value)}"))
                + (counts.Count > Shown ? ", ..." : "")
            : "";
    }
}

/// <summary>One attribute of points, with its type and the range of each component.</summary>
internal sealed class AttributeReport
{
    public required string Name { get; init; }

    public required string Type { get; init; }

    public required int Components { get; init; }

    /// <summary>The smallest finite value of each component; null if there is none.</summary>
    public required IReadOnlyList<double?> Min { get; init; }

    public required IReadOnlyList<double?> Max { get; init; }

    /// <summary>The number of points with each value; null unless the values are integers and few.</summary>
    public SortedDictionary<long, long>? Counts { get; init; }
}

/// <summary>The voxels of a cloud for one voxel size, and the rulebooks of two convolutions on them.</summary>
internal sealed class VoxelReport
{
    /// <summary>The edge of a voxel, in the unit of the positions.</summary>
    public required double Size { get; init; }

    public required long Voxels { get; init; }

    public required double PointsPerVoxel { get; init; }

    /// <summary>The share of the voxels of the bounding box that contain points.</summary>
    public required double Occupancy { get; init; }

    /// <summary>
    /// The rulebook of a submanifold convolution with kernel 3: its pairs, and the mean number of neighbours of a
    /// voxel, including itself, out of 27.
    /// </summary>
    public required RulebookReport Kernel3 { get; init; }

    /// <summary>
    /// The rulebook of a convolution with kernel 2 and stride 2: its pairs, and the mean number of fine voxels in a
    /// coarse one, out of 8.
    /// </summary>
    public required RulebookReport Kernel2Stride2 { get; init; }
}

/// <summary>The size of one rulebook.</summary>
internal sealed class RulebookReport
{
    public required long OutputVoxels { get; init; }

    public required long Pairs { get; init; }

    /// <summary>The mean number of pairs of an output voxel.</summary>
    public required double MeanNeighbours { get; init; }

    public required long Bytes { get; init; }
}

/// <summary>Inspects a cloud.</summary>
internal static class CloudInspector
{
    // An attribute with more different values is not a class.
    private const int MostCounted = 64;

    private const int DefaultSizes = 4;

    // The number of voxels along the longest edge to begin with, and the share of points with a voxel of their own at
    // which to stop.
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

    // Returns sizes of the series 1, 2, 5, 10, ... The first is the smallest one at which points share voxels, which is
    // 5 cm for a LiDAR scan.
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
            // Parsing text gives the doubles nearest to 0.05 and the like.
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

/// <summary>Voxelizes a cloud and builds rulebooks. It needs the engine, but no libtorch.</summary>
internal static class VoxelInspector
{
    private static readonly KernelGeometry Near = KernelGeometry.Submanifold(3, 3);
    private static readonly KernelGeometry Down = KernelGeometry.Create(3, 2, stride: 2);

    /// <summary>Takes points with finite positions, at least one.</summary>
    public static VoxelReport Inspect(PointCloud cloud, double size)
    {
        using var manager = new CoordinateManager(3);
        var fine = Voxelize(manager, cloud, size);
        var coarse = manager.Coarsen(fine, Down, StridedSites.Downsample);
        return new VoxelReport
        {
            Size = size,
            Voxels = fine.Rows,
            PointsPerVoxel = cloud.Count / (double)fine.Rows,
            Occupancy = fine.Rows / BoxVoxels(fine.Coordinates()),
            Kernel3 = Describe(manager.Rulebook(fine, fine, Near)),
            Kernel2Stride2 = Describe(manager.Rulebook(coarse, fine, Down)),
        };
    }

    public static long CountVoxels(PointCloud cloud, double size)
    {
        using var manager = new CoordinateManager(3);
        return Voxelize(manager, cloud, size).Rows;
    }

    private static CoordinateMap Voxelize(CoordinateManager manager, PointCloud cloud, double size) =>
        Voxelizer.Voxelize(manager, cloud.Positions, [], new VoxelizerOptions { VoxelSize = [size] }).Map;

    private static RulebookReport Describe(Rulebook rulebook) =>
        new()
        {
            OutputVoxels = rulebook.Coarse.Rows,
            Pairs = rulebook.Pairs,
            MeanNeighbours = rulebook.Pairs / (double)rulebook.Coarse.Rows,
            Bytes = rulebook.Bytes,
        };

    // The number of voxels of the bounding box as a double, because it may exceed 64 bits.
    private static double BoxVoxels(int[] coordinates)
    {
        var volume = 1.0;
        for (var axis = 1; axis <= 3; axis++)
        {
            var (low, high) = (long.MaxValue, long.MinValue);
            for (var i = axis; i < coordinates.Length; i += 4)
            {
                (low, high) = (Math.Min(low, coordinates[i]), Math.Max(high, coordinates[i]));
            }
            volume *= high - low + 1;
        }
        return volume;
    }
}
