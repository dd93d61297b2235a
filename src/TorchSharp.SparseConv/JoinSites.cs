namespace TorchSharp.SparseConv;

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
