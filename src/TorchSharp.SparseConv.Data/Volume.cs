namespace TorchSharp.SparseConv.Data;

/// <summary>Numbers on a regular lattice in space, and perhaps time, with their place in the patient or the world.</summary>
public sealed class Volume
{
    private readonly double[] _voxelSize;
    private readonly double[] _affine;

    /// <summary>Takes the values, the spacing of each axis (x first) and the place of the voxels; nothing is copied of the values.</summary>
    /// <param name="values">Row-major, as a dense tensor: the slowest axis first, [z, y, x] of a plain volume, [t, z, y, x] of a series.</param>
    /// <param name="voxelSize">The spacing, x first, one for each axis; all 1 where it is not given.</param>
    /// <param name="affine">16 numbers, row-major, that take (x index, y index, z index, 1) to a place in the unit of the spacing; by the spacing alone where it is not given.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together, or a number is not finite.</exception>
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

    /// <summary>The numbers as stored, row-major: [..., z, y, x].</summary>
    public NumberArray Values { get; }

    /// <summary>The spacing of each axis, x first.</summary>
    public IReadOnlyList<double> VoxelSize => _voxelSize;

    /// <summary>16 numbers, row-major, that take (x index, y index, z index, 1) to a place.</summary>
    public IReadOnlyList<double> Affine => _affine;

    /// <summary>What a stored number is multiplied with to give the meant one.</summary>
    public double Slope { get; init; } = 1;

    /// <summary>What is added after <see cref="Slope"/>.</summary>
    public double Intercept { get; init; }

    /// <summary>A few words of the file, at most 79 characters.</summary>
    public string Description { get; init; } = "";

    /// <summary>The meant numbers, slope and intercept applied, in the order of <see cref="Values"/>; the stored array itself where nothing is to be done.</summary>
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
