namespace TorchSharp.SparseConv.Core;

/// <summary>The points of each voxel, ascending.</summary>
public sealed class VoxelGroups
{
    private readonly int[] _starts; // [rows + 1]
    private readonly int[] _points;

    /// <summary>
    /// Groups points by the row of their voxel, which is below <paramref name="rows"/>, or -1 for a point in no voxel.
    /// </summary>
    public VoxelGroups(ReadOnlySpan<long> voxelOfPoint, long rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        _starts = new int[checked(rows + 1)];
        for (var point = 0; point < voxelOfPoint.Length; point++)
        {
            var row = voxelOfPoint[point];
            if (row < -1 || row >= rows)
            {
                throw new ArgumentException(
                    $"voxelOfPoint has {row} at point {point}, must be -1 to {rows - 1}.",
                    nameof(voxelOfPoint)
                );
            }

            if (row >= 0)
            {
                _starts[row + 1]++;
            }
        }
        for (var row = 0; row < rows; row++)
        {
            _starts[row + 1] += _starts[row];
        }

        _points = new int[_starts[^1]];
        var next = _starts.AsSpan(0, (int)rows).ToArray();
        for (var point = 0; point < voxelOfPoint.Length; point++)
        {
            if (voxelOfPoint[point] is >= 0 and var row)
            {
                _points[next[row]++] = point;
            }
        }
    }

    /// <summary>The number of voxels.</summary>
    public int Rows => _starts.Length - 1;

    /// <summary>The points of a voxel, ascending.</summary>
    public ReadOnlySpan<int> this[int row] => _points.AsSpan(_starts[row].._starts[row + 1]);

    /// <summary>The number of points of each voxel.</summary>
    public long[] Counts()
    {
        var counts = new long[Rows];
        for (var row = 0; row < counts.Length; row++)
        {
            counts[row] = _starts[row + 1] - _starts[row];
        }

        return counts;
    }

    /// <summary>The first point of each voxel, or -1 for a voxel without points.</summary>
    public long[] First()
    {
        var chosen = new long[Rows];
        for (var row = 0; row < chosen.Length; row++)
        {
            chosen[row] = this[row] is { IsEmpty: false } points ? points[0] : -1;
        }

        return chosen;
    }

    /// <summary>
    /// One point of each voxel, drawn at random with equal chances, or -1 for a voxel without points. The choice
    /// depends only on the seed, the voxel's coordinates with its batch index, and the number of its points.
    /// </summary>
    public long[] Random(CoordinateMap map, long seed)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Rows != Rows)
        {
            throw new ArgumentException($"map has {map.Rows} rows, must have {Rows}.", nameof(map));
        }

        var coordinates = map.Coordinates();
        var columns = 1 + map.Dimensions;
        var chosen = new long[Rows];
        for (var row = 0; row < chosen.Length; row++)
        {
            var points = this[row];
            var hash = Mix(unchecked((ulong)seed));
            foreach (var coordinate in coordinates.AsSpan(row * columns, columns))
            {
                hash = Mix(hash ^ unchecked((uint)coordinate));
            }

            chosen[row] = points.IsEmpty ? -1 : points[(int)(((hash >> 32) * (uint)points.Length) >> 32)];
        }
        return chosen;
    }

    /// <summary>
    /// The most frequent label of each voxel's points; the lowest one wins a tie. Points with the label
    /// <paramref name="ignore"/> do not vote. A voxel without votes gets the label <paramref name="ignore"/>.
    /// </summary>
    public long[] MajorityLabels(ReadOnlySpan<long> labels, long ignore)
    {
        var result = new long[Rows];
        var votes = new List<long>();
        for (var row = 0; row < result.Length; row++)
        {
            votes.Clear();
            foreach (var point in this[row])
            {
                if (labels[point] != ignore)
                {
                    votes.Add(labels[point]);
                }
            }
            votes.Sort();
            result[row] = MostFrequent(votes, ignore);
        }
        return result;
    }

    /// <summary>The same groups with the first <paramref name="most"/> points of each voxel.</summary>
    public VoxelGroups Limit(int most, int points)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return new VoxelGroups(RowOfPoint(points, most), Rows);
    }

    /// <summary>The row of each of <paramref name="points"/> points, -1 for a point in no group.</summary>
    public long[] RowOfPoint(int points) => RowOfPoint(points, int.MaxValue);

    private long[] RowOfPoint(int points, int most)
    {
        var rows = new long[points];
        Array.Fill(rows, -1);
        for (var row = 0; row < Rows; row++)
        {
            var group = this[row];
            foreach (var point in group[..Math.Min(most, group.Length)])
            {
                rows[point] = row;
            }
        }
        return rows;
    }

    private static long MostFrequent(List<long> sorted, long none)
    {
        var (best, most) = (none, 0);
        for (int start = 0, end; start < sorted.Count; start = end)
        {
            for (end = start + 1; end < sorted.Count && sorted[end] == sorted[start]; )
            {
                end++;
            }

            if (end - start > most)
            {
                (best, most) = (sorted[start], end - start);
            }
        }
        return best;
    }

    // SplitMix64's step: every bit of the input changes about half of the output's.
    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value += 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}
