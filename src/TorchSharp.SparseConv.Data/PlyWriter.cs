namespace TorchSharp.SparseConv.Data;

/// <summary>Writes coloured, labelled points as binary PLY (little endian), which CloudCompare, MeshLab and Open3D read.</summary>
public static class PlyWriter
{
    /// <summary>Writes x, y, z (float), red, green, blue (uchar) and label (int) of every point; colours come from the class of the label.</summary>
    /// <exception cref="ArgumentException"><paramref name="labels"/> has another length than the cloud, or a label has no colour; no file is written then.</exception>
    public static void Write(string path, PointCloud cloud, ReadOnlySpan<int> labels, IReadOnlyList<Rgb> classColors)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        ArgumentNullException.ThrowIfNull(classColors);
        LabelCheck.OnePerPoint(labels, cloud.Count, classColors.Count);
        var colors = new byte[3 * labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            var color = classColors[labels[i]];
            (colors[3 * i], colors[3 * i + 1], colors[3 * i + 2]) = (color.R, color.G, color.B);
        }
        var painted = new PointCloud(
            cloud.Positions,
            cloud.Origin,
            new PointAttribute(PointAttribute.Color, colors, 3),
            new PointAttribute(PointAttribute.Label, labels.ToArray())
        );
        PlyFile.Write(path, painted);
    }
}
