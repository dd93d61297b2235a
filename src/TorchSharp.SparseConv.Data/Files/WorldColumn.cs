namespace TorchSharp.SparseConv.Data.Files;

// A coordinate counted from the world's origin, made as it is written; it cannot be read into.
internal sealed class WorldColumn(PointCloud cloud, int axis) : PointColumn
{
    private readonly float[] _positions = cloud.Positions;
    private readonly double _origin = cloud.Origin[axis];

    public override NumberType Type => NumberType.Float64;

    public override void Encode(Span<byte> records, int stride, int start, int count, ByteOrder order)
    {
        for (var i = 0; i < count; i++)
        {
            NumberBytes.Write(records[(i * stride)..], At(start + i), order);
        }
    }

    public override int Format(Span<byte> to, int point) => NumberText.Format(to, At(point));

    public override void Decode(ReadOnlySpan<byte> records, int stride, int start, int count, ByteOrder order) =>
        throw new NotSupportedException();

    public override bool TryParse(ReadOnlySpan<byte> text, int point) => throw new NotSupportedException();

    private double At(int point) => _origin + _positions[3 * point + axis];
}
