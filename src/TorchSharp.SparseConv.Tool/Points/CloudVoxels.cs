using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Points;

/// <summary>One point for each voxel of a cloud; needs the engine, but no libtorch.</summary>
internal sealed class CloudVoxels
{
    /// <summary>The attribute that tells how many points a voxel has.</summary>
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
        var options = new VoxelizerOptions { VoxelSize = size };
        var voxels = Voxelizer.Voxelize(manager, cloud.Positions, [], options);
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
    /// The voxels as points: attributes of the given names, and integers that are neither colour nor intensity, are those of
    /// most points (the smallest of equals), all others means, rounded where they are integers.
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

    /// <summary>Whether a voxel's value is that of most of its points: asked for, or where a mean would mean nothing.</summary>
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
        // Points by voxel, then by value: equal ones stand together.
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
