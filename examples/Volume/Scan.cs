using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;

namespace Vessels;

/// <summary>Intensities on a lattice [z, y, x], row-major, and optionally the cells that are vessels.</summary>
internal sealed class Scan
{
    private const double White = 0.99;

    /// <summary>
    /// Keeps the cells that are brighter than the threshold. Intensities are scaled so that the 99th percentile is 1.
    /// </summary>
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

    /// <summary>The index of each kept voxel in the dense array, ascending.</summary>
    public int[] Cells { get; }

    /// <summary>The scaled intensity of each kept voxel.</summary>
    public float[] Values { get; }

    public bool[]? Truth { get; }

    public int VoxelCount => Shape.Aggregate(1, (product, size) => product * size);

    /// <summary>Returns 1 for each kept voxel that is a vessel, and 0 for the others.</summary>
    public long[] Labels() => Array.ConvertAll(Cells, cell => Truth![cell] ? 1L : 0L);

    /// <summary>Returns the dense mask of the kept voxels that were predicted as vessels.</summary>
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

/// <summary>Counts of voxels and their Dice coefficient. Counts of several scans can be added.</summary>
internal readonly record struct Overlap(long Both, long Predicted, long True)
{
    /// <summary>2 * both / (predicted + true), 0 to 1; 1 if there are no vessels and none were predicted.</summary>
    public double Dice => Predicted + True == 0 ? 1 : 2.0 * Both / (Predicted + True);

    /// <summary>Counts over all voxels of a scan. Vessels that the threshold dropped count as missed.</summary>
    public static Overlap Of(Scan scan, IReadOnlyList<bool> vessel)
    {
        var truth = scan.Truth!;
        var (both, predicted) = (0L, 0L);
        foreach (var (cell, one) in scan.Cells.Zip(vessel))
        {
            predicted += one ? 1 : 0;
            both += one && truth[cell] ? 1 : 0;
        }
        return new Overlap(both, predicted, truth.LongCount(one => one));
    }

    public static Overlap operator +(Overlap left, Overlap right) =>
        new(left.Both + right.Both, left.Predicted + right.Predicted, left.True + right.True);
}

/// <summary>Reads volumes and writes masks.</summary>
internal static class Volumes
{
    public const string DataVariable = "SPARSECONV_DATA";

    /// <summary>Returns the given file, else the one in the data folder, else null.</summary>
    public static string? PathOf(VolumeSettings settings)
    {
        if (settings.Volume is { } given)
        {
            return File.Exists(given) ? given : throw new UsageException($"--volume {given}: there is no such file");
        }
        var root = Environment.GetEnvironmentVariable(DataVariable);
        var path = string.IsNullOrEmpty(root) ? null : Path.Combine(root, "medical", "CT_AVM.nii.gz");
        return File.Exists(path) ? path : null;
    }

    public static Volume Read(string path)
    {
        var volume = NiftiFile.Read(path);
        return volume.Values.Shape.Count == 3
            ? volume
            : throw new InvalidDataException($"{path}: the volume is {volume.Values}, must have 3 axes");
    }

    /// <summary>
    /// Returns whether each voxel of a volume of labels is not 0. It must have the shape of the other volume.
    /// </summary>
    public static bool[] Truth(string path, Volume other)
    {
        var labels = Read(path);
        return labels.Values.Shape.SequenceEqual(other.Values.Shape)
            ? Array.ConvertAll(labels.ToSingle(), value => value != 0)
            : throw new InvalidDataException(
                $"{path}: the labels are {labels.Values}, must have the shape of {other.Values}"
            );
    }

    /// <summary>Writes a mask with the shape, voxel size and affine of the volume that it was made from.</summary>
    public static void Write(string path, byte[] mask, Volume like)
    {
        var array = new NumberArray(mask, [.. like.Values.Shape]);
        var description = "1: vessel, by a sparse U-Net";
        NiftiFile.Write(path, new Volume(array, [.. like.VoxelSize], [.. like.Affine]) { Description = description });
    }
}
