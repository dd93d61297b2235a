namespace TorchSharp.SparseConv;

/// <content>Pruning.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Keeps the voxels where a mask is true; see <see cref="SparseConv.SparsePrune"/>.</summary>
        public static SparsePrune SparsePrune() => new();

        /// <summary>Learns which voxels to keep; see <see cref="SparseConv.SparsePruningHead"/>.</summary>
        public static SparsePruningHead SparsePruningHead(
            long in_channels,
            PruningRule? rule = null,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, rule, device, dtype);
    }
}
