using System.CommandLine;
using Spectre.Console;
using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool;

/// <summary>voxelize: writes one point for each voxel.</summary>
internal sealed class VoxelizeCommand(Session session)
{
    private readonly Argument<string> _from = Options.File("file", "The file of points to read");
    private readonly Argument<string> _to = Options.File("out", "The file to write; its ending is its format");
    private readonly Option<double[]> _size = Options
        .Required<double[]>("--size", "The edge of a voxel in the unit of the positions: one length, or three")
        .Positive();

    private readonly Option<VoxelPlace> _place = Options.Value(
        "--position",
        "Where a voxel's point is: mean of its points, or center",
        VoxelPlace.Mean
    );

    private readonly Option<string[]> _mean = Options.List<string>("--mean", "Attributes of which the mean is taken");
    private readonly Option<string[]> _majority = Options.List<string>(
        "--majority",
        "Attributes of which the commonest value is taken [default: integers but color and intensity]"
    );

    private readonly Option<bool> _drop = PointFiles.DropOption();

    public static Command Create(Session session)
    {
        var voxelize = new VoxelizeCommand(session);
        var command = new Command(
            "voxelize",
            "Writes one point for each voxel, with the means or majorities of its points."
        )
        {
            voxelize._from,
            voxelize._to,
            voxelize._size,
            voxelize._place,
            voxelize._mean,
            voxelize._majority,
            voxelize._drop,
        };
        command.SetAction(voxelize.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (from, to) = (parsed.GetRequiredValue(_from), parsed.GetRequiredValue(_to));
        var size = parsed.GetRequiredValue(_size);
        if (size.Length is not (1 or 3))
        {
            throw new UsageException($"--size has {size.Length} lengths, must have one, or three");
        }
        PointFiles.RequireKnown(to);
        var read = session.Work($"reading {from}", () => PointFiles.Read(from));
        var (mean, majority) = (Names(parsed, _mean, from, read), Names(parsed, _majority, from, read));
        var cloud = PointFiles.Finite(from, read, parsed.GetValue(_drop));
        var voxels = session.Work($"voxelizing {from}", () => new CloudVoxels(cloud, size));
        var result = voxels.ToCloud(parsed.GetValue(_place), majority, mean);
        session.Work($"writing {to}", () => PointFiles.Write(to, result));
        var commonest = cloud.Attributes.ToLookup(
            attribute => CloudVoxels.IsMajority(attribute, majority, mean),
            attribute => attribute.Name
        );
        var report = new VoxelizationReport
        {
            From = from,
            To = to,
            Size = size,
            Points = cloud.Count,
            DroppedPoints = read.Count - cloud.Count,
            Voxels = voxels.Count,
            Means = [.. commonest[false]],
            Majorities = [.. commonest[true]],
        };
        report.Write(session, parsed);
        return Shell.Success;
    }

    private static HashSet<string> Names(ParseResult parsed, Option<string[]> option, string file, PointCloud cloud)
    {
        var names = parsed.GetRequiredValue(option).ToHashSet(StringComparer.Ordinal);
        var unknown = names.FirstOrDefault(name => cloud.Find(name) is null);
        return unknown is null
            ? names
            : throw new UsageException(
                $"{option.Name} {unknown}: {file} has no such attribute, it has "
                    + $"{string.Join(", ", cloud.Attributes.Select(attribute => attribute.Name))}"
            );
    }
}

/// <summary>voxelize: the file that was written.</summary>
internal sealed class VoxelizationReport : Report
{
    public required string From { get; init; }

    public required string To { get; init; }

    /// <summary>The edge of a voxel: one length, or three.</summary>
    public required IReadOnlyList<double> Size { get; init; }

    public required int Points { get; init; }

    /// <summary>The number of points left out because their positions are not finite.</summary>
    public required int DroppedPoints { get; init; }

    public required int Voxels { get; init; }

    /// <summary>The attributes that were averaged in each voxel.</summary>
    public required IReadOnlyList<string> Means { get; init; }

    /// <summary>The attributes that have the most frequent value of each voxel.</summary>
    public required IReadOnlyList<string> Majorities { get; init; }

    protected override void Show(IAnsiConsole console) =>
        Tables.Facts(
            console,
            ("written", To),
            (
                "voxels",
                FormattableString.Invariant($"{Voxels:N0} of {string.Join(" x ", Size)}, from {Points:N0} ")
                    + FormattableString.Invariant($"points ({Points / (double)Math.Max(1, Voxels):F2} each)")
            ),
            ("left out", Tables.Dropped(DroppedPoints)),
            ("means of", Means.Count > 0 ? string.Join(", ", Means) : null),
            ("commonest", Majorities.Count > 0 ? string.Join(", ", Majorities) : null)
        );
}

/// <summary>Makes one point for each voxel of a cloud. It needs the engine, but no libtorch.</summary>
internal sealed class CloudVoxels
{
    /// <summary>The attribute with the number of points of a voxel.</summary>
    public const string PointsAttribute = "points";

    private readonly PointCloud _cloud;
    private readonly long[] _voxelOfPoint;
    private readonly int[] _coordinates;
    private readonly int[] _counts;
    private readonly IReadOnlyList<double> _size;

