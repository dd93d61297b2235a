using Examples.CommandLine;
using TorchSharp.SparseConv.Data;

namespace Vessels;

/// <summary>Volumes from files, and masks back into them.</summary>
internal static class Volumes
{
    public const string DataVariable = "SPARSECONV_DATA";

    /// <summary>The file that is asked for, else the one in the folder of data, else null.</summary>
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

    /// <summary>Which voxels of a volume of labels are not 0; it must have the shape of the other one.</summary>
    public static bool[] Truth(string path, Volume other)
    {
        var labels = Read(path);
        return labels.Values.Shape.SequenceEqual(other.Values.Shape)
            ? Array.ConvertAll(labels.ToSingle(), value => value != 0)
            : throw new InvalidDataException(
                $"{path}: the labels are {labels.Values}, must have the shape of {other.Values}"
            );
    }

    /// <summary>A mask in the place of the volume that it was made from: the same shape, voxel size and affine.</summary>
    public static void Write(string path, byte[] mask, Volume like)
    {
        var array = new NumberArray(mask, [.. like.Values.Shape]);
        var description = "1: vessel, by a sparse U-Net";
        NiftiFile.Write(path, new Volume(array, [.. like.VoxelSize], [.. like.Affine]) { Description = description });
    }
}
