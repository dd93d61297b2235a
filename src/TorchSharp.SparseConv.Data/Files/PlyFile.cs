namespace TorchSharp.SparseConv.Data;

/// <summary>
/// Reads and writes the vertices of Stanford's polygon format (.ply), as text or binary in either byte order, with all
/// properties.
/// </summary>
/// <remarks>
/// The properties x, y and z are the positions; red, green, blue and alpha are the attribute "color"; nx, ny, nz are
/// "normal"; name_0, name_1 and so on are one attribute with several components. Faces and other elements are skipped,
/// and so are lists that belong to a vertex. Double positions beyond 4,096 are relative to a
/// <see cref="PointCloud.Origin"/>.
/// </remarks>
public static class PlyFile
{
    /// <summary>Reads all points of a file.</summary>
    /// <exception cref="PointCloudException">The file is missing, malformed or ends too early.</exception>
    public static PointCloud Read(string path)
    {
        using var reader = Open(path);
        return reader.ReadAll();
    }

    /// <summary>Writes positions and every attribute. Positions are doubles if the cloud has an origin.</summary>
    /// <exception cref="ArgumentException">
    /// Two attributes would have one name, or 64-bit integers do not fit a type that PLY has. No file is written then.
    /// </exception>
    public static void Write(string path, PointCloud cloud, PlyEncoding encoding = PlyEncoding.BinaryLittleEndian)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        if (!Enum.IsDefined(encoding))
        {
            throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "is no encoding of PLY");
        }
        var columns = PointSchema.Flatten(NarrowIntegers.Of(cloud));
        using var file = OutputFile.Create(path);
        PlyHeader.Write(
            file,
            encoding,
            cloud.Count,
            [.. columns.Select(c => new PointProperty(c.Name, c.Column.Type))]
        );
        PointColumn[] values = [.. columns.Select(c => c.Column)];
        if (encoding == PlyEncoding.Ascii)
        {
            LineWriter.Write(file, values, cloud.Count, (byte)' ');
        }
        else
        {
            var order = encoding == PlyEncoding.BinaryBigEndian ? ByteOrder.BigEndian : ByteOrder.LittleEndian;
            PointRecords.Write(file, values, cloud.Count, order);
        }
    }

    internal static PointReader Open(string path) => PointReader.Open(path, PlyReader.Open);
}

/// <summary>The encoding of the numbers of a PLY file.</summary>
public enum PlyEncoding
{
    /// <summary>Text with one line for each point.</summary>
    Ascii,

    /// <summary>Bytes with the least significant first, as most programs write them.</summary>
    BinaryLittleEndian,

    /// <summary>Bytes with the most significant first.</summary>
    BinaryBigEndian,
}

/// <summary>
/// Writes coloured and labelled points as binary PLY (little endian), which CloudCompare, MeshLab and Open3D read.
/// </summary>
public static class PlyWriter
{
    /// <summary>
    /// Writes x, y, z (float), red, green, blue (uchar) and label (int) of every point. The colours are those of the
    /// classes.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The number of <paramref name="labels"/> is not the number of points, or a label has no colour. No file is
    /// written then.
    /// </exception>
    public static void Write(string path, PointCloud cloud, ReadOnlySpan<int> labels, IReadOnlyList<Rgb> classColors)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        ArgumentNullException.ThrowIfNull(classColors);
        Checks.Labels(labels, cloud.Count, classColors.Count);
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
