namespace TorchSharp.SparseConv;

/// <summary>mmdetection3d's MinkUNetBackbone with its spconv 2 back end, whose blocks are mmdetection's.</summary>
internal sealed class MmDetectionSpConvFamily : MmDetectionFamily
{
    internal override string Name => "mmdetection3d MinkUNetBackbone (spconv)";

    internal override WeightLayout Layout => WeightLayout.SpConv2;

    internal override CheckpointLayer Stem(int layer) => new($"conv_input.{layer}.0", $"conv_input.{layer}.1");

    internal override CheckpointLayer Resize(int stage) => new($"{ResizeName(stage)}.0", $"{ResizeName(stage)}.1");

    internal override CheckpointLayer Block(int stage, int block, int layer)
    {
        var name = BlockName(stage, block);
        return layer == Shortcut
            ? new($"{name}.downsample.0", $"{name}.downsample.1")
            : new($"{name}.conv{layer + 1}", $"{name}.bn{layer + 1}");
    }
}
