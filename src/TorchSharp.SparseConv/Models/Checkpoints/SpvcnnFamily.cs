namespace TorchSharp.SparseConv;

/// <summary>This library's own SPVCNN: spvnas' names with our parameters.</summary>
internal sealed class SpvcnnFamily : CheckpointFamily
{
    private static readonly SpvnasFamily Names = new();

    internal override string Name => "TorchSharp.SparseConv SPVCNN";

    internal override WeightLayout Layout => WeightLayout.Native;

    internal override WeightLayout FinalLayout => WeightLayout.Linear;

    internal override CheckpointLayer Stem(int layer) => Names.Stem(layer);

    internal override CheckpointLayer Resize(int stage) => Names.Resize(stage);

    internal override CheckpointLayer Block(int stage, int block, int layer) => Names.Block(stage, block, layer);

    internal override string Final(string prefix) => Names.Final(prefix);
}
