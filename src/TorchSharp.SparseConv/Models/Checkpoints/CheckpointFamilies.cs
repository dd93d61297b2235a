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

/// <summary>
/// The MinkUNets of MinkowskiEngine's examples: our names, with every norm inside a module called bn.
/// </summary>
internal sealed class MinkowskiFamily : CheckpointFamily
{
    private static readonly NativeFamily Ours = new();

    // The letters that MinkowskiEngine gives to the planes of the stages up.
    private static readonly (int[] Blocks, long[] Planes, string Name)[] Published =
    [
        ([1, 1, 1, 1], [128, 128, 96, 96], "MinkUNet14A"),
        ([1, 1, 1, 1], [128, 128, 128, 128], "MinkUNet14B"),
        ([1, 1, 1, 1], [192, 192, 128, 128], "MinkUNet14C"),
        ([1, 1, 1, 1], [384, 384, 384, 384], "MinkUNet14D"),
        ([2, 2, 2, 2], [128, 128, 96, 96], "MinkUNet18A"),
        ([2, 2, 2, 2], [128, 128, 128, 128], "MinkUNet18B"),
        ([2, 2, 2, 2], [384, 384, 384, 384], "MinkUNet18D"),
        ([2, 3, 4, 6], [256, 128, 64, 64], "MinkUNet34A"),
        ([2, 3, 4, 6], [256, 128, 64, 32], "MinkUNet34B"),
        ([2, 3, 4, 6], [256, 128, 96, 96], "MinkUNet34C"),
    ];

    internal override string Name => "MinkowskiEngine MinkUNet";

    internal override WeightLayout Layout => WeightLayout.MinkowskiEngine;

    internal override CheckpointLayer Stem(int layer) => Wrapped(Ours.Stem(layer));

    internal override CheckpointLayer Resize(int stage) => Wrapped(Ours.Resize(stage));

    internal override CheckpointLayer Block(int stage, int block, int layer) =>
        Wrapped(Ours.Block(stage, block, layer));

    internal override string Describe(IReadOnlyList<long> planes, IReadOnlyList<int> blocks, bool isBottleneck)
    {
        var found = Array.Find(
            Published,
            entry => blocks.Take(4).SequenceEqual(entry.Blocks) && planes.Skip(4).SequenceEqual(entry.Planes)
        );
        return found.Name is { } name && !isBottleneck ? $"MinkowskiEngine {name}" : Name;
    }

    private static CheckpointLayer Wrapped(CheckpointLayer layer) => layer with { Norm = layer.Norm + ".bn" };
}

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
