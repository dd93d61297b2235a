namespace TorchSharp.SparseConv.Data;

/// <summary>Some clouds of a data set that are worked on together.</summary>
public sealed class PointCloudBatch
{
    internal PointCloudBatch(int number, int[] indices, PointCloud[] clouds)
    {
        Number = number;
        Indices = indices;
        Clouds = clouds;
    }

    /// <summary>Which batch of its epoch it is, from 0.</summary>
    public int Number { get; }

    /// <summary>The index of each cloud in the data set.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>The clouds, augmented where the loader does that.</summary>
    public IReadOnlyList<PointCloud> Clouds { get; }
}
