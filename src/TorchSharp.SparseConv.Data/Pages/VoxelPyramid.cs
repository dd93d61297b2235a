using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Data;

// Voxels of a cloud at strides 1, 2, 4, ...: floor(point / size), then halved level by level.
internal static class VoxelPyramid
{
    public static IReadOnlyList<VoxelLevel> Build(PointCloud cloud, double voxelSize, int count)
    {
        ArgumentNullException.ThrowIfNull(cloud);
        if (!(voxelSize > 0) || !double.IsFinite(voxelSize))
        {
            throw new ArgumentOutOfRangeException(nameof(voxelSize), voxelSize, "must be positive and finite");
        }
        if (count is < 1 or > 31)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, "must be from 1 to 31");
        }
        var finite = cloud.FinitePoints();
        var places = new (int, int, int)[finite.Count];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = (Cell(finite, voxelSize, i, 0), Cell(finite, voxelSize, i, 1), Cell(finite, voxelSize, i, 2));
        }
        var levels = new VoxelLevel[count];
        for (var level = 0; level < count; level++)
        {
            levels[level] = Level(finite, places, 1 << level, voxelSize);
            for (var i = 0; i < places.Length; i++)
            {
                var (x, y, z) = places[i];
                places[i] = (x >> 1, y >> 1, z >> 1); // floor, of negative ones, too
            }
        }
        return levels;
    }

    private static int Cell(PointCloud cloud, double size, int point, int axis)
    {
        var cell = Math.Floor(cloud.Positions[3 * point + axis] / size);
        return cell is >= int.MinValue and <= int.MaxValue
            ? (int)cell
            : throw new ArgumentOutOfRangeException(
                nameof(cloud),
                $"point {point} is in voxel {cell}, must be within 32 bits; take larger voxels than {size}"
            );
    }

    private static VoxelLevel Level(PointCloud cloud, (int, int, int)[] places, int stride, double voxelSize)
    {
        var rows = new Dictionary<(int, int, int), int>();
        var voxelOf = new int[places.Length];
        var points = new List<int>();
        for (var i = 0; i < places.Length; i++)
        {
            ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(rows, places[i], out var there);
            if (!there)
            {
                row = points.Count;
                points.Add(0);
            }
            voxelOf[i] = row;
            points[row]++;
        }
        var coordinates = new int[3 * points.Count];
        foreach (var ((x, y, z), row) in rows)
        {
            (coordinates[3 * row], coordinates[3 * row + 1], coordinates[3 * row + 2]) = (x, y, z);
        }
        var attributes = new List<PointAttribute> { new("points", points.ToArray()) };
        if (Labels(cloud) is { } labels)
        {
            attributes.Add(new PointAttribute(PointAttribute.Label, MostFrequent(labels, voxelOf, points.Count)));
        }
        return new VoxelLevel(coordinates, stride, voxelSize, attributes) { Origin = cloud.Origin };
    }

    private static int[]? Labels(PointCloud cloud) =>
        cloud.Find(PointAttribute.Label) is { Components: 1 } attribute
            ? NumberTypes.ConvertExactly<int>(attribute.Values.Values, out _)
            : null;

    private static int[] MostFrequent(int[] labels, int[] voxelOf, int voxels)
    {
        var counts = new Dictionary<(int Voxel, int Label), int>();
        for (var i = 0; i < labels.Length; i++)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, (voxelOf[i], labels[i]), out _)++;
        }
        var result = new int[voxels];
        var best = new int[voxels];
        foreach (var ((voxel, label), count) in counts)
        {
            if (count > best[voxel] || (count == best[voxel] && label < result[voxel]))
            {
                (best[voxel], result[voxel]) = (count, label);
            }
        }
        return result;
    }
}
