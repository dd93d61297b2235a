namespace TorchSharp.SparseConv.Core;

public sealed unsafe partial class CoordinateManager
{
    /// <summary>The rulebooks at this moment, in no particular order; none after disposal.</summary>
    public IReadOnlyList<Rulebook> Rulebooks
    {
        get
        {
            lock (_gate)
                return [.. _rulebooks.Values];
        }
    }

    /// <summary>
    /// As <see cref="Insert(ReadOnlySpan{int}, PerAxis?, PerAxis?)"/>, but the same level again for the same voxels in the same order, with the same stride and
    /// spatial shape: what is given again and again does not make the manager grow. Batch indices are below
    /// <paramref name="batchSize"/> where it is given.
    /// </summary>
    public CoordinateMap InsertOnce(
        ReadOnlySpan<int> coordinates,
        PerAxis? stride = null,
        PerAxis? spatialShape = null,
        int? batchSize = null
    )
    {
        var (level, shape) = CheckLevel(stride, spatialShape);
        var rows = Checks.CoordinateRows(coordinates, Dimensions, nameof(coordinates));
        lock (_gate)
        {
            ThrowIfDisposed();
            foreach (var map in _maps)
            {
                var alike = map.Source is null && map.Rows == rows && map.Stride == level && map.SpatialShape == shape;
                if (alike && map.Coordinates().AsSpan().SequenceEqual(coordinates))
                    return map;
            }
            fixed (int* first = coordinates)
                return Insert(new ArrayView<int>((nint)first, coordinates.Length), stride, spatialShape, batchSize);
        }
    }
}
