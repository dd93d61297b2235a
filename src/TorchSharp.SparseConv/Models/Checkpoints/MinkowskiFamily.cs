namespace TorchSharp.SparseConv;

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
