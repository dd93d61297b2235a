using System.Numerics;
using TorchSharp.SparseConv.Data.Files;

namespace TorchSharp.SparseConv.Data;

/// <summary>NumPy's arrays (.npy) of plain numbers, in either byte order and either order of axes.</summary>
/// <remarks>Booleans become bytes of 0 and 1, 16-bit floats become 32-bit ones. Objects, text, complex and structured types are refused.</remarks>
public static class NpyFile
{
    /// <summary>The array of a file, row-major whatever the file's order.</summary>
    /// <exception cref="PointCloudException">The file is missing, malformed, of another type, or ends too early.</exception>
    public static NumberArray Read(string path)
    {
        using var file = ByteReader.Open(path);
        return Read(file);
    }

    /// <summary>Writes an array, row-major.</summary>
    public static void Write(string path, NumberArray array, ByteOrder order = ByteOrder.LittleEndian)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(array);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        Write(file, array, order);
    }

    internal static NumberArray Read(ByteReader file)
    {
        var header = NpyHeader.Read(file);
        var count = ArrayBytes.Count(file, header.Shape, header.Type);
        var shape = Array.ConvertAll(header.Shape, size => (int)size);
        var values = ArrayBytes.Read(file, header.Type, count, header.Order);
        if (header.IsHalf)
        {
            values = Array.ConvertAll((ushort[])values, bits => (float)BitConverter.UInt16BitsToHalf(bits));
        }
        return new NumberArray(
            header.IsFortran && shape.Length > 1
                ? NumberTypes.Visit<RowMajor, Array>(values, new RowMajor(shape))
                : values,
            shape
        );
    }

    internal static void Write(Stream file, NumberArray array, ByteOrder order)
    {
        NpyHeader.Write(file, array, order);
        ArrayBytes.Write(file, array.Values, order);
    }

    private readonly struct RowMajor(int[] shape) : INumberVisitor<Array>
    {
        public Array Visit<T>(T[] values)
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            var strides = new int[shape.Length];
            var stride = 1;
            for (var axis = 0; axis < shape.Length && values.Length > 0; axis++)
            {
                strides[axis] = stride;
                stride *= shape[axis];
            }
            var result = new T[values.Length];
            var index = new int[shape.Length];
            var from = 0;
            for (var to = 0; to < result.Length; to++)
            {
                result[to] = values[from];
                for (var axis = shape.Length - 1; axis >= 0; axis--)
                {
                    from += strides[axis];
                    if (++index[axis] < shape[axis])
                    {
                        break;
                    }
                    from -= strides[axis] * shape[axis];
                    index[axis] = 0;
                }
            }
            return result;
        }
    }
}
