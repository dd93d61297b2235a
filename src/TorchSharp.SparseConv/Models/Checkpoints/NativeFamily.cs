namespace TorchSharp.SparseConv;

/// <summary>This library's own MinkUNet.</summary>
internal sealed class NativeFamily : CheckpointFamily
{
    internal override string Name => "TorchSharp.SparseConv MinkUNet";

    internal override WeightLayout Layout => WeightLayout.Native;

    internal override CheckpointLayer Stem(int layer) =>
        layer == 0
            ? new(MinkUNet.ConvolutionName(-1), MinkUNet.NormName(-1))
            : new(MinkUNet.SecondStemConvolution, MinkUNet.SecondStemNorm);

    internal override CheckpointLayer Resize(int stage) =>
        new(MinkUNet.ConvolutionName(stage), MinkUNet.NormName(stage));

    internal override CheckpointLayer Block(int stage, int block, int layer)
    {
        var name = $"{MinkUNet.BlockName(stage)}.{block}";
        return layer == Shortcut
            ? new($"{name}.downsample.0", $"{name}.downsample.1")
            : new($"{name}.conv{layer + 1}", $"{name}.norm{layer + 1}");
    }
}
