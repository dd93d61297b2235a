namespace TorchSharp.SparseConv;

/// <summary>
/// Pointcept's SpUNet on spconv 2: a stage down changes its channels at once, stages up are counted from the finest.
/// </summary>
internal sealed class PointceptFamily : CheckpointFamily
{
    internal override string Name => "Pointcept SpUNet";

    internal override WeightLayout Layout => WeightLayout.SpConv2;

    internal override double NormEpsilon => 1e-3;

    internal override double NormMomentum => 0.01;

    internal override CheckpointLayer Stem(int layer) =>
        new($"conv_input.{3 * layer}", $"conv_input.{(3 * layer) + 1}");

    internal override CheckpointLayer Resize(int stage)
    {
        var name = stage < 4 ? $"down.{stage}" : $"up.{7 - stage}";
        return new($"{name}.0", $"{name}.1");
    }

    internal override CheckpointLayer Block(int stage, int block, int layer)
    {
        var name = (stage < 4 ? $"enc.{stage}" : $"dec.{7 - stage}") + $".block{block}";
        return layer == Shortcut
            ? new($"{name}.proj.0", $"{name}.proj.1")
            : new($"{name}.conv{layer + 1}", $"{name}.bn{layer + 1}");
    }
}
