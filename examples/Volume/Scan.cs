namespace Vessels;

/// <summary>Intensities on a lattice [z, y, x], row-major, and, where it is known, which of the cells are vessels.</summary>
internal sealed class Scan
{
    private const double White = 0.99;

    /// <summary>Keeps what is brighter than the threshold; its 99th percentile becomes 1.</summary>
    public Scan(float[] intensities, IReadOnlyList<int> shape, float threshold, bool[]? truth = null)
    {
        Shape = shape;
        Truth = truth;
        Cells = [.. Enumerable.Range(0, intensities.Length).Where(cell => intensities[cell] > threshold)];
        var kept = Array.ConvertAll(Cells, cell => intensities[cell]);
        var ordered = kept.Order().ToArray();
        var scale = ordered.Length == 0 ? 1 : ordered[(int)(White * (ordered.Length - 1))];
        Values = Array.ConvertAll(kept, value => value / Math.Max(Math.Abs(scale), float.Epsilon));
    }

    public IReadOnlyList<int> Shape { get; }

    /// <summary>Where each kept voxel is in the dense array, ascending.</summary>
    public int[] Cells { get; }

    /// <summary>The scaled intensity of each kept voxel.</summary>
    public float[] Values { get; }

    public bool[]? Truth { get; }

    public int VoxelCount => Shape.Aggregate(1, (product, size) => product * size);

    /// <summary>Whether each kept voxel is a vessel: 1 or 0.</summary>
    public long[] Labels() => Array.ConvertAll(Cells, cell => Truth![cell] ? 1L : 0L);

    /// <summary>The dense mask of the kept voxels that are told to be vessels.</summary>
    public byte[] Mask(IEnumerable<bool> vessel)
    {
        var mask = new byte[VoxelCount];
        foreach (var (cell, one) in Cells.Zip(vessel))
        {
            mask[cell] = one ? (byte)1 : (byte)0;
        }
        return mask;
    }
}
