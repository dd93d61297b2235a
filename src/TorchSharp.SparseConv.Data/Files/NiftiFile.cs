using System.Text;

namespace TorchSharp.SparseConv.Data;

/// <summary>Reads and writes medical volumes in NIfTI-1 (.nii, .nii.gz), in either byte order.</summary>
/// <remarks>
/// The affine of the voxels is the sform of the file, else its qform, else the voxel size alone. Colours, complex and
/// 128-bit numbers, pairs of .hdr and .img files, and NIfTI-2 are refused.
/// </remarks>
public static class NiftiFile
{
    private const int HeaderBytes = 348;
    private const int DataOffset = 352;
    private const int MillimetresAndSeconds = 2 | 8;

    // The types by their codes.
    private static readonly Dictionary<short, NumberType> Types = new()
    {
        [2] = NumberType.UInt8,
        [4] = NumberType.Int16,
        [8] = NumberType.Int32,
        [16] = NumberType.Float32,
        [64] = NumberType.Float64,
        [256] = NumberType.Int8,
        [512] = NumberType.UInt16,
        [768] = NumberType.UInt32,
        [1024] = NumberType.Int64,
        [1280] = NumberType.UInt64,
    };

    /// <summary>Reads the volume of a file.</summary>
    /// <exception cref="PointCloudException">
    /// The file is missing, malformed, of another type, or ends too early.
    /// </exception>
    public static Volume Read(string path)
    {
        using var file = ByteReader.OpenInflated(path);
        var header = new NiftiHeader(file, file.Take(HeaderBytes, "the header").ToArray());
        var code = header.Int16(70);
        if (!Types.TryGetValue(code, out var type))
        {
            throw file.Error($"the numbers have type {code}, expected one of {string.Join(", ", Types.Keys)}", 70);
        }
        var shape = header.Shape();
        var voxelSize = new double[shape.Length];
        for (var axis = 0; axis < shape.Length; axis++)
        {
            voxelSize[axis] = header.Finite(80 + 4 * axis, "the voxel size");
        }
        // No number stands for no scaling, as 0 does.
        var slope = header.Scale(112);
        var offset = header.Finite(108, "the offset of the voxels");
        if (offset < DataOffset || offset > file.Remaining + HeaderBytes)
        {
            throw file.Error(
                $"the voxels begin at byte {offset}, expected from {DataOffset} to the end of the file",
                108
            );
        }
        file.Skip((long)offset - HeaderBytes, "the header");
        Array.Reverse(shape);
        var count = ArrayBytes.Count(file, shape, type);
        var values = ArrayBytes.Read(file, type, count, header.Order);
        var array = new NumberArray(values, Array.ConvertAll(shape, size => (int)size));
        return new Volume(array, voxelSize, NiftiPlace.Of(header))
        {
            Slope = slope == 0 ? 1 : slope,
            Intercept = slope == 0 ? 0 : header.Finite(116, "the intercept"),
            Description = header.Text(148, 80),
        };
    }

    /// <summary>
    /// Writes a volume with its affine as the sform. The file is compressed with gzip if its name ends in .gz.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// An axis is empty or longer than 32,767, or the description is longer than 79 characters. No file is written
    /// then.
    /// </exception>
    public static void Write(string path, Volume volume, ByteOrder order = ByteOrder.LittleEndian)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(volume);
        var header = Header(volume, order);
        using var file = OutputFile.CreateByEnding(path);
        file.Write(header);
        ArrayBytes.Write(file, volume.Values.Values, order);
    }

    private static byte[] Header(Volume volume, ByteOrder order)
    {
        var shape = volume.Values.Shape;
        if (shape.Any(size => size is < 1 or > short.MaxValue) || volume.Description.Length > 79)
        {
            throw new ArgumentException(
                $"the volume is {volume.Values} with {volume.Description.Length} characters of "
                    + $"description, sizes must be from 1 to {short.MaxValue} and characters at most 79",
                nameof(volume)
            );
        }
        var bytes = new byte[DataOffset];
        Put(0, HeaderBytes);
        Put(40, (short)shape.Count);
        for (var axis = 0; axis < 7; axis++)
        {
            Put(42 + 2 * axis, axis < shape.Count ? (short)shape[shape.Count - 1 - axis] : (short)1);
            Put(80 + 4 * axis, axis < shape.Count ? (float)volume.VoxelSize[axis] : 1f);
        }
        Put(70, Types.First(known => known.Value == volume.Values.Type).Key);
        Put(72, (short)(8 * NumberTypes.Size(volume.Values.Type)));
        Put(76, 1f);
        Put(108, (float)DataOffset);
        Put(112, (float)volume.Slope);
        Put(116, (float)volume.Intercept);
        bytes[123] = MillimetresAndSeconds;
        Encoding.Latin1.GetBytes(volume.Description, bytes.AsSpan(148));
        Put(254, (short)1);
        for (var i = 0; i < 12; i++)
        {
            Put(280 + 4 * i, (float)volume.Affine[i]);
        }
        "n+1\0"u8.CopyTo(bytes.AsSpan(344));
        return bytes;

        void Put<T>(int at, T value)
            where T : unmanaged => NumberBytes.Write(bytes.AsSpan(at), value, order);
    }
}

