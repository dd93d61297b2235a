using TorchSharp.SparseConv.Data;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Points;

/// <summary>Writes a cloud in another format and tells, by reading it back, what is not as it was.</summary>
internal static class CloudConverter
{
    // Formats that have no place for a point without a place.
    private static readonly string[] FiniteOnly = [".bin", ".las"];

    // KITTI's scans are counted from their scanner.
    private const string WithoutOrigin = ".bin";

    public static bool NeedsFinite(string path) =>
        FiniteOnly.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    public static void Write(string path, PointCloud cloud)
    {
        PointFiles.MakeFolder(path);
        // Arrays of NumPy hold positions alone, and their writer refuses what it would lose.
        PointCloudFile.Write(
            path,
            string.Equals(Path.GetExtension(path), ".npy", StringComparison.OrdinalIgnoreCase)
                ? new PointCloud(World(cloud))
                : cloud
        );
    }

    public static ConversionReport Compare(string from, string to, PointCloud before, PointCloud after, int dropped)
    {
        var fates = Fates(before, after);
        var dropsOrigin =
            before.Origin != Origin.Zero
            && string.Equals(Path.GetExtension(to), WithoutOrigin, StringComparison.OrdinalIgnoreCase);
        var shift = LargestShift(dropsOrigin ? new PointCloud(before.Positions) : before, after);
        return new ConversionReport
        {
            From = from,
            To = to,
            Points = after.Count,
            DroppedPoints = dropped,
            LargestShift = shift,
            DroppedOrigin = dropsOrigin ? [before.Origin.X, before.Origin.Y, before.Origin.Z] : null,
            Attributes = fates,
            Lossless =
                dropped == 0
                && shift == 0
                && !dropsOrigin
                && fates.TrueForAll(fate =>
                    fate.Fate is AttributeFate.Kept or AttributeFate.Retyped or AttributeFate.Added
                ),
        };
    }

    private static List<AttributeFateReport> Fates(PointCloud before, PointCloud after)
    {
        var fates = new List<AttributeFateReport>();
        foreach (var attribute in before.Attributes)
        {
            var other = after.Find(attribute.Name);
            fates.Add(
                new AttributeFateReport
                {
                    Name = attribute.Name,
                    Fate = Fate(attribute, other),
                    From = TypeOf(attribute),
                    To = other is null ? null : TypeOf(other),
                }
            );
        }
        foreach (var attribute in after.Attributes.Where(attribute => before.Find(attribute.Name) is null))
        {
            fates.Add(
                new AttributeFateReport
                {
                    Name = attribute.Name,
                    Fate = AttributeFate.Added,
                    From = null,
                    To = TypeOf(attribute),
                }
            );
        }
        return fates;
    }

    private static string TypeOf(PointAttribute attribute) =>
        attribute.Components == 1 ? attribute.Type.ToString() : $"{attribute.Type} x {attribute.Components}";

    private static AttributeFate Fate(PointAttribute before, PointAttribute? after)
    {
        if (after is null)
        {
            return AttributeFate.Lost;
        }
        // In double every type but the 64-bit integers is exact.
        var same =
            before.Components == after.Components
            && before.Values.ToDouble().AsSpan().SequenceEqual(after.Values.ToDouble());
        return !same ? AttributeFate.Changed
            : before.Type == after.Type ? AttributeFate.Kept
            : AttributeFate.Retyped;
    }

    private static double LargestShift(PointCloud before, PointCloud after)
    {
        var largest = 0.0;
        for (var i = 0; i < Math.Min(before.Positions.Length, after.Positions.Length); i++)
        {
            var shift = Math.Abs(
                (double)before.Positions[i] - after.Positions[i] + (before.Origin[i % 3] - after.Origin[i % 3])
            );
            // Two points without a place are in the same one.
            largest = Math.Max(largest, double.IsNaN(shift) ? 0 : shift);
        }
        return largest;
    }

    private static float[] World(PointCloud cloud)
    {
        var positions = new float[cloud.Positions.Length];
        for (var i = 0; i < positions.Length; i++)
        {
            positions[i] = (float)(cloud.Positions[i] + cloud.Origin[i % 3]);
        }
        return positions;
    }
}
