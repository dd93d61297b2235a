namespace TorchSharp.SparseConv.Data;

/// <summary>
/// A volume of numbers on a regular lattice in space, and optionally time, with its place in the patient or the world.
/// </summary>
public sealed class Volume
{
    private readonly double[] _voxelSize;
    private readonly double[] _affine;

    /// <summary>
    /// Takes the values, the spacing of each axis (x first) and the affine of the voxels. The values are not copied.
    /// </summary>
    /// <param name="values">
    /// The values, row-major like a dense tensor with the slowest axis first: [z, y, x] for a plain volume, [t, z, y,
    /// x] for a series.
    /// </param>
    /// <param name="voxelSize">The spacing of each axis, x first; 1 for all axes by default.</param>
    /// <param name="affine">
    /// 16 numbers, row-major, that map (x index, y index, z index, 1) to a place in the unit of the spacing; the
    /// spacing alone by default.
    /// </param>
    /// <exception cref="ArgumentException">The lengths do not match, or a number is not finite.</exception>
    public Volume(NumberArray values, ReadOnlySpan<double> voxelSize = default, ReadOnlySpan<double> affine = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var axes = values.Shape.Count;
        if (axes is < 1 or > 7)
        {
            throw new ArgumentException($"values is {values}, must have 1 to 7 axes", nameof(values));
        }
        _voxelSize = voxelSize.IsEmpty ? [.. Enumerable.Repeat(1.0, axes)] : voxelSize.ToArray();
        if (_voxelSize.Length != axes || Array.Exists(_voxelSize, size => !double.IsFinite(size)))
        {
            throw new ArgumentException(
                $"voxelSize is ({string.Join(", ", _voxelSize)}), must be {axes} finite numbers, one for each axis",
                nameof(voxelSize)
            );
        }
        _affine = affine.IsEmpty ? Scaling(_voxelSize) : affine.ToArray();
        if (_affine.Length != 16 || Array.Exists(_affine, value => !double.IsFinite(value)))
        {
            throw new ArgumentException($"affine has {_affine.Length} numbers, must be 16 and finite", nameof(affine));
        }
        Values = values;
    }

    /// <summary>The stored numbers, row-major: [..., z, y, x].</summary>
    public NumberArray Values { get; }

    /// <summary>The spacing of each axis, x first.</summary>
    public IReadOnlyList<double> VoxelSize => _voxelSize;

    /// <summary>16 numbers, row-major, that map (x index, y index, z index, 1) to a place.</summary>
    public IReadOnlyList<double> Affine => _affine;

    /// <summary>The factor from stored numbers to values.</summary>
    public double Slope { get; init; } = 1;

    /// <summary>The offset that is added after scaling with <see cref="Slope"/>.</summary>
    public double Intercept { get; init; }

    /// <summary>A short description of at most 79 characters.</summary>
    public string Description { get; init; } = "";

    /// <summary>
    /// The values after slope and intercept, in the order of <see cref="Values"/>. Returns the stored array itself if
    /// there is nothing to scale.
    /// </summary>
    public float[] ToSingle()
    {
        if (Slope == 1 && Intercept == 0)
        {
            return Values.ToSingle();
        }
        return Array.ConvertAll(Values.ToDouble(), value => (float)(value * Slope + Intercept));
    }

    private static double[] Scaling(double[] voxelSize)
    {
        var affine = new double[16];
        for (var axis = 0; axis < 3; axis++)
        {
            affine[5 * axis] = axis < voxelSize.Length ? voxelSize[axis] : 1;
        }
        affine[15] = 1;
        return affine;
    }
}
