namespace TorchSharp.SparseConv;

/// <summary>mmdetection3d's MinkUNetBackbone with its TorchSparse back end, and the linear head behind it.</summary>
internal sealed class MmDetectionFamily : CheckpointFamily
{
    private const string Backbone = "backbone.";

    internal override string Name => "mmdetection3d MinkUNetBackbone";

    internal override WeightLayout Layout => WeightLayout.TorchSparse;

    internal override WeightLayout FinalLayout => WeightLayout.Linear;

    internal override CheckpointLayer Stem(int layer) => new($"conv_input.{layer}.net.0", $"conv_input.{layer}.net.1");

    internal override CheckpointLayer Resize(int stage)
    {
        var name = stage < 4 ? $"encoder.{stage}.0.net" : $"decoder.{stage - 4}.0.net";
        return new($"{name}.0", $"{name}.1");
    }

    internal override CheckpointLayer Block(int stage, int block, int layer)
    {
        var name = stage < 4 ? $"encoder.{stage}.{block + 1}" : $"decoder.{stage - 4}.1.{block}";
        return layer == Shortcut
            ? new($"{name}.downsample.0", $"{name}.downsample.1")
            : new($"{name}.net.{3 * layer}", $"{name}.net.{(3 * layer) + 1}");
    }

    internal override string Final(string prefix) =>
        (prefix.EndsWith(Backbone, StringComparison.Ordinal) ? prefix[..^Backbone.Length] : prefix)
        + "decode_head.conv_seg";
}