    /// <summary>Takes points with finite positions, and one edge or three.</summary>
    public CloudVoxels(PointCloud cloud, IReadOnlyList<double> size)
    {
        using var manager = new CoordinateManager(3);
        var voxels = Voxelizer.Voxelize(manager, cloud.Positions, [], new VoxelizerOptions { VoxelSize = size });
        _voxelOfPoint = voxels.VoxelOfPoint;
        _coordinates = voxels.Map.Coordinates();
        _cloud = cloud;
        _size = size;
        _counts = new int[voxels.Map.Rows];
        foreach (var voxel in _voxelOfPoint)
        {
            _counts[voxel]++;
        }
    }

    public int Count => _counts.Length;

    /// <summary>
    /// Returns the voxels as points. Attributes in the majority set, and integers other than colour and intensity, have
    /// the most frequent value of the voxel (the smallest of equally frequent ones). All others have the mean, rounded
    /// for integers.
    /// </summary>
    public PointCloud ToCloud(VoxelPlace place, HashSet<string> majority, HashSet<string> mean)
    {
        var attributes = new List<PointAttribute>();
        foreach (var attribute in _cloud.Attributes)
        {
            var values = attribute.Values.ToDouble();
            var isMajority = IsMajority(attribute, majority, mean);
            attributes.Add(
                new PointAttribute(
                    attribute.Name,
                    Typed(isMajority ? Commonest(values) : Means(values, attribute.Components), attribute.Type),
                    attribute.Components
                )
            );
        }
        if (_cloud.Find(PointsAttribute) is null)
        {
            attributes.Add(new PointAttribute(PointsAttribute, _counts));
        }
        var positions =
            place == VoxelPlace.Mean ? Means(Array.ConvertAll(_cloud.Positions, p => (double)p), 3) : Centers();
        return new PointCloud(Array.ConvertAll(positions, value => (float)value), _cloud.Origin, attributes);
    }

    /// <summary>
    /// Whether a voxel has the most frequent value of its points: on request, or because a mean makes no sense.
    /// </summary>
    public static bool IsMajority(PointAttribute attribute, HashSet<string> majority, HashSet<string> mean) =>
        !mean.Contains(attribute.Name) && (majority.Contains(attribute.Name) || IsClass(attribute));

    private static bool IsClass(PointAttribute attribute) =>
        attribute.Components == 1
        && attribute.Type is not (NumberType.Float32 or NumberType.Float64)
        && attribute.Name is not (PointAttribute.Color or PointAttribute.Intensity);

    private double[] Centers()
    {
        var centers = new double[3 * Count];
        for (var i = 0; i < centers.Length; i++)
        {
            var (voxel, axis) = Math.DivRem(i, 3);
            centers[i] = (_coordinates[(4 * voxel) + 1 + axis] + 0.5) * _size[_size.Count == 1 ? 0 : axis];
        }
        return centers;
    }

    private double[] Means(double[] values, int width)
    {
        var means = new double[width * Count];
        for (var i = 0; i < values.Length; i++)
        {
            var (point, component) = Math.DivRem(i, width);
            means[(width * _voxelOfPoint[point]) + component] += values[i];
        }
        for (var i = 0; i < means.Length; i++)
        {
            means[i] /= _counts[i / width];
        }
        return means;
    }

    private double[] Commonest(double[] values)
    {
        // Sorts points by voxel, then by value, so that equal values are neighbours.
        var order = Enumerable.Range(0, values.Length).ToArray();
        Array.Sort(
            order,
            (a, b) =>
                _voxelOfPoint[a] != _voxelOfPoint[b]
                    ? _voxelOfPoint[a].CompareTo(_voxelOfPoint[b])
                    : values[a].CompareTo(values[b])
        );
        var (result, most) = (new double[Count], new int[Count]);
        for (var start = 0; start < order.Length; )
        {
            var (voxel, value) = (_voxelOfPoint[order[start]], values[order[start]]);
            var end = start;
            while (end < order.Length && _voxelOfPoint[order[end]] == voxel && values[order[end]].Equals(value))
            {
                end++;
            }
            if (end - start > most[voxel])
            {
                (most[voxel], result[voxel]) = (end - start, value);
            }
            start = end;
        }
        return result;
    }

    private static Array Typed(double[] values, NumberType type) =>
        type switch
        {
            NumberType.Int8 => Array.ConvertAll(values, value => (sbyte)Math.Round(value)),
            NumberType.UInt8 => Array.ConvertAll(values, value => (byte)Math.Round(value)),
            NumberType.Int16 => Array.ConvertAll(values, value => (short)Math.Round(value)),
            NumberType.UInt16 => Array.ConvertAll(values, value => (ushort)Math.Round(value)),
            NumberType.Int32 => Array.ConvertAll(values, value => (int)Math.Round(value)),
            NumberType.UInt32 => Array.ConvertAll(values, value => (uint)Math.Round(value)),
            NumberType.Int64 => Array.ConvertAll(values, value => (long)Math.Round(value)),
            NumberType.UInt64 => Array.ConvertAll(values, value => (ulong)Math.Round(value)),
            NumberType.Float32 => Array.ConvertAll(values, value => (float)value),
            _ => values,
        };
}

/// <summary>The position of the point that represents a voxel.</summary>
internal enum VoxelPlace
{
    /// <summary>The mean of the points of the voxel.</summary>
    Mean,

    /// <summary>The centre of the voxel.</summary>
    Center,
}
