using System.Diagnostics;
using System.Globalization;
using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv;

/// <summary>
/// Owns the coordinate maps and rulebooks of one set of levels. It makes each of them once and returns the same one
/// when it is asked again. A manager may be used from several threads. <see cref="Dispose"/> frees everything it made;
/// without that call the garbage collector does.
/// </summary>
public sealed unsafe partial class CoordinateManager : IDisposable
{
    // Held while something is made, so that two threads that ask for the same thing make it once.
    private readonly Lock _gate = new();
    private readonly List<CoordinateMap> _maps = [];
    private volatile bool _disposed;

    /// <summary>
    /// A manager without levels, for 1 to 4 <paramref name="dimensions"/>, on the CPU (-1) or on the CUDA device with
    /// the given index. Everything it makes lives there, and the results are the same on every device, row by row.
    /// Throws ArgumentOutOfRangeException for another number of dimensions, DllNotFoundException without the native
    /// library, and SparseConvException with the reason where there is no CUDA, or where the environment variable
    /// SPARSECONV_ISA names an instruction set that is not available.
    /// </summary>
    public CoordinateManager(int dimensions, int device = Native.Cpu)
    {
        Checks.Dimensions(dimensions, nameof(dimensions));
        _ = SparseConvRuntime.Isa;
        Checks.Device(device, nameof(device));
        Dimensions = dimensions;
        Device = device;
    }

    /// <summary>The number of axes of every level, 1 to 4, without the batch index.</summary>
    public int Dimensions { get; }

    /// <summary>Where every level lives: -1 for the CPU, else the index of a CUDA device.</summary>
    public int Device { get; }

