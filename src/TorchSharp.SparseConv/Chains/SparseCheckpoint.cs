namespace TorchSharp.SparseConv;

/// <summary>
/// Gradient checkpointing (Chen et al. 2016, arXiv:1604.06174): a block whose forward pass keeps its input alone, and
/// which runs once more in the backward pass. Gradients of features and parameters are the same, bit for bit: dropout
/// draws the same numbers again, and running statistics move once. May be nested.
/// </summary>
/// <remarks>
/// Between forward and backward, neither the block's mode (training or evaluation) nor, in place, its input or its
/// parameters may change; a changed parameter makes gradients NaN, and the next call of any layer throws. The block
/// must depend on its input and parameters alone. Levels and rulebooks are the manager's, and made once.
/// </remarks>
public sealed class SparseCheckpoint : torch.nn.Module<SparseTensor, SparseTensor>
{
    private const string BlockName = "block";

    /// <summary>A block, whose parameters are this module's under the prefix "block".</summary>
    public SparseCheckpoint(torch.nn.Module<SparseTensor, SparseTensor> block)
        : base(nameof(SparseCheckpoint))
    {
        ArgumentNullException.ThrowIfNull(block);
        this.block = block;
        register_module(BlockName, block);
    }

    /// <summary>The block that is run.</summary>
    public torch.nn.Module<SparseTensor, SparseTensor> block { get; }

    /// <summary>
    /// Runs a block as this module does, without becoming its parent, so that names in a state_dict stay as they are.
    /// </summary>
    public static SparseTensor run(torch.nn.Module<SparseTensor, SparseTensor> block, SparseTensor input)
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(input);
        return CheckpointOp.Run(block, input);
    }

    /// <summary>What the block gives.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return CheckpointOp.Run(block, input);
    }

    /// <summary>The block is registered already.</summary>
    protected override void RegisterComponents() { }
}

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
