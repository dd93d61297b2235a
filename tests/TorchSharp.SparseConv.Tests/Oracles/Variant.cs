namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>A case with a kernel shape and groups of channels, and the taps of that shape by its definition.</summary>
public sealed record Variant(Case Case, string Shape, int Input, int Output, int Groups)
{
    internal const string Offsets = "offsets";

    private static readonly (int Input, int Output, int Groups)[] Channels =
    [
        (3, 4, 1),
        (4, 6, 2),
        (3, 3, 3),
        (2, 6, 2),
    ];

    /// <summary>Each case of so many dimensions once; shapes and groups take turns, so that all pairs of them occur.</summary>
    public static IEnumerable<Variant> All(int dimensions, params string[] shapes)
    {
        var next = 0;
        foreach (var one in Case.Strided(dimensions))
        {
            var (input, output, groups) = Channels[next % Channels.Length];
            var shape = shapes[next / Channels.Length % shapes.Length];
            yield return new Variant(one, shape, input, output, groups);
            next++;
        }
    }

    /// <summary>A name such as "cross, 4 to 6 in 2 groups, 3d k(3,3,2) ...".</summary>
    public override string ToString() => $"{Shape}, {Input} to {Output} in {Groups} groups, {Case}";

    /// <summary>The tap of the law that each tap of the kernel stands for.</summary>
    internal int[][] Taps =>
        Shape switch
        {
            "box" => TapLists.Box(Case.Kernel),
            "cross" => TapLists.Cross(Case.Kernel),
            "hybrid" => TapLists.Hybrid(Case.Kernel, CubeAxes),
            _ => Drawn(),
        };

    internal KernelShape Kernel =>
        Shape switch
        {
            "box" => Layers.Axes(Case.Kernel),
            "cross" => KernelShape.Cross(Layers.Axes(Case.Kernel)),
            "hybrid" => KernelShape.Hybrid(Layers.Axes(Case.Kernel), CubeAxes),
            _ => KernelShape.Offsets([.. Taps.Select(tap => new PerAxis(tap))]),
        };

    /// <summary>The padding of a submanifold layer: half of what the box reaches, and nothing for offsets.</summary>
    internal int[] SamePadding =>
        string.Equals(Shape, Offsets, StringComparison.Ordinal)
            ? Case.Same(0, Case.Dimensions)
            : [.. Case.Kernel.Zip(Case.Dilation, (size, dilation) => dilation * (size - 1) / 2)];

    internal BruteForce Oracle(int[]? stride = null, int[]? padding = null) =>
        new(Taps, stride ?? Case.Stride, Case.Dilation, padding ?? Case.Padding, Groups);

    internal SparseConvNd Conv(StridedSites sites = StridedSites.Dilate) =>
        Layers.Conv(Case, Input, Output, sites, shape: Kernel, groups: Groups);

    internal SubMConvNd SubM() => Layers.SubM(Case, Input, Output, shape: Kernel, groups: Groups);

    internal SparseConvTransposeNd Transpose(TransposedSites sites) =>
        Layers.Transpose(Case, Input, Output, sites, shape: Kernel, groups: Groups);

    internal SparseInverseConvNd Inverse() => Layers.Inverse(Case, Input, Output, Kernel, Groups);

    // All axes but the last: a box in space and an arm in time.
    private int[] CubeAxes => [.. Enumerable.Range(0, Math.Max(Case.Dimensions - 1, 1))];

    /// <summary>1 to 6 offsets of -3 to 3, asymmetric and in no order, from the seed.</summary>
    private int[][] Drawn()
    {
        var random = new Random(Case.Seed);
        var taps = new Dictionary<string, int[]>(StringComparer.Ordinal);
        var count = 1 + random.Next(6);
        while (taps.Count < count)
        {
            int[] tap = [.. Enumerable.Range(0, Case.Dimensions).Select(_ => random.Next(7) - 3)];
            taps.TryAdd(Tensors.Key(tap), tap);
        }

        return [.. taps.Values];
    }
}