    /// <summary>The native memory that all maps and rulebooks hold, in bytes; 0 after disposal.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _maps.Sum(map => map.Bytes) + _rulebooks.Values.Sum(rulebook => rulebook.Bytes);
            }
        }
    }

    /// <summary>The levels at this moment, in the order in which they were made; none after disposal.</summary>
    public IReadOnlyList<CoordinateMap> Maps
    {
        get
        {
            lock (_gate)
            {
                return [.. _maps];
            }
        }
    }

    /// <summary>
    /// Makes a level of the given voxels, int32 <c>[rows, 1 + Dimensions]</c> with the batch index first, and keeps
    /// their order of rows. The stride is 1 where none is given. Throws ArgumentException for a voxel that occurs
    /// twice, a negative batch index, and a voxel outside the spatial shape.
    /// </summary>
    public CoordinateMap Insert(ReadOnlySpan<int> coordinates, PerAxis? stride = null, PerAxis? spatialShape = null)
    {
        fixed (int* first = coordinates)
        {
            return Insert(new ArrayView<int>((nint)first, coordinates.Length), stride, spatialShape);
        }
    }

    /// <summary>
    /// The same from memory of the manager's device or of the host. Batch indices must be below
    /// <paramref name="batchSize"/> where it is given. Nothing is copied to the host, except to name a voxel that is
    /// refused.
    /// </summary>
    public CoordinateMap Insert(
        ArrayView<int> coordinates,
        PerAxis? stride = null,
        PerAxis? spatialShape = null,
        int? batchSize = null
    )
    {
        var (level, shape) = CheckLevel(stride, spatialShape);
        var rows = Checks.CoordinateRows(coordinates, Dimensions, Device, nameof(coordinates));
        lock (_gate)
        {
            ThrowIfDisposed();
            var handle = Create(coordinates, rows, nameof(coordinates));
            CheckRange(handle, coordinates, new VoxelRange(shape, batchSize), " in row {0}", nameof(coordinates));
            return Add(handle, level, shape, source: null);
        }
    }

    /// <summary>
    /// As <see cref="Insert(ReadOnlySpan{int}, PerAxis?, PerAxis?)"/>, but equal coordinates become one voxel.
    /// <paramref name="mapRows"/> has one entry for each row given and receives its row in the map. The order of the
    /// map's rows depends on the set of coordinates alone.
    /// </summary>
    public CoordinateMap InsertMerged(
        ReadOnlySpan<int> coordinates,
        Span<long> mapRows,
        PerAxis? stride = null,
        PerAxis? spatialShape = null
    )
    {
        fixed (int* first = coordinates)
        fixed (long* rows = mapRows)
        {
            var (given, merged) = (new ArrayView<int>((nint)first, coordinates.Length), (nint)rows);
            return InsertMerged(given, new ArrayView<long>(merged, mapRows.Length), stride, spatialShape);
        }
    }

    /// <summary>
    /// The same from and to memory of the manager's device or of the host. Batch indices must be below
    /// <paramref name="batchSize"/> where it is given.
    /// </summary>
    public CoordinateMap InsertMerged(
        ArrayView<int> coordinates,
        ArrayView<long> mapRows,
        PerAxis? stride = null,
        PerAxis? spatialShape = null,
        int? batchSize = null
    )
    {
        var (level, shape) = CheckLevel(stride, spatialShape);
        var rows = Checks.CoordinateRows(coordinates, Dimensions, Device, nameof(coordinates));
        Checks.Array(mapRows, rows, Device, nameof(mapRows));
        lock (_gate)
        {
            ThrowIfDisposed();
            var handle = CreateMerged(coordinates, mapRows, nameof(coordinates));
            CheckRange(handle, coordinates, new VoxelRange(shape, batchSize), "", nameof(coordinates));
            return Add(handle, level, shape, source: null);
        }
    }

    /// <summary>
    /// As <see cref="Insert(ReadOnlySpan{int}, PerAxis?, PerAxis?)"/>, but returns the same level again for the same
    /// voxels in the same order with the same stride and spatial shape, so that repeated calls do not make the manager
    /// grow. Batch indices must be below <paramref name="batchSize"/> where it is given.
    /// </summary>
    public CoordinateMap InsertOnce(
        ReadOnlySpan<int> coordinates,
        PerAxis? stride = null,
        PerAxis? spatialShape = null,
        int? batchSize = null
    )
    {
        var (level, shape) = CheckLevel(stride, spatialShape);
        lock (_gate)
        {
            ThrowIfDisposed();
            foreach (var map in _maps)
            {
                var isAlike = map.Source is null && map.Stride == level && map.SpatialShape == shape;
                if (
                    isAlike
                    && map.Rows * (1 + Dimensions) == coordinates.Length
                    && map.Coordinates().AsSpan().SequenceEqual(coordinates)
                )
                {
                    return map;
                }
            }
            fixed (int* first = coordinates)
            {
                return Insert(new ArrayView<int>((nint)first, coordinates.Length), stride, spatialShape, batchSize);
            }
        }
    }

    /// <summary>
    /// Makes a level of some voxels of <paramref name="map"/>, which the caller read from the map. It has their order
    /// of rows, the map's stride and spatial shape, and the map as its source; a new level each time.
    /// </summary>
    internal CoordinateMap Select(CoordinateMap map, ArrayView<int> voxels)
    {
        CheckMap(map, nameof(map));
        var rows = Checks.CoordinateRows(voxels, Dimensions, Device, nameof(voxels));
        lock (_gate)
        {
            ThrowIfDisposed();
            var handle = Create(voxels, rows, nameof(voxels));
            return Add(handle, map.Stride, map.SpatialShape, map, isSelection: true);
        }
    }

    /// <summary>
    /// Frees all maps and rulebooks at once; using them or the manager afterwards throws ObjectDisposedException. What
    /// another thread is using in a call is freed when that call ends.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var rulebook in _rulebooks.Values)
            {
                rulebook.Free();
            }

            foreach (var map in _maps)
            {
                map.Free();
            }

            _rulebooks.Clear();
            _madeBy.Clear();
            _keptBy.Clear();
            _joins.Clear();
            _derived.Clear();
            _maps.Clear();
        }
    }

    internal void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new ObjectDisposedException(
                nameof(CoordinateManager),
                "The coordinate manager that owns these levels and rulebooks has been disposed."
            );
        }
    }

    private CoordinateMap Add(
        MapHandle handle,
        PerAxis stride,
        PerAxis? spatialShape,
        CoordinateMap? source,
        bool isSelection = false
    )
    {
        var map = new CoordinateMap(this, handle, stride, spatialShape, source) { IsSelection = isSelection };
        _maps.Add(map);
        return map;
    }

    private MapHandle Create(ArrayView<int> coordinates, long rows, string name)
    {
        Native
            .spc_map_create((int*)coordinates.Data, rows, Dimensions, Device, Native.DefaultStream, out var handle)
            .ThrowIfRefused(name);
        return handle;
    }

    private MapHandle CreateMerged(ArrayView<int> coordinates, ArrayView<long> mapRows, string name)
    {
        Native
            .spc_map_create_merged(
                (int*)coordinates.Data,
                mapRows.Length,
                Dimensions,
                Device,
                Native.DefaultStream,
                (long*)mapRows.Data,
                out var handle
            )
            .ThrowIfRefused(name);
        return handle;
    }

    // Frees the map where a voxel is out of range. The bounds of a map are known without reading the device. Only the
    // voxel that a message has to name is searched for: in the given coordinates if they are in host memory, else in
    // the map's.
    private void CheckRange(MapHandle handle, ArrayView<int> given, VoxelRange range, string ofMap, string name)
    {
        Span<int> low = stackalloc int[1 + Dimensions];
        Span<int> high = stackalloc int[1 + Dimensions];
        fixed (int* lowest = low)
        fixed (int* highest = high)
        {
            Native.spc_map_bounds(handle, lowest, highest).ThrowIfFailed();
        }

        if (given.Length == 0 || (range.Holds(low) && range.Holds(high)))
        {
            return;
        }

        using (handle)
        {
            if (given.Device == Native.Cpu)
            {
                range.Check(new((void*)given.Data, checked((int)given.Length)), Dimensions, " in row {0}", name);
            }

            var coordinates = new int[checked(Native.spc_map_rows(handle) * (1 + Dimensions))];
            fixed (int* first = coordinates)
            {
                Native.spc_map_coordinates(handle, Native.DefaultStream, first).ThrowIfFailed();
            }

            range.Check(coordinates, Dimensions, ofMap, name);
        }
    }

    private (PerAxis Stride, PerAxis? SpatialShape) CheckLevel(PerAxis? stride, PerAxis? spatialShape)
    {
        var level = Checks.AtLeast(1, (stride ?? 1).Expand(Dimensions, nameof(stride)), nameof(stride));
        PerAxis? shape = spatialShape is { } given
            ? Checks.AtLeast(1, given.Expand(Dimensions, nameof(spatialShape)), nameof(spatialShape))
            : null;
        return (level, shape);
    }

    private void CheckMap(CoordinateMap map, string name)
    {
        ArgumentNullException.ThrowIfNull(map, name);
        ThrowIfDisposed();
        if (!ReferenceEquals(map.Manager, this))
        {
            throw new ArgumentException(
                $"{name} belongs to another coordinate manager, must be a level of this one: rows of different managers do not "
                    + "correspond. Insert its coordinates here, or make both tensors with one manager.",
                name
            );
        }
    }
}

