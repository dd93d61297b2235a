using System.Text;
using TorchSharp.SparseConv.Data.Files;

namespace TorchSharp.SparseConv.Data;

/// <summary>Medical volumes in NIfTI-1 (.nii, .nii.gz), in either byte order.</summary>
/// <remarks>The place of the voxels is the file's sform, else its qform, else the voxel size alone. Colours, complex and 128-bit numbers, pairs of .hdr and .img, and NIfTI-2 are refused.</remarks>
public static class NiftiFile
{
    private const int HeaderBytes = 348;
    private const int DataOffset = 352;
    private const int MillimetresAndSeconds = 2 | 8;

    // The code of each type.
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

    /// <summary>The volume of a file.</summary>
    /// <exception cref="PointCloudException">The file is missing, malformed, of another type, or ends too early.</exception>
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
        var slope = header.Finite(112, "the slope");
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

    /// <summary>Writes a volume, its place as sform; compressed with gzip where the name ends in .gz.</summary>
    /// <exception cref="ArgumentException">An axis is empty or longer than 32,767, or the description longer than 79 characters; no file is written then.</exception>
    public static void Write(string path, Volume volume, ByteOrder order = ByteOrder.LittleEndian)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(volume);
        var header = Header(volume, order);
        using var file = OutputFile.Create(path);
        file.Write(header);
        ArrayBytes.Write(file, volume.Values.Values, order);
    }

    private static byte[] Header(Volume volume, ByteOrder order)
    {
        var shape = volume.Values.Shape;
        if (shape.Any(size => size is < 1 or > short.MaxValue) || volume.Description.Length > 79)
        {
            throw new ArgumentException(
                $"the volume is {volume.Values} with {volume.Description.Length} characters of description, sizes must be from 1 to {short.MaxValue} and characters at most 79",
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
