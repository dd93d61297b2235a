using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The levels of CoordinateManager's Union and Intersection, kept by it as those are, found on the voxels' device with
/// tensors for scratch, where the manager itself has only the host's memory.
/// </summary>
internal static class JoinedSites
{
    /// <summary>The level of the voxels of either.</summary>
    internal static CoordinateMap Union(CoordinateMap first, CoordinateMap second) =>
        first.Manager.Join(first, second, isUnion: true, () => Make(first, second, isUnion: true));

    /// <summary>The level of the voxels of both.</summary>
    internal static CoordinateMap Intersection(CoordinateMap first, CoordinateMap second) =>
        first.Manager.Join(first, second, isUnion: false, () => Make(first, second, isUnion: false));

    private static CoordinateMap Make(CoordinateMap first, CoordinateMap second, bool isUnion)
    {
        using var scope = torch.NewDisposeScope();
        var (ours, theirs) = (CoordinateRows.Of(first), CoordinateRows.Of(second));
        var rows = CoordinateRows.Find(first, theirs);
        var shared = rows.masked_select(rows.ge(Scalars.Zero));
        if (shared.shape[0] == second.Rows)
        {
            return isUnion ? first : second;
        }

        if (shared.shape[0] == first.Rows)
        {
            return isUnion ? second : first;
        }

        var voxels = isUnion ? torch.cat([ours, theirs], 0) : ours.index_select(0, shared.sort().Values);
        var scratch = torch.empty(new[] { voxels.shape[0] }, torch.ScalarType.Int64, voxels.device);
        using var memory = new BorrowedMemory();
        var view = memory.Array<int>(voxels, nameof(voxels));
        return isUnion
            ? first.Manager.Merge(first, second, view, memory.Array<long>(scratch, nameof(scratch)))
            : first.Manager.Select(first, view);
    }
}

/// <summary>On which voxels two sparse tensors of one stride meet.</summary>
public enum JoinSites
{
    /// <summary>Both must be on the same voxels, in any order of rows; the result is on the first one's.</summary>
    Same,

    /// <summary>On the voxels of either; one that is missing counts as 0 in every channel.</summary>
    Union,

    /// <summary>On the voxels of both.</summary>
    Intersection,
}