/// <summary>
/// The voxels that a level may hold: batch indices from 0 to below the batch size, and coordinates inside the spatial
/// shape, where there is one.
/// </summary>
[StackTraceHidden]
internal readonly record struct VoxelRange(PerAxis? SpatialShape, int? BatchSize = null)
{
    /// <summary>Whether a voxel (batch, d0, d1, ...) is in range.</summary>
    internal bool Holds(ReadOnlySpan<int> voxel) => HoldsBatch(voxel[0]) && HoldsPlace(voxel[1..]);

    /// <summary>
    /// Throws for the first voxel that is out of range. <paramref name="where"/> goes into the message, with the number
    /// of the voxel's row in place of {0}.
    /// </summary>
    internal void Check(ReadOnlySpan<int> coordinates, int dimensions, string where, string name)
    {
        for (var start = 0; start < coordinates.Length; start += 1 + dimensions)
        {
            var voxel = coordinates.Slice(start, 1 + dimensions);
            if (Holds(voxel))
            {
                continue;
            }

            var row = string.Format(CultureInfo.InvariantCulture, where, start / (1 + dimensions));
            var allowed = BatchSize is { } size ? $"in 0..{size - 1}" : "0 or more";
            throw new ArgumentException(
                HoldsBatch(voxel[0])
                    ? $"{name} has the voxel ({string.Join(", ", voxel.ToArray())}){row}, must lie inside of the spatial shape {SpatialShape}."
                    : $"{name} has batch index {voxel[0]}{row}, must be {allowed}.",
                name
            );
        }
    }

    private bool HoldsBatch(int batch) => batch >= 0 && (BatchSize is not { } size || batch < size);

    private bool HoldsPlace(ReadOnlySpan<int> place)
    {
        if (SpatialShape is not { } shape)
        {
            return true;
        }

        for (var axis = 0; axis < place.Length; axis++)
        {
            if (place[axis] < 0 || place[axis] >= shape[axis])
            {
                return false;
            }
        }
        return true;
    }
}
