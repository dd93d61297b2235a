namespace TorchSharp.SparseConv;

/// <summary>mmdetection3d's MinkUNetBackbone with its TorchSparse back end, and the linear head behind it.</summary>
internal class MmDetectionFamily : CheckpointFamily
{
    private const string Backbone = "backbone.";

    internal override string Name => "mmdetection3d MinkUNetBackbone";

    internal override WeightLayout Layout => WeightLayout.TorchSparse;

    internal override WeightLayout FinalLayout => WeightLayout.Linear;

    internal override CheckpointLayer Stem(int layer) => new($"conv_input.{layer}.net.0", $"conv_input.{layer}.net.1");

    internal override CheckpointLayer Resize(int stage) =>
        new($"{ResizeName(stage)}.net.0", $"{ResizeName(stage)}.net.1");

    internal override CheckpointLayer Block(int stage, int block, int layer)
    {
        var name = BlockName(stage, block);
        return layer == Shortcut
            ? new($"{name}.downsample.0", $"{name}.downsample.1")
            : new($"{name}.net.{3 * layer}", $"{name}.net.{(3 * layer) + 1}");
    }

    internal override string Final(string prefix) =>
        (prefix.EndsWith(Backbone, StringComparison.Ordinal) ? prefix[..^Backbone.Length] : prefix)
        + "decode_head.conv_seg";

    // All back ends have the same stages.
    protected static string ResizeName(int stage) => stage < 4 ? $"encoder.{stage}.0" : $"decoder.{stage - 4}.0";

    protected static string BlockName(int stage, int block) =>
        stage < 4 ? $"encoder.{stage}.{block + 1}" : $"decoder.{stage - 4}.1.{block}";
}