// The first 348 bytes of a NIfTI-1 file. They begin with their own number, which tells the byte order.
internal sealed class NiftiHeader
{
    private const int Nifti2Bytes = 540;

    private readonly ByteReader _file;
    private readonly byte[] _bytes;

    public NiftiHeader(ByteReader file, byte[] bytes)
    {
        _file = file;
        _bytes = bytes;
        var size = NumberBytes.Read<int>(bytes, ByteOrder.LittleEndian);
        Order = size == bytes.Length ? ByteOrder.LittleEndian : ByteOrder.BigEndian;
        var foreign = NumberBytes.Read<int>(bytes, ByteOrder.BigEndian);
        if (size == Nifti2Bytes || foreign == Nifti2Bytes)
        {
            throw file.Error("is NIfTI-2, expected NIfTI-1", 0);
        }
        if (size != bytes.Length && foreign != bytes.Length)
        {
            throw file.Error($"is no NIfTI-1 file: expected it to begin with the number {bytes.Length}", 0);
        }
        if (!bytes.AsSpan(344, 4).SequenceEqual("n+1\0"u8))
        {
            throw file.Error(
                "has no n+1 at the end of its header, expected header and voxels in one NIfTI-1 file",
                344
            );
        }
    }

    public ByteOrder Order { get; }

    public short Int16(int at) => NumberBytes.Read<short>(_bytes.AsSpan(at), Order);

    // The slope, which may be left open: 0 where it is not a number.
    public double Scale(int at) =>
        float.IsNaN(NumberBytes.Read<float>(_bytes.AsSpan(at), Order)) ? 0 : Finite(at, "the slope");

    public double Finite(int at, string what)
    {
        var value = NumberBytes.Read<float>(_bytes.AsSpan(at), Order);
        return float.IsFinite(value) ? value : throw _file.Error($"{what} is {value}, must be finite", at);
    }

    // The size of each axis, x first.
    public long[] Shape()
    {
        var axes = Int16(40);
        if (axes is < 1 or > 7)
        {
            throw _file.Error($"the volume has {axes} axes, expected 1 to 7", 40);
        }
        var shape = new long[axes];
        for (var axis = 0; axis < axes; axis++)
        {
            shape[axis] = Int16(42 + 2 * axis);
            if (shape[axis] < 1)
            {
                throw _file.Error($"axis {axis} has size {shape[axis]}, must be positive", 42 + 2 * axis);
            }
        }
        return shape;
    }

    public string Text(int at, int length) => NumberBytes.Text(_bytes.AsSpan(at, length));
}

// The affine of the voxels of a NIfTI-1 file: 16 numbers, row-major.
internal static class NiftiPlace
{
    public static double[] Of(NiftiHeader header)
    {
        if (header.Int16(254) > 0)
        {
            return Rows(header);
        }
        return header.Int16(252) > 0 ? Turned(header) : [];
    }

    private static double[] Rows(NiftiHeader header)
    {
        var affine = new double[16];
        for (var i = 0; i < 12; i++)
        {
            affine[i] = header.Finite(280 + 4 * i, "the sform");
        }
        affine[15] = 1;
        return affine;
    }

    // Computes the rotation from a unit quaternion, whose first number follows from the others. The sign of pixdim[0]
    // mirrors z.
    private static double[] Turned(NiftiHeader header)
    {
        var (b, c, d) = (Number(256), Number(260), Number(264));
        var a = Math.Sqrt(Math.Max(0, 1 - (b * b + c * c + d * d)));
        double[] rotation =
        [
            a * a + b * b - c * c - d * d,
            2 * (b * c - a * d),
            2 * (b * d + a * c),
            2 * (b * c + a * d),
            a * a + c * c - b * b - d * d,
            2 * (c * d - a * b),
            2 * (b * d - a * c),
            2 * (c * d + a * b),
            a * a + d * d - b * b - c * c,
        ];
        var affine = new double[16];
        for (var row = 0; row < 3; row++)
        {
            for (var column = 0; column < 3; column++)
            {
                var mirror = column == 2 && Number(76) < 0 ? -1 : 1;
                affine[4 * row + column] = rotation[3 * row + column] * mirror * Number(80 + 4 * column);
            }
            affine[4 * row + 3] = Number(268 + 4 * row);
        }
        affine[15] = 1;
        return affine;

        double Number(int at) => header.Finite(at, "the qform");
    }
}
