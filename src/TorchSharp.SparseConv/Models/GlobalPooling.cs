namespace TorchSharp.SparseConv;

/// <summary>How the voxels of a scan become one row.</summary>
public enum GlobalPooling
{
    /// <summary>Their mean, as <see cref="SparseGlobalAvgPool"/>.</summary>
    Average,

    /// <summary>The largest value of each channel, as <see cref="SparseGlobalMaxPool"/>.</summary>
    Max,

    /// <summary>Their sum, as <see cref="SparseGlobalSumPool"/>.</summary>
    Sum,
}
