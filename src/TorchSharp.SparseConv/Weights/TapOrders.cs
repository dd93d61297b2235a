using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>The orders in which other libraries store taps: for each of theirs, which of ours it is.</summary>
internal static class TapOrders
{
    /// <summary>The cells of a box with the first axis fastest.</summary>
    internal static long[] FirstAxisFastest(PerAxis size)
    {
        var order = new long[size.Aggregate(1, (product, axis) => product * axis)];
        for (var theirs = 0; theirs < order.Length; theirs++)
        {
            var (rest, ours, step) = (theirs, 0, order.Length);
            foreach (var axis in size)
            {
                step /= axis;
                ours += rest % axis * step;
                rest /= axis;
            }

            order[theirs] = ours;
        }

        return order;
    }

    /// <summary>
    /// MinkowskiEngine's HYPER_CROSS: the centre, then axis by axis the cells after it, nearest first, and the cells
    /// before it, farthest first.
    /// </summary>
    internal static long[] MinkowskiCross(KernelShape cross)
    {
        var size = cross.Size;
        var order = new long[1 + size.Sum(axis => axis - 1)];
        for (var ours = 0; ours < order.Length; ours++)
        {
            var tap = cross.Taps.Slice(ours * size.Count, size.Count);
            var (theirs, first) = (0, 1);
            for (var axis = 0; axis < size.Count; axis++)
            {
                var offset = tap[axis] - ((size[axis] - 1) / 2);
                if (offset != 0)
                {
                    theirs = first + (offset > 0 ? offset - 1 : size[axis] - 1 + offset);
                }

                first += size[axis] - 1;
            }

            order[theirs] = ours;
        }

        return order;
    }

    /// <summary>For each of ours, which of theirs it is.</summary>
    internal static long[] Inverse(long[] order)
    {
        var inverse = new long[order.Length];
        for (var theirs = 0; theirs < order.Length; theirs++)
        {
            inverse[order[theirs]] = theirs;
        }

        return inverse;
    }
}
