using System.Buffers.Binary;

namespace TorchSharp.SparseConv.Data;

/// <summary>Reads and writes arrays in the IDX format of MNIST: big endian, plain or compressed with gzip.</summary>
public static class IdxFile
{
    // The codes in the third byte of a file.
    private static readonly Dictionary<byte, NumberType> Types = new()
    {
        [0x08] = NumberType.UInt8,
        [0x09] = NumberType.Int8,
        [0x0b] = NumberType.Int16,
        [0x0c] = NumberType.Int32,
        [0x0d] = NumberType.Float32,
        [0x0e] = NumberType.Float64,
    };

    /// <summary>Reads the array of a file.</summary>
    /// <exception cref="PointCloudException">
    /// The file is missing, malformed, or has another length than its header says.
    /// </exception>
    public static NumberArray Read(string path)
    {
        using var file = ByteReader.OpenInflated(path);
        var head = file.Take(4, "the header");
        if (head[0] != 0 || head[1] != 0 || !Types.TryGetValue(head[2], out var type))
        {
            throw file.Error(
                $"begins with {head[0]:x2} {head[1]:x2} {head[2]:x2}, expected 00 00 and a type from 08 to 0e",
                0
            );
        }
        var shape = new long[head[3]];
        for (var axis = 0; axis < shape.Length; axis++)
        {
            shape[axis] = BinaryPrimitives.ReadUInt32BigEndian(file.Take(4, "the header"));
        }
        var count = ArrayBytes.Count(file, shape, type);
        var values = ArrayBytes.Read(file, type, count, ByteOrder.BigEndian);
        if (!file.AtEnd())
        {
            throw file.Error($"the file goes on after its {count} numbers, expected its end");
        }
        return new NumberArray(values, Array.ConvertAll(shape, size => (int)size));
    }

    /// <summary>Writes an array. The file is compressed with gzip if its name ends in .gz.</summary>
    /// <exception cref="ArgumentException">
    /// IDX does not have the type of the numbers, or the array has more than 255 axes. No file is written then.
    /// </exception>
    public static void Write(string path, NumberArray array)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(array);
        if (!Types.ContainsValue(array.Type) || array.Shape.Count > byte.MaxValue)
        {
            throw new ArgumentException($"the array is {array}, which IDX cannot hold", nameof(array));
        }
        using var file = OutputFile.CreateByEnding(path);
        var head = new byte[4 + 4 * array.Shape.Count];
        head[2] = Types.First(known => known.Value == array.Type).Key;
        head[3] = (byte)array.Shape.Count;
        for (var axis = 0; axis < array.Shape.Count; axis++)
        {
            BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4 + 4 * axis), array.Shape[axis]);
        }
        file.Write(head);
        ArrayBytes.Write(file, array.Values, ByteOrder.BigEndian);
    }
}
