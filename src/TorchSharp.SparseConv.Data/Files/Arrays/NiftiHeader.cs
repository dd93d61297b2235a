namespace TorchSharp.SparseConv.Data.Files;

// The 348 bytes that a NIfTI-1 file begins with; its size, read in the right byte order, tells which that is.
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

    public double Finite(int at, string what)
    {
        var value = NumberBytes.Read<float>(_bytes.AsSpan(at), Order);
        return float.IsFinite(value) ? value : throw _file.Error($"{what} is {value}, must be finite", at);
    }

    // x first.
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

    public string Text(int at, int length) => LasHeader.Text(_bytes.AsSpan(at, length));
}
