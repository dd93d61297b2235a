namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>One combination of layer, geometry and cloud. Reproduced from its name: the seed is the position in the list.</summary>
public sealed record Case(
    int Dimensions,
    int[] Kernel,
    int[] Stride,
    int[] Dilation,
    int[] Padding,
    bool Bounded,
    int Voxels,
    int Seed
)
{
    /// <summary>Kernel 1..5 x stride 1..3 x dilation 1..2 on every number of axes; the rest is drawn from the seed.</summary>
    public static IEnumerable<Case> Strided(int dimensions)
    {
        var seed = 1000 * dimensions;
        for (var kernel = 1; kernel <= 5; kernel++)
        {
            for (var stride = 1; stride <= 3; stride++)
            {
                for (var dilation = 1; dilation <= 2; dilation++)
                {
                    yield return Draw(dimensions, kernel, stride, dilation, seed++);
                }
            }
        }

        yield return Draw(dimensions, 3, 2, 1, seed++) with
        {
            Voxels = 0,
        };
        yield return Draw(dimensions, 3, 2, 1, seed++) with
        {
            Voxels = 1,
        };
        yield return Draw(dimensions, 2, 3, 1, seed) with
        {
            Voxels = 1,
            Bounded = false,
        };
    }

    /// <summary>The same with stride 1 and the padding that keeps the sites.</summary>
    public static IEnumerable<Case> Submanifold(int dimensions) =>
        Strided(dimensions)
            .Where(one => one.Stride.All(stride => stride == 1) || one.Voxels <= 1)
            .Select(one =>
                one with
                {
                    Stride = Same(1, dimensions),
                    Padding = [.. one.Kernel.Zip(one.Dilation, (size, dilation) => dilation * (size - 1) / 2)],
                }
            );

    /// <summary>How far results reach beyond the cloud, in coarse cells, on any axis.</summary>
    public int Margin =>
        Enumerable
            .Range(0, Dimensions)
            .Max(axis => ((Dilation[axis] * (Kernel[axis] - 1)) + Padding[axis]) / Stride[axis]) + 1;

    /// <summary>A name such as "3d k(3,3,2) s(2,2,2) d(1,1,1) p(1,0,1) bounded 60 voxels #3007".</summary>
    public override string ToString() =>
        $"{Dimensions}d k({Text(Kernel)}) s({Text(Stride)}) d({Text(Dilation)}) p({Text(Padding)}) "
        + $"{(Bounded ? "bounded" : "unbounded")} {Voxels} voxels #{Seed}";

    /// <summary>The same value on every axis.</summary>
    internal static int[] Same(int value, int dimensions) => [.. Enumerable.Repeat(value, dimensions)];

    internal Cloud Cloud(Random random)
    {
        int[] shape =
        [
            .. Enumerable.Range(0, Dimensions).Select(axis => Math.Max(Extent(axis), 4) + (2 * random.Next(3)) + 1),
        ];
        int[] origin = Bounded
            ? new int[Dimensions]
            : [.. Enumerable.Range(0, Dimensions).Select(_ => -random.Next(9))];
        return Oracles.Cloud.Random(random, shape, origin, batches: 2, Voxels);
    }

    private static Case Draw(int dimensions, int kernel, int stride, int dilation, int seed)
    {
        var random = new Random(seed);
        int[] size =
        [
            .. Enumerable
                .Range(0, dimensions)
                .Select(axis => axis == 0 || random.Next(3) > 0 ? kernel : 1 + random.Next(kernel)),
        ];
        int[] dilations =
        [
            .. Enumerable.Range(0, dimensions).Select(axis => axis == 0 || random.Next(2) > 0 ? dilation : 1),
        ];
        int[] strides =
        [
            .. Enumerable.Range(0, dimensions).Select(axis => axis == 0 || random.Next(3) > 0 ? stride : 1),
        ];
        int[] padding = [.. size.Zip(dilations, (k, d) => random.Next((d * (k - 1) / 2) + 1))];
        return new Case(
            dimensions,
            size,
            strides,
            dilations,
            padding,
            random.Next(2) == 0,
            Voxels: 12 * dimensions * dimensions,
            seed
        );
    }

    private static string Text(int[] values) => string.Join(',', values);

    private int Extent(int axis) => (Dilation[axis] * (Kernel[axis] - 1)) + 1 - (2 * Padding[axis]);
}
