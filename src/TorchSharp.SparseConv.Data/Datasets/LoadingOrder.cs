namespace TorchSharp.SparseConv.Data;

/// <summary>In which order a loader goes through a data set.</summary>
public enum LoadingOrder
{
    /// <summary>In the data set's own order, in every epoch.</summary>
    Sequential,

    /// <summary>In an order drawn anew for each epoch from the loader's seed.</summary>
    Shuffled,
}
