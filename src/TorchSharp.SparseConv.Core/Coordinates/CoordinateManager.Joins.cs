using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

public sealed unsafe partial class CoordinateManager
{
    /// <summary>
    /// A level of some rows of <paramref name="map"/>, in the order given, with its stride and spatial shape; throws
    /// ArgumentException for a row that the map does not have or that is given twice. What the map was made from stays the
    /// history of the new level. A new level each time.
    /// </summary>
    public CoordinateMap Select(CoordinateMap map, ReadOnlySpan<long> rows)
    {
        CheckMap(map, nameof(map));
        var all = map.Coordinates();
        var columns = 1 + Dimensions;
        var chosen = new int[checked(rows.Length * columns)];
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i] < 0 || rows[i] >= map.Rows)
                throw new ArgumentException(
                    $"rows has {rows[i]} at position {i}, must be 0 to {map.Rows - 1}.",
                    nameof(rows)
                );
            all.AsSpan(checked((int)rows[i] * columns), columns).CopyTo(chosen.AsSpan(i * columns));
        }
        lock (_gate)
        {
            ThrowIfDisposed();
            return AddRows(chosen, map, nameof(rows));
        }
    }

    /// <summary>
    /// The level of all voxels of two levels of one stride: one of the two where it holds the other, else a level made from
    /// <paramref name="first"/> whose order of rows depends on the set of voxels alone; the same one again for the same
    /// arguments. Its spatial shape is the larger of both on each axis, or none where either has none.
    /// </summary>
    public CoordinateMap Union(CoordinateMap first, CoordinateMap second) =>
        Join(first, second, isUnion: true, () => MakeJoin(first, second, isUnion: true));

    /// <summary>
    /// The level of the voxels that two levels of one stride share: one of the two where the other holds it, else a selection
    /// from <paramref name="first"/> in its order; the same one again for the same arguments.
    /// </summary>
    public CoordinateMap Intersection(CoordinateMap first, CoordinateMap second) =>
        Join(first, second, isUnion: false, () => MakeJoin(first, second, isUnion: false));

    /// <summary>The level that joins two, made by the function given unless it is there already.</summary>
    internal CoordinateMap Join(CoordinateMap first, CoordinateMap second, bool isUnion, Func<CoordinateMap> make)
    {
        CheckMap(first, nameof(first));
        CheckMap(second, nameof(second));
        if (first.Stride != second.Stride)
            throw new ArgumentException(
                $"second has stride {second.Stride}, must have the {first.Stride} of the first.",
                nameof(second)
            );
        if (ReferenceEquals(first, second))
            return first;
        lock (_gate)
        {
            ThrowIfDisposed();
            var key = new JoinKey(first, second, isUnion);
            if (_joins.TryGetValue(key, out var known))
                return known;
            var joined = make();
            _joins.Add(key, joined);
            return joined;
        }
    }

    private CoordinateMap MakeJoin(CoordinateMap first, CoordinateMap second, bool isUnion)
    {
        var (ours, theirs) = (first.Coordinates(), second.Coordinates());
        var rows = new long[second.Rows];
        first.Find(theirs, rows);
        var shared = rows.LongCount(row => row >= 0);
        if (shared == second.Rows)
            return isUnion ? first : second;
        if (shared == first.Rows)
            return isUnion ? second : first;
        if (!isUnion)
        {
            var columns = 1 + Dimensions;
            var chosen = rows.Where(row => row >= 0)
                .Order()
                .SelectMany(row => new ArraySegment<int>(ours, checked((int)row * columns), columns));
            return AddRows([.. chosen], first, nameof(first));
        }
        int[] both = [.. ours, .. theirs];
        var merged = new long[first.Rows + second.Rows];
        fixed (int* start = both)
        fixed (long* mapRows = merged)
        {
            var handle = CreateMerged(start, merged.Length, mapRows, nameof(first));
            return Add(handle, first.Stride, LargerShape(first.SpatialShape, second.SpatialShape), first);
        }
    }

    private CoordinateMap AddRows(int[] coordinates, CoordinateMap source, string name)
    {
        fixed (int* start = coordinates)
            return AddSelection(Create(start, coordinates.Length / (1 + Dimensions), name), source);
    }

    private CoordinateMap AddSelection(MapHandle handle, CoordinateMap source)
    {
        var map = new CoordinateMap(this, handle, source.Stride, source.SpatialShape, source) { IsSelection = true };
        _maps.Add(map);
        return map;
    }

    private static PerAxis? LargerShape(PerAxis? first, PerAxis? second)
    {
        if (first is not { } one || second is not { } other)
            return null;
        Span<int> larger = stackalloc int[one.Count];
        for (var axis = 0; axis < one.Count; axis++)
            larger[axis] = Math.Max(one[axis], other[axis]);
        return new PerAxis(larger);
    }
}
