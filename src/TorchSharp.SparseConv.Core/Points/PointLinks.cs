using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv;

/// <summary>
/// The rows of a level that each point is linked to, and the weight of each link. Links are made once for some points
/// and a level, and serve any number of interpolations and splats, forward and backward. They are immutable and do not
/// depend on the map's manager once they are made. <see cref="Dispose"/> frees them, else the garbage collector does;
/// using them afterwards throws ObjectDisposedException.
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

    /// <summary>
    /// Where the links and the matrices of their calls live: -1 for the CPU, else the index of a CUDA device.
    /// </summary>
    public int Device => Map.Device;

    /// <summary>The number of points, including those without a link.</summary>
    public long Points { get; }

    /// <summary>The number of rows of the level.</summary>
    public long Rows { get; }

    /// <summary>The number of links.</summary>
    public long Count { get; }

    /// <summary>The native memory in bytes that the links hold once they have been used in both directions.</summary>
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
    /// The links of <paramref name="points"/> <c>[n, Dimensions]</c>, in units of the level, to the voxels around them
    /// by <paramref name="rule"/>. <paramref name="batch"/> is the batch index of each point, or empty for 0; a point
    /// with a negative one has no links. Throws ArgumentException for a point that is not finite, and lengths that do
    /// not fit.
    /// </summary>
    public static PointLinks Create(
        CoordinateMap map,
        ReadOnlySpan<double> points,
        ReadOnlySpan<int> batch,
        InterpolationRule rule
    )
    {
        fixed (double* first = points)
        fixed (int* batches = batch)
        {
            var places = new ArrayView<double>((nint)first, points.Length);
            return Create(map, places, new ArrayView<int>((nint)batches, batch.Length), rule);
        }
    }

    /// <summary>
    /// The same from memory of the map's device or of the host, float64 <c>[n, Dimensions]</c> and int32 <c>[n]</c>.
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
        var count = Checks.Points(points.Length, batch.Length, map.Dimensions);
        Checks.Array(points, points.Length, map.Device, nameof(points));
        if (batch.Length > 0)
        {
            Checks.Array(batch, batch.Length, map.Device, nameof(batch));
        }

        var status = Native.spc_links_create(
            map.Handle,
            (double*)points.Data,
            batch.Length > 0 ? (int*)batch.Data : null,
            count,
            rule.Kind,
            rule.Missing,
            rule.Offset,
            Native.DefaultStream,
            out var handle
        );
        // The engine has refused a value. In host memory it can be found again, to name the point.
        if (status == Status.InvalidArgument && points.Device == Native.Cpu)
        {
            Checks.Finite(new((void*)points.Data, checked((int)points.Length)), map.Dimensions, nameof(points));
        }

        status.ThrowIfRefused(nameof(points));
        return new PointLinks(handle, map);
    }

    /// <summary>
    /// Links of weight 1 to the given row of each point, or none for -1; throws ArgumentException for any other row
    /// that the level does not have.
    /// </summary>
    public static PointLinks FromRows(CoordinateMap map, ReadOnlySpan<long> rowOfPoint)
    {
        fixed (long* first = rowOfPoint)
        {
            return FromRows(map, new ArrayView<long>((nint)first, rowOfPoint.Length));
        }
    }

    /// <summary>The same from memory of the map's device or of the host, int64 <c>[n]</c>.</summary>
    public static PointLinks FromRows(CoordinateMap map, ArrayView<long> rowOfPoint)
    {
        ArgumentNullException.ThrowIfNull(map);
        Checks.Array(rowOfPoint, rowOfPoint.Length, map.Device, nameof(rowOfPoint));
        Native
            .spc_links_create_from_rows(
                (long*)rowOfPoint.Data,
                rowOfPoint.Length,
                map.Rows,
                map.Device,
                Native.DefaultStream,
                out var handle
            )
            .ThrowIfRefused(nameof(rowOfPoint));
        return new PointLinks(handle, map);
    }

    /// <summary>
    /// Reads all links: those of point i are entries <c>Starts[i]</c> to <c>Starts[i + 1]</c> of the rows and weights,
    /// in row-major order of the voxels around the point.
    /// </summary>
    public (long[] Starts, long[] Rows, double[] Weights) Read()
    {
        var starts = new long[Points + 1];
        var rows = new long[Count];
        var weights = new double[Count];
        fixed (long* firstStart = starts)
        fixed (long* firstRow = rows)
        fixed (double* firstWeight = weights)
        {
            Native.spc_links_read(Handle, Native.DefaultStream, firstStart, firstRow, firstWeight).ThrowIfFailed();
        }

        return (starts, rows, weights);
    }

    /// <summary>Frees the links; a call in progress on another thread still ends normally.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>The numbers of points, links and rows in words.</summary>
    public override string ToString() => $"{Points} points, {Count} links to {Rows} voxels of stride {Map.Stride}";
}
