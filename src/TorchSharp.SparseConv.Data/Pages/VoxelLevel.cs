namespace TorchSharp.SparseConv.Data;

/// <summary>The voxels of one stride of a network, in space: coordinates of their own level, the level's stride, and the edge of an input voxel in metres.</summary>
public sealed class VoxelLevel
{
    /// <summary>Takes level coordinates [voxels, 3], row-major, and any attributes with one entry a voxel; the voxel (0, 0, 0) has its low corner at the origin. The arrays are kept, not copied.</summary>
    /// <exception cref="ArgumentException">The lengths do not belong together, or a stride or voxel size is not positive and finite.</exception>
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
            if (attribute.Count != Count)
            {
                throw new ArgumentException(
                    $"{attribute.Name} has {attribute.Count} entries, must have one for each of the {Count} voxels",
                    nameof(attributes)
                );
            }
        }
    }

    /// <summary>The same with one stride and one voxel size for all axes.</summary>
    /// <exception cref="ArgumentException">The lengths do not belong together, or the stride or voxel size is not positive and finite.</exception>
    public VoxelLevel(int[] coordinates, int stride, double voxelSize, params IEnumerable<PointAttribute> attributes)
        : this(coordinates, (stride, stride, stride), (voxelSize, voxelSize, voxelSize), attributes) { }

    /// <summary>What the level is called.</summary>
    public string Name
    {
        get => field ?? (Stride.X == Stride.Y && Stride.Y == Stride.Z ? $"stride {Stride.X}" : $"stride {Stride}");
        init;
    }

    /// <summary>Where the points that were voxelized count their positions from.</summary>
    public Origin Origin { get; init; }

    /// <summary>The number of voxels.</summary>
    public int Count => Coordinates.Length / 3;

    /// <summary>Level coordinates [voxels, 3], row-major.</summary>
    public int[] Coordinates { get; }

    /// <summary>How many input voxels a voxel of this level spans along each axis.</summary>
    public (int X, int Y, int Z) Stride { get; }

    /// <summary>The edges of an input voxel, metres.</summary>
    public (double X, double Y, double Z) VoxelSize { get; }

    /// <summary>What the voxels have besides their places.</summary>
    public IReadOnlyList<PointAttribute> Attributes { get; }

    /// <summary>The voxels of one scan of a batch: <paramref name="rows"/> are (batch, x, y, z), as a sparse tensor has its coordinates.</summary>
    /// <exception cref="ArgumentException">The rows are no whole number, or the stride or voxel size is not positive and finite.</exception>
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
    /// The levels that a network with <paramref name="count"/> strides 1, 2, 4, ... sees where each is made by flooring (kernel 2, stride 2): voxels in order of their first point,
    /// each with the number of its "points" and, where the cloud has labels, its most frequent "label", the lowest of equals.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The voxel size is not positive and finite, the count is not 1 to 31, or a point lies beyond the range of 32-bit voxel coordinates.</exception>
    public static IReadOnlyList<VoxelLevel> Pyramid(PointCloud cloud, double voxelSize, int count) =>
        VoxelPyramid.Build(cloud, voxelSize, count);
}
