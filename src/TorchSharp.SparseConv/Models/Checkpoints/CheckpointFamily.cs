namespace TorchSharp.SparseConv;

/// <summary>How one code base names and lays out its MinkUNet. Stages are 0 to 3 down and 4 to 7 up.</summary>
internal abstract class CheckpointFamily
{
    internal const int Shortcut = -1;

    internal static IReadOnlyList<CheckpointFamily> All { get; } =
    [
        new NativeFamily(),
        new SpvcnnFamily(),
        new MinkowskiFamily(),
        new SpvnasFamily(),
        new MmDetectionMinkowskiFamily(),
        new MmDetectionSpConvFamily(),
        new MmDetectionFamily(),
        new PointceptFamily(),
    ];

    internal abstract string Name { get; }

    internal abstract WeightLayout Layout { get; }

    /// <summary>The layout of the last layer, which may be a linear one.</summary>
    internal virtual WeightLayout FinalLayout => Layout;

    internal virtual double NormEpsilon => 1e-5;

    internal virtual double NormMomentum => 0.1;

    /// <summary>Names that do not belong to the network, by their beginning.</summary>
    internal virtual IReadOnlyList<string> Ignored => [];

    /// <summary>
    /// What stands before the network's own names, such as "module.", or null for a checkpoint of another family.
    /// </summary>
    internal string? Prefix(IEnumerable<string> names) => Prefix(names, Signature);

    /// <summary>The end of a name that only this family has, after the prefix.</summary>
    internal virtual string Signature => $"{Stem(0).Convolution}.{Layout.ParameterName}";

    internal abstract CheckpointLayer Stem(int layer);

    internal abstract CheckpointLayer Resize(int stage);

    /// <summary>One convolution of a residual block, or its projection for Shortcut.</summary>
    internal abstract CheckpointLayer Block(int stage, int block, int layer);

    /// <summary>The last layer, with the prefix of the network before it.</summary>
    internal virtual string Final(string prefix) => prefix + MinkUNet.FinalName;

    /// <summary>The network's name where shapes tell it, else the family's.</summary>
    internal virtual string Describe(IReadOnlyList<long> planes, IReadOnlyList<int> blocks, bool isBottleneck) => Name;

    private static string? Prefix(IEnumerable<string> names, string signature)
    {
        var found = names.FirstOrDefault(name =>
            name.EndsWith(signature, StringComparison.Ordinal)
            && (name.Length == signature.Length || name[^(signature.Length + 1)] == '.')
        );
        return found?[..^signature.Length];
    }
}

/// <summary>What a checkpoint calls a convolution and the norm behind it.</summary>
internal readonly record struct CheckpointLayer(string Convolution, string Norm);
