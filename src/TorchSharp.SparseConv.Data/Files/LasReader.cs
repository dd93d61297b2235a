namespace TorchSharp.SparseConv.Data;

internal sealed class LasReader : PointReader
{
    // Coordinates beyond this limit are errors: 32-bit positions would overflow.
    private const double Farthest = 1e15;

    private readonly LasHeader _header;
    private readonly List<LasField> _fields;
    private Origin? _origin;

    private LasReader(ByteReader file, LasHeader header)
        : base(file)
    {
        _header = header;
        var extra = LasExtraBytes.Read(file, header);
        // If extra bytes have the name of a fixed field, they hold the values that did not fit the field. The field is
        // ignored then.
        _fields =
        [
            .. LasLayout
                .Fields(header.PointFormat)
                .Where(field =>
                    !extra.Exists(other => string.Equals(other.Name, field.Name, StringComparison.Ordinal))
                ),
            .. extra,
        ];
        PointsLeft = header.PointCount;
    }

    public static LasReader Open(ByteReader file) => new(file, LasHeader.Read(file));

    protected override PointCloud ReadPoints(int count)
    {
        var at = File.Offset;
        var steps = new int[checked(3 * count)];
        var values = _fields.ConvertAll(field => NumberTypes.NewArray(field.Type, checked(field.Components * count)));
        var (columns, offsets) = (new List<PointColumn>(), new List<int>());
        for (var axis = 0; axis < 3; axis++)
        {
            columns.Add(PointColumn.Over(steps, 3, axis));
            offsets.Add(axis * sizeof(int));
        }
        for (var i = 0; i < _fields.Count; i++)
        {
            var (width, size) = (_fields[i].Components, NumberTypes.Size(_fields[i].Type));
            for (var component = 0; component < width; component++)
            {
                columns.Add(PointColumn.Over(values[i], width, component));
                offsets.Add(_fields[i].Offset + component * size);
            }
        }
        PointRecords.Read(File, [.. columns], [.. offsets], _header.RecordBytes, count, ByteOrder.LittleEndian);
        var attributes = _fields.Select(
            (field, i) => new PointAttribute(field.Name, Meant(field, values[i]), field.Components)
        );
        var positions = Positions(steps, at);
        return new PointCloud(positions, _origin!.Value, attributes);
    }

    // Turns stored numbers into the values of the attribute.
    private static Array Meant(LasField field, Array stored)
    {
        if (field.Bits > 0)
        {
            var bytes = (byte[])stored;
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)((bytes[i] >> field.Shift) & ((1 << field.Bits) - 1));
            }
            return bytes;
        }
        if (field.Scale is null && field.Shifts is null)
        {
            return stored;
        }
        double[] scaled = [.. NumberTypes.Convert<double>(stored)];
        for (var i = 0; i < scaled.Length; i++)
        {
            var component = i % field.Components;
            scaled[i] = scaled[i] * (field.Scale?[component] ?? 1) + (field.Shifts?[component] ?? 0);
        }
        return scaled;
    }

    private float[] Positions(int[] steps, long at)
    {
        CheckBounds(steps, at);
        _origin ??= WorldPositions.OriginFor(
            World(steps, 0),
            Math.Min(_header.Scale.X, Math.Min(_header.Scale.Y, _header.Scale.Z))
        );
        var positions = new float[steps.Length];
        for (var axis = 0; axis < 3; axis++)
        {
            var (scale, offset, origin) = (_header.Scale[axis], _header.Offset[axis], _origin.Value[axis]);
            for (var i = axis; i < steps.Length; i += 3)
            {
                positions[i] = (float)(steps[i] * scale + offset - origin);
            }
        }
        return positions;
    }

    // A point's coordinates; none where there is no such point.
    private double[] World(int[] steps, int point) =>
        steps.Length < 3 * (point + 1)
            ? []
            :
            [
                .. Enumerable
                    .Range(0, 3)
                    .Select(axis => steps[3 * point + axis] * _header.Scale[axis] + _header.Offset[axis]),
            ];

    private void CheckBounds(int[] steps, long at)
    {
        for (var axis = 0; axis < 3 && steps.Length > 0; axis++)
        {
            var (low, high) = LasHeader.Bounds(steps, axis);
            var from = low * _header.Scale[axis] + _header.Offset[axis];
            var to = high * _header.Scale[axis] + _header.Offset[axis];
            if (Math.Max(Math.Abs(from), Math.Abs(to)) > Farthest)
            {
                throw File.Error(
                    $"{"xyz"[axis]} reaches from {from} to {to}, expected coordinates within {Farthest}",
                    at
                );
            }
        }
    }
}
