namespace TorchSharp.SparseConv;

/// <summary>
/// mmdetection3d's MinkUNetBackbone with its MinkowskiEngine back end: that library's blocks, with every norm inside a
/// module called bn.
/// </summary>
internal sealed class MmDetectionMinkowskiFamily : MmDetectionFamily
{
    internal override string Name => "mmdetection3d MinkUNetBackbone (MinkowskiEngine)";

    internal override WeightLayout Layout => WeightLayout.MinkowskiEngine;

    // The convolutions have the names of the TorchSparse back end.
    internal override string Signature => $"{Stem(0).Norm}.weight";

    internal override CheckpointLayer Stem(int layer) =>
        new($"conv_input.{layer}.net.0", $"conv_input.{layer}.net.1.bn");

    internal override CheckpointLayer Resize(int stage) =>
        new($"{ResizeName(stage)}.net.0", $"{ResizeName(stage)}.net.1.bn");

    internal override CheckpointLayer Block(int stage, int block, int layer)
    {
        var name = BlockName(stage, block);
        return layer == Shortcut
            ? new($"{name}.downsample.net.0", $"{name}.downsample.net.1.bn")
            : new($"{name}.conv{layer + 1}", $"{name}.norm{layer + 1}.bn");
    }
}
