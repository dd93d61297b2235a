namespace TorchSharp.SparseConv;

/// <summary>spvnas' MinkUNet on TorchSparse: two stem layers, blocks as net.0 .. net.4, a linear classifier.</summary>
internal sealed class SpvnasFamily : CheckpointFamily
{
    internal override string Name => "spvnas MinkUNet";

    internal override WeightLayout Layout => WeightLayout.TorchSparse;

    internal override WeightLayout FinalLayout => WeightLayout.Linear;

    // The network has them and never calls them.
    internal override IReadOnlyList<string> Ignored => [Checkpoint.PointBranch];

    internal override CheckpointLayer Stem(int layer) => new($"stem.{3 * layer}", $"stem.{(3 * layer) + 1}");

    internal override CheckpointLayer Resize(int stage)
    {
        var name = stage < 4 ? $"stage{stage + 1}.0.net" : $"up{stage - 3}.0.net";
        return new($"{name}.0", $"{name}.1");
    }

    internal override CheckpointLayer Block(int stage, int block, int layer)
    {
        var name = stage < 4 ? $"stage{stage + 1}.{block + 1}" : $"up{stage - 3}.1.{block}";
        return layer == Shortcut
            ? new($"{name}.downsample.0", $"{name}.downsample.1")
            : new($"{name}.net.{3 * layer}", $"{name}.net.{(3 * layer) + 1}");
    }

    internal override string Final(string prefix) => prefix + "classifier.0";
}
