using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Which rows of a level each point is tied to, and how strongly: made once for points and a level, and used by any number of
/// interpolations and splats, forward and backward. Immutable; independent of the map's manager once it is made. Freed by
/// <see cref="Dispose"/>, else by the garbage collector; using it afterwards throws ObjectDisposedException.
/// </summary>
public sealed unsafe class PointLinks : IDisposable
{
    private readonly LinksHandle _handle;

    private PointLinks(LinksHandle handle, CoordinateMap map)
    {
        _handle = handle;
        Map = map;
        Points = Native.spc_links_points(handle);
        Rows = Native.spc_links_rows(handle);
        Count = Native.spc_links_count(handle);
        Bytes = Native.spc_links_bytes(handle);
        handle.AddMemoryPressure(Bytes);
    }

    /// <summary>The level whose rows the links lead to.</summary>
    public CoordinateMap Map { get; }

    /// <summary>Where the links live, and the matrices of their calls: -1 for the CPU, else the index of a CUDA device.</summary>
    public int Device => Map.Device;

    /// <summary>The number of points, those without a link too.</summary>
    public long Points { get; }

    /// <summary>The number of rows of the level.</summary>
    public long Rows { get; }

    /// <summary>The number of links.</summary>
    public long Count { get; }

    /// <summary>The native memory that the links hold, or will hold when they are used both ways, in bytes.</summary>
    public long Bytes { get; }

    internal LinksHandle Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
            return _handle;
        }
    }

    /// <summary>
    /// The links of <paramref name="points"/> <c>[n, Dimensions]</c>, in units of the level, to the voxels around them by
    /// <paramref name="rule"/>. <paramref name="batch"/> is the batch index of each point, or empty for 0; a point with a
    /// negative one has no links. Throws ArgumentException for a point that is not finite, and lengths that do not fit.
    /// </summary>
    public static PointLinks Create(
        CoordinateMap map,
        ReadOnlySpan<double> points,
        ReadOnlySpan<int> batch,
        InterpolationRule rule
    )
    {
        ArgumentNullException.ThrowIfNull(map);
        rule.Check(nameof(rule));
        var count = Checks.Points(points, batch, map.Dimensions);
        fixed (double* first = points)
        fixed (int* batches = batch)
            return Create(map, new ArrayView<double>((nint)first, points.Length), batches, count, rule);
    }

    /// <summary>
    /// The same, from memory of the map's device or of the host, float64 <c>[n, Dimensions]</c> and int32 <c>[n]</c>.
    /// </summary>
    public static PointLinks Create(
        CoordinateMap map,
        ArrayView<double> points,
        ArrayView<int> batch,
        InterpolationRule rule
    )
    {
        ArgumentNullException.ThrowIfNull(map);
        rule.Check(nameof(rule));
        if (points.Length % map.Dimensions != 0)
            throw new ArgumentException(
                $"points has {points.Length} elements, must be rows of {map.Dimensions}.",
                nameof(points)
            );
        var count = points.Length / map.Dimensions;
        Checks.Array(points, points.Length, map.Device, nameof(points));
        if (batch.Length > 0)
            Checks.Array(batch, count, map.Device, nameof(batch));
        return Create(map, points, batch.Length > 0 ? (int*)batch.Data : null, count, rule);
    }

    /// <summary>
    /// Links of weight 1 to the given row of each point, or to none for -1; throws ArgumentException for any other row that the
    /// level does not have.
    /// </summary>
    public static PointLinks FromRows(CoordinateMap map, ReadOnlySpan<long> rowOfPoint)
    {
        ArgumentNullException.ThrowIfNull(map);
        for (var point = 0; point < rowOfPoint.Length; point++)
        {
            if (rowOfPoint[point] < -1 || rowOfPoint[point] >= map.Rows)
                throw new ArgumentException(
                    $"rowOfPoint has {rowOfPoint[point]} at point {point}, must be -1 to {map.Rows - 1}.",
                    nameof(rowOfPoint)
                );
        }
        fixed (long* first = rowOfPoint)
            return FromRows(map, first, rowOfPoint.Length);
    }

    /// <summary>The same, from memory of the map's device or of the host, int64 <c>[n]</c>.</summary>
    public static PointLinks FromRows(CoordinateMap map, ArrayView<long> rowOfPoint)
    {
        ArgumentNullException.ThrowIfNull(map);
        Checks.Array(rowOfPoint, rowOfPoint.Length, map.Device, nameof(rowOfPoint));
        return FromRows(map, (long*)rowOfPoint.Data, rowOfPoint.Length);
    }

    /// <summary>
    /// All links: those of point i are <c>Starts[i]</c> to <c>Starts[i + 1]</c> of the rows and weights, in row-major order of
    /// the voxels around the point.
    /// </summary>
    public (long[] Starts, long[] Rows, double[] Weights) Read()
    {
        var starts = new long[Points + 1];
        var rows = new long[Count];
        var weights = new double[Count];
        fixed (long* firstStart = starts)
        fixed (long* firstRow = rows)
        fixed (double* firstWeight = weights)
            Native.spc_links_read(Handle, Native.DefaultStream, firstStart, firstRow, firstWeight).ThrowIfFailed();
        return (starts, rows, weights);
    }

    /// <summary>Frees the links; a call in progress on another thread still ends normally.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>The numbers of points, links and rows in words.</summary>
    public override string ToString() => $"{Points} points, {Count} links to {Rows} voxels of stride {Map.Stride}";

    private static PointLinks Create(
        CoordinateMap map,
        ArrayView<double> points,
        int* batch,
        long count,
        InterpolationRule rule
    )
    {
        var status = Native.spc_links_create(
            map.Handle,
            (double*)points.Data,
            batch,
            count,
            rule.Kind,
            rule.Missing,
            rule.Offset,
            Native.DefaultStream,
            out var handle
        );
        if (status == Status.InvalidArgument && points.Device == Native.Cpu)
            Checks.Finite(new((void*)points.Data, checked((int)points.Length)), map.Dimensions, nameof(points));
        ThrowIfRefused(status, nameof(points));
        return new PointLinks(handle, map);
    }

    private static PointLinks FromRows(CoordinateMap map, long* rowOfPoint, long count)
    {
        ThrowIfRefused(
            Native.spc_links_create_from_rows(
                rowOfPoint,
                count,
                map.Rows,
                map.Device,
                Native.DefaultStream,
                out var handle
            ),
            nameof(rowOfPoint)
        );
        return new PointLinks(handle, map);
    }

    // What the engine refuses is in the values, which only it has read.
    private static void ThrowIfRefused(Status status, string name)
    {
        if (status == Status.InvalidArgument)
            throw new ArgumentException(Native.LastError(), name);
        status.ThrowIfFailed();
    }
}
