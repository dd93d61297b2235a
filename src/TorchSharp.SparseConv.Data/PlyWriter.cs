using System.Buffers.Binary;
using System.Text;

namespace TorchSharp.SparseConv.Data;

/// <summary>Writes coloured, labelled points as binary PLY (little endian), which CloudCompare, MeshLab and Open3D read.</summary>
public static class PlyWriter
{
    private const int PointBytes = 3 * sizeof(float) + 3 + sizeof(int);
    private const int PointsPerWrite = 4096;

    /// <summary>Writes x, y, z (float), red, green, blue (uchar) and label (int) of every point; colours come from the class of the label.</summary>
    /// <exception cref="ArgumentException"><paramref name="labels"/> has another length than the cloud, or a label has no colour; no file is written then.</exception>
    public static void Write(string path, PointCloud cloud, ReadOnlySpan<int> labels, IReadOnlyList<Rgb> classColors)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        ArgumentNullException.ThrowIfNull(classColors);
        LabelCheck.OnePerPoint(labels, cloud.Count, classColors.Count);
        using var file = File.Create(path);
        file.Write(Encoding.ASCII.GetBytes(Header(cloud.Count)));
        var buffer = new byte[PointBytes * PointsPerWrite];
        for (var start = 0; start < cloud.Count; start += PointsPerWrite)
        {
            var count = Math.Min(PointsPerWrite, cloud.Count - start);
            for (var i = 0; i < count; i++)
            {
                WritePoint(buffer.AsSpan(i * PointBytes), cloud, start + i, labels[start + i], classColors);
            }
            file.Write(buffer, 0, count * PointBytes);
        }
    }

    private static string Header(int count) =>
        "ply\nformat binary_little_endian 1.0\n"
        + $"element vertex {count}\n"
        + "property float x\nproperty float y\nproperty float z\n"
        + "property uchar red\nproperty uchar green\nproperty uchar blue\n"
        + "property int label\nend_header\n";

    private static void WritePoint(Span<byte> to, PointCloud cloud, int point, int label, IReadOnlyList<Rgb> colors)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(to[(axis * sizeof(float))..], cloud.Positions[3 * point + axis]);
        }
        var color = colors[label];
        to[12] = color.R;
        to[13] = color.G;
        to[14] = color.B;
        BinaryPrimitives.WriteInt32LittleEndian(to[15..], label);
    }
}
