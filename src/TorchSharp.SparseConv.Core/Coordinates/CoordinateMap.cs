using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv;

/// <summary>
/// The voxels of one level, found by coordinate. A <see cref="CoordinateManager"/> makes and owns it, and it is
/// immutable. Using it after its manager is disposed throws ObjectDisposedException.
/// </summary>
public sealed unsafe class CoordinateMap
{
    private readonly MapHandle _handle;
    private int[]? _batches;

    internal CoordinateMap(
        CoordinateManager manager,
        MapHandle handle,
        PerAxis stride,
        PerAxis? spatialShape,
        CoordinateMap? source
    )
    {
        _handle = handle;
        Manager = manager;
        Stride = stride;
        SpatialShape = spatialShape;
        Source = source;
        Rows = Native.spc_map_rows(handle);
        Bytes = Native.spc_map_bytes(handle);
        handle.AddMemoryPressure(Bytes);
    }

    /// <summary>The manager that owns this map.</summary>
    public CoordinateManager Manager { get; }

    /// <summary>The number of axes, 1 to 4, without the batch index.</summary>
    public int Dimensions => Manager.Dimensions;

    /// <summary>Where the map lives: -1 for the CPU, else the index of a CUDA device.</summary>
    public int Device => Manager.Device;

    /// <summary>The number of voxels.</summary>
    public long Rows { get; }

    /// <summary>The spacing of the level's lattice in input units along each axis.</summary>
    public PerAxis Stride { get; }

    /// <summary>
    /// The extent of the level along each axis, which all voxels lie inside, or null where there is none.
    /// </summary>
    public PerAxis? SpatialShape { get; }

    /// <summary>The level that this one was derived from, or null for inserted coordinates.</summary>
    public CoordinateMap? Source { get; }

    /// <summary>The native memory that the map holds, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Whether the rows were selected from those of the source, which has the same stride.</summary>
    internal bool IsSelection { get; init; }

    internal MapHandle Handle
    {
        get
        {
            Manager.ThrowIfDisposed();
            return _handle;
        }
    }

    /// <summary>
    /// The coordinates as int32 <c>[Rows, 1 + Dimensions]</c>: batch index first, in units of this level.
    /// </summary>
    public int[] Coordinates()
    {
        var coordinates = new int[Rows * (1 + Dimensions)];
        fixed (int* first = coordinates)
        {
            Native.spc_map_coordinates(Handle, Native.DefaultStream, first).ThrowIfFailed();
        }

        return coordinates;
    }

    /// <summary>
    /// The smallest and the largest value of each column of the coordinates, batch index first, or 0 and -1 without
    /// voxels. The host has them: nothing is read from the device.
    /// </summary>
    public (int[] Low, int[] High) Bounds()
    {
        var low = new int[1 + Dimensions];
        var high = new int[1 + Dimensions];
        fixed (int* lowest = low)
        fixed (int* highest = high)
        {
            Native.spc_map_bounds(Handle, lowest, highest).ThrowIfFailed();
        }

        return (low, high);
    }

    /// <summary>The batch index of each row; read from the map once and kept.</summary>
    public ReadOnlySpan<int> BatchIndices()
    {
        if (Volatile.Read(ref _batches) is { } known)
        {
            return known;
        }

        var coordinates = Coordinates();
        var batches = new int[Rows];
        for (var row = 0; row < batches.Length; row++)
        {
            batches[row] = coordinates[row * (1 + Dimensions)];
        }

        Volatile.Write(ref _batches, batches);
        return batches;
    }

    /// <summary>
    /// Writes the coordinates, int32 <c>[Rows, 1 + Dimensions]</c>, to memory of the map's device or of the host.
    /// </summary>
    public void CopyCoordinates(ArrayView<int> destination)
    {
        Checks.Array(destination, Rows * (1 + Dimensions), Device, nameof(destination));
        Native.spc_map_coordinates(Handle, Native.DefaultStream, (int*)destination.Data).ThrowIfFailed();
    }

    /// <summary>
    /// Writes the row of each of the given coordinates, int32 <c>[rows.Length, 1 + Dimensions]</c>, or -1 where there
    /// is no such voxel; both are in memory of the map's device or of the host.
    /// </summary>
    public void Find(ArrayView<int> coordinates, ArrayView<long> rows)
    {
        var count = Checks.CoordinateRows(coordinates, Dimensions, Device, nameof(coordinates));
        Checks.Array(rows, count, Device, nameof(rows));
        Native
            .spc_map_find(Handle, (int*)coordinates.Data, count, Native.DefaultStream, (long*)rows.Data)
            .ThrowIfFailed();
    }

    /// <summary>The number of rows, the stride and the spatial shape in words.</summary>
    public override string ToString() =>
        $"{Rows} voxels, stride {Stride}" + (SpatialShape is { } shape ? $", spatial shape {shape}" : "");

    internal void Free() => _handle.Dispose();
}
