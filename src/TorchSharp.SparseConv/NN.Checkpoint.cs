namespace TorchSharp.SparseConv;

/// <content>Gradient checkpointing.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Runs a block again in backward; see <see cref="SparseConv.SparseCheckpoint"/>.</summary>
        public static SparseCheckpoint SparseCheckpoint(torch.nn.Module<SparseTensor, SparseTensor> block) =>
            new(block);
    }
}
