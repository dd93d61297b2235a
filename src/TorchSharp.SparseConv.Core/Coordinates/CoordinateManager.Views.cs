using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

/// <content>Coordinates in the memory of the manager's device, or of the host, by pointer.</content>
public sealed unsafe partial class CoordinateManager
{
    /// <summary>
    /// As <see cref="Insert(ReadOnlySpan{int}, PerAxis?, PerAxis?)"/>, from memory of this manager's device or of the host, with
    /// batch indices below <paramref name="batchSize"/> where it is given. Nothing is copied to the host unless a voxel is
    /// refused and has to be named.
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
            var handle = Create((int*)coordinates.Data, rows, nameof(coordinates));
            CheckRange(handle, coordinates, new VoxelRange(shape, batchSize), " in row {0}", nameof(coordinates));
            return Add(handle, level, shape, source: null);
        }
    }

    /// <summary>
    /// As <see cref="InsertMerged(ReadOnlySpan{int}, Span{long}, PerAxis?, PerAxis?)"/>, from and to memory of this manager's
    /// device or of the host, with batch indices below <paramref name="batchSize"/> where it is given.
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
            var handle = CreateMerged((int*)coordinates.Data, rows, (long*)mapRows.Data, nameof(coordinates));
            CheckRange(handle, coordinates, new VoxelRange(shape, batchSize), "", nameof(coordinates));
            return Add(handle, level, shape, source: null);
        }
    }

    /// <summary>
    /// As <see cref="Select(CoordinateMap, ReadOnlySpan{long})"/>, given the chosen voxels themselves, which the caller took from
    /// the map.
    /// </summary>
    internal CoordinateMap Select(CoordinateMap map, ArrayView<int> voxels)
    {
        CheckMap(map, nameof(map));
        var rows = Checks.CoordinateRows(voxels, Dimensions, Device, nameof(voxels));
        lock (_gate)
        {
            ThrowIfDisposed();
            return AddSelection(Create((int*)voxels.Data, rows, nameof(voxels)), map);
        }
    }

    /// <summary>
    /// A level of the voxels of two levels, all of them given one level after the other, made from the first; mapRows is
    /// scratch, one for each.
    /// </summary>
    internal CoordinateMap Merge(
        CoordinateMap first,
        CoordinateMap second,
        ArrayView<int> voxels,
        ArrayView<long> mapRows
    )
    {
        var rows = Checks.CoordinateRows(voxels, Dimensions, Device, nameof(voxels));
        Checks.Array(mapRows, rows, Device, nameof(mapRows));
        lock (_gate)
        {
            ThrowIfDisposed();
            var handle = CreateMerged((int*)voxels.Data, rows, (long*)mapRows.Data, nameof(voxels));
            return Add(handle, first.Stride, LargerShape(first.SpatialShape, second.SpatialShape), first);
        }
    }

    private MapHandle Create(int* coordinates, long rows, string name)
    {
        ThrowIfRefused(
            Native.spc_map_create(coordinates, rows, Dimensions, Device, Native.DefaultStream, out var handle),
            name
        );
        return handle;
    }

    private MapHandle CreateMerged(int* coordinates, long rows, long* mapRows, string name)
    {
        ThrowIfRefused(
            Native.spc_map_create_merged(
                coordinates,
                rows,
                Dimensions,
                Device,
                Native.DefaultStream,
                mapRows,
                out var handle
            ),
            name
        );
        return handle;
    }

    // Frees the map where a voxel is out of range. The bounds are known without reading the device; only a voxel that has to be
    // named is looked for, in what was given where that is host memory, else in what the map made of it.
    private void CheckRange(MapHandle handle, ArrayView<int> given, VoxelRange range, string ofMap, string name)
    {
        Span<int> low = stackalloc int[1 + Dimensions];
        Span<int> high = stackalloc int[1 + Dimensions];
        fixed (int* lowest = low)
        fixed (int* highest = high)
            Native.spc_map_bounds(handle, lowest, highest).ThrowIfFailed();
        if (given.Length == 0 || (range.Holds(low) && range.Holds(high)))
            return;
        using (handle)
        {
            if (given.Device == Native.Cpu)
                range.Check(new((void*)given.Data, checked((int)given.Length)), Dimensions, " in row {0}", name);
            var coordinates = new int[checked(Native.spc_map_rows(handle) * (1 + Dimensions))];
            fixed (int* first = coordinates)
                Native.spc_map_coordinates(handle, Native.DefaultStream, first).ThrowIfFailed();
            range.Check(coordinates, Dimensions, ofMap, name);
        }
    }
}
