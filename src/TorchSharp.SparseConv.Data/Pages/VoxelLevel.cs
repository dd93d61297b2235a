using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Data;

/// <summary>
/// The voxels of one level of a network: their level coordinates, the stride of the level, and the edge of an input
/// voxel in metres.
/// </summary>
public sealed class VoxelLevel
{
    /// <summary>
    /// Takes level coordinates [voxels, 3], row-major, and attributes with one entry for each voxel. The low corner of
    /// voxel (0, 0, 0) is the origin. The arrays are kept, not copied.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The lengths do not match, or a stride or voxel size is not positive and finite.
    /// </exception>
    public VoxelLevel(
        int[] coordinates,
        (int X, int Y, int Z) stride,
        (double X, double Y, double Z) voxelSize,
        params IEnumerable<PointAttribute> attributes
    )
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        ArgumentNullException.ThrowIfNull(attributes);
        if (coordinates.Length % 3 != 0)
        {
            throw new ArgumentException(
                $"coordinates has {coordinates.Length} entries, must be a multiple of 3",
                nameof(coordinates)
            );
        }
        if (stride.X < 1 || stride.Y < 1 || stride.Z < 1)
        {
            throw new ArgumentException($"stride is {stride}, must be positive", nameof(stride));
        }
        foreach (var edge in new[] { voxelSize.X, voxelSize.Y, voxelSize.Z })
        {
            if (!(edge > 0) || !double.IsFinite(edge))
            {
                throw new ArgumentException(
                    $"voxelSize is {voxelSize}, must be positive and finite",
                    nameof(voxelSize)
                );
            }
        }
        Coordinates = coordinates;
        Stride = stride;
        VoxelSize = voxelSize;
        Attributes = [.. attributes];
        foreach (var attribute in Attributes)
        {
            Checks.Length(attribute.Count, Count, attribute.Name, "voxels", nameof(attributes));
        }
    }

    /// <summary>Takes one stride and one voxel size for all axes.</summary>
    /// <exception cref="ArgumentException">
    /// The lengths do not match, or the stride or voxel size is not positive and finite.
    /// </exception>
    public VoxelLevel(int[] coordinates, int stride, double voxelSize, params IEnumerable<PointAttribute> attributes)
        : this(coordinates, (stride, stride, stride), (voxelSize, voxelSize, voxelSize), attributes) { }

    /// <summary>The name of the level.</summary>
    public string Name
    {
        get => field ?? (Stride.X == Stride.Y && Stride.Y == Stride.Z ? $"stride {Stride.X}" : $"stride {Stride}");
        init;
    }

    /// <summary>The origin of the points that were voxelized.</summary>
    public Origin Origin { get; init; }

    /// <summary>The number of voxels.</summary>
    public int Count => Coordinates.Length / 3;

    /// <summary>Level coordinates [voxels, 3], row-major.</summary>
    public int[] Coordinates { get; }

    /// <summary>The number of input voxels that a voxel of this level spans along each axis.</summary>
    public (int X, int Y, int Z) Stride { get; }

    /// <summary>The edges of an input voxel in metres.</summary>
    public (double X, double Y, double Z) VoxelSize { get; }

    /// <summary>The attributes of the voxels.</summary>
    public IReadOnlyList<PointAttribute> Attributes { get; }

    /// <summary>
    /// The voxels of one scan of a batch. The <paramref name="rows"/> are (batch, x, y, z), the coordinates of a sparse
    /// tensor.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The length of the rows is not a multiple of 4, or the stride or voxel size is not positive and finite.
    /// </exception>
    public static VoxelLevel OfScan(ReadOnlySpan<int> rows, int scan, int stride, double voxelSize)
    {
        if (rows.Length % 4 != 0)
        {
            throw new ArgumentException(
                $"rows has {rows.Length} entries, must be a multiple of 4 (batch, x, y, z)",
                nameof(rows)
            );
        }
        var coordinates = new List<int>();
        for (var row = 0; row < rows.Length; row += 4)
        {
            if (rows[row] == scan)
            {
                coordinates.AddRange(rows.Slice(row + 1, 3));
            }
        }
        return new VoxelLevel([.. coordinates], stride, voxelSize);
    }

    /// <summary>
    /// The levels of a network with <paramref name="count"/> strides 1, 2, 4, ... in which each level is the floor of
    /// half the one before (kernel 2, stride 2). Voxels come in the order of their first points. Each has the number of
    /// its "points" and, if the cloud has labels, its most frequent "label"; of equally frequent labels the lowest.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The voxel size is not positive and finite, the count is not from 1 to 31, or a point is in a voxel beyond 32
    /// bits.
    /// </exception>
    public static IReadOnlyList<VoxelLevel> Pyramid(PointCloud cloud, double voxelSize, int count) =>
        VoxelPyramid.Build(cloud, voxelSize, count);
}

// Computes the voxels of a cloud at strides 1, 2, 4, ...: floor(point / size), then halved level by level.
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
