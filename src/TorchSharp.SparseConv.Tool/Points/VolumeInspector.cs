using TorchSharp.SparseConv.Data;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Points;

/// <summary>What is in a NIfTI volume.</summary>
internal static class VolumeInspector
{
    public static VolumeReport Inspect(string path)
    {
        var volume = NiftiFile.Read(path);
        var (low, high, others) = ((double?)null, (double?)null, 0L);
        foreach (var stored in volume.Values.ToDouble())
        {
            var value = stored * volume.Slope + volume.Intercept;
            if (double.IsFinite(value))
            {
                (low, high) = (Math.Min(low ?? value, value), Math.Max(high ?? value, value));
            }
            others += value == 0 ? 0 : 1;
        }
        return new VolumeReport
        {
            File = path,
            Format = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? "nii.gz" : "nii",
            Bytes = new FileInfo(path).Length,
            Shape = [.. volume.Values.Shape.Reverse()],
            Type = volume.Values.Type.ToString(),
            VoxelSize = volume.VoxelSize,
            Slope = volume.Slope,
            Intercept = volume.Intercept,
            Description = volume.Description,
            Min = low,
            Max = high,
            Occupancy = volume.Values.Count == 0 ? 0 : others / (double)volume.Values.Count,
        };
    }
}
