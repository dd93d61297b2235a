using static TorchSharp.torch.nn;

namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>
/// Every layer and model over three axes, small unless a size is given, for tests of what must hold for all of them.
/// To add one, add a line to <see cref="All"/>.
/// </summary>
internal static class EveryLayer
{
    internal const int Channels = 4;

    private static readonly Size Small = new(Channels, 0.1, 7);

    /// <summary>What comes out: a row a voxel, a row a scan, or a dense tensor of all scans.</summary>
    internal enum Gives
    {
        Voxels,
        Scans,
        Dense,
    }

    internal static IEnumerable<string> Names => All.Keys;

    private static readonly Dictionary<string, (Func<Size, Probe> Create, Gives Gives)> All = new(
        StringComparer.Ordinal
    )
    {
        ["SubMConv3d"] = Of(size => new SubMConv3d(size.Channels, size.Channels + 1, 3)),
        ["SubMConv3d, even and dilated"] = Of(size => new SubMConv3d(size.Channels, size.Channels + 1, 2, dilation: 2)),
        ["SubMConv3d, cross and groups"] = Of(size => new SubMConv3d(
            size.Channels,
            size.Channels + 2,
            KernelShape.Cross(3),
            groups: 2
        )),
        ["SparseConv3d, dilate"] = Of(size => new SparseConv3d(size.Channels, size.Channels + 1, 3, 2, 1)),
        ["SparseConv3d, tiles"] = Of(size => new SparseConv3d(size.Channels, size.Channels + 1, 2, 2)),
        ["SparseConv3d, downsample"] = Of(size => new SparseConv3d(
            size.Channels,
            size.Channels + 1,
            3,
            2,
            1,
            sites: StridedSites.Downsample
        )),
        ["SparseConv3d at a tensor's sites"] = Pair(
            _ => new SparseMaxPool3d(2),
            size => new SparseConv3d(size.Channels, size.Channels + 1, 3, 2, 1),
            (pool, conv, x) => conv.call(x, pool.call(x)).features
        ),
        ["SparseConv3d at coordinates"] = Of(
            size => new SparseConv3d(size.Channels, size.Channels + 1, 3, 1, 1),
            (conv, x) => conv.call(x, x.coordinates).features
        ),
        ["SparseConvTranspose3d, cached"] = Pair(
            _ => new SparseMaxPool3d(2),
            size => new SparseConvTranspose3d(size.Channels, size.Channels + 1, 2, 2),
            (pool, conv, x) => conv.call(pool.call(x)).features
        ),
        ["SparseConvTranspose3d, generate"] = Of(size => new SparseConvTranspose3d(
            size.Channels,
            size.Channels + 1,
            3,
            1,
            1,
            sites: TransposedSites.Generate
        )),
        ["SparseInverseConv3d"] = Pair(
            _ => new SparseAvgPool3d(3, 2, 1),
            size => new SparseInverseConv3d(size.Channels, size.Channels + 1, 3),
            (pool, conv, x) => conv.call(pool.call(x)).features
        ),
        ["SparseMaxPool3d"] = Of(_ => new SparseMaxPool3d(2)),
        ["SparseMaxPool3d, overlapping"] = Of(_ => new SparseMaxPool3d(3, 2, 1)),
        ["SparseAvgPool3d"] = Of(_ => new SparseAvgPool3d(3, 2, 1)),
        ["SparseAvgPool3d, volume"] = Of(_ => new SparseAvgPool3d(3, 2, 1, divisor: AverageDivisor.KernelVolume)),
        ["SparseSumPool3d"] = Of(_ => new SparseSumPool3d(3, 2, 1)),
        ["SparseMaxUnpool"] = Pair(
            _ => new SparseMaxPool3d(3, 2, 1),
            _ => new SparseMaxUnpool(),
            (pool, unpool, x) =>
            {
                var (pooled, rows) = pool.forward_with_rows(x);
                using (rows)
                {
                    return unpool.call(pooled, rows).features;
                }
            }
        ),
        ["SparseUpsample, cached"] = Pair(
            _ => new SparseSumPool3d(2),
            _ => new SparseUpsample(2),
            (pool, upsample, x) => upsample.call(pool.call(x)).features
        ),
        ["SparseUpsample, generate"] = Pair(
            _ => new SparseSumPool3d(2),
            _ => new SparseUpsample(2, TransposedSites.Generate),
            (pool, upsample, x) => upsample.call(pool.call(x)).features
        ),
        ["SparseGlobalMaxPool"] = PerScan(_ => new SparseGlobalMaxPool()),
        ["SparseGlobalAvgPool"] = PerScan(_ => new SparseGlobalAvgPool()),
        ["SparseGlobalSumPool"] = PerScan(_ => new SparseGlobalSumPool()),
        ["SparsePrune"] = Plain((x, _) => x.prune(x.features.narrow(1, 0, 1).reshape(-1).gt(0)).features),
        ["SparsePrune of all"] = Plain((x, _) => x.prune(x.features.narrow(1, 0, 1).reshape(-1).gt(99)).features),
        ["SparsePruningHead"] = Of(
            size => new SparsePruningHead(size.Channels, PruningRule.Best(3)),
            (head, x) => head.score(x)
        ),
        ["SparsePruningHead, best"] = Of(size => new SparsePruningHead(size.Channels, PruningRule.Best(3))),
        ["SparseBatchNorm"] = Of(size => new SparseBatchNorm(size.Channels)),
        ["SparseBatchNorm, evaluation"] = Of(size =>
        {
            var norm = new SparseBatchNorm(size.Channels);
            norm.eval();
            return norm;
        }),
        ["SparseLayerNorm"] = Of(size => new SparseLayerNorm(size.Channels)),
        ["SparseGroupNorm"] = Of(size => new SparseGroupNorm(2, size.Channels)),
        ["SparseInstanceNorm"] = Of(size => new SparseInstanceNorm(size.Channels, affine: true)),
        ["SparseSqueezeExcitation"] = Of(size => new SparseSqueezeExcitation(size.Channels, 2)),
        ["add, union"] = Plain((x, size) => SparseTensor.add(x, Part(x, size), JoinSites.Union).features),
        ["mul, intersection"] = Plain((x, size) => SparseTensor.mul(x, Part(x, size), JoinSites.Intersection).features),
        ["cat, union"] = Plain((x, size) => SparseTensor.cat(JoinSites.Union, Part(x, size), x).features),
        ["operators"] = Plain((x, _) => ((x * x) - (x + x)).features),
        ["broadcast"] = Plain((x, _) => (x * x.broadcast(new SparseGlobalAvgPool().call(x))).features),
        ["crop"] = Plain((x, size) => x.crop(0, size.Extent / 2).features),
        ["scans and join"] = Plain((x, _) => SparseTensor.join([x, .. x.scans()]).features, Gives.Dense),
        ["dense"] = Plain((x, size) => x.dense(size.Shape), Gives.Dense),
        ["from_dense"] = Plain((x, size) => SparseTensor.from_dense(x.dense(size.Shape)).features),
        ["bird_eye_view"] = Plain((x, size) => x.bird_eye_view(spatial_shape: size.Shape), Gives.Dense),
        ["to_csr and from_csr"] = Plain(
            (x, size) =>
            {
                var (rows, columns, values) = x.to_csr(size.Shape);
                return SparseTensor.from_csr(rows, columns, values, x.batch_size, size.Shape).features;
            }
        ),
        ["SparseSequential"] = Of(size => new SparseSequential(
            new SubMConv3d(size.Channels, size.Channels + 2, 3, bias: false),
            new SparseBatchNorm(size.Channels + 2),
            ReLU(),
            new SparseConv3d(size.Channels + 2, 2 * size.Channels, 2, 2),
            Linear(2 * size.Channels, size.Channels),
            new SparseConvTranspose3d(size.Channels, size.Channels - 1, 2, 2)
        )),
        ["MinkUNet14"] = Of(size => new MinkUNet(MinkUNetKind.MinkUNet14, size.Channels, 3, size.Width, 3)),
        ["MinkUNet50"] = Of(size => new MinkUNet(MinkUNetKind.MinkUNet50, size.Channels, 3, size.Width, 3)),
        ["MinkUNet14, checkpointing"] = Of(size =>
        {
            var net = new MinkUNet(MinkUNetKind.MinkUNet14, size.Channels, 3, size.Width, 3);
            net.checkpointing = true;
            return net;
        }),
        ["points and back"] = Of(
            size => new SubMConv3d(size.Channels, size.Channels + 1, 3),
            (conv, x) =>
            {
                var points = PointTensor.of(x);
                return points.to_points(conv.call(points.voxels(2))).features;
            }
        ),
        ["PointVoxelBlock"] = Of(
            size => new PointVoxelBlock(size.Channels, size.Channels),
            (block, x) => block.call(PointTensor.of(x), x).features
        ),
        ["SPVCNN"] = Of(size => new SPVCNN(size.Channels, 3, size.Width), (net, x) => net.call(PointTensor.of(x))),
        ["SPVCNN, evaluation"] = Of(
            size =>
            {
                var net = new SPVCNN(size.Channels, 3, size.Width);
                net.eval();
                return net;
            },
            (net, x) => net.call(PointTensor.of(x))
        ),
        ["SparseResNet18"] = PerScan(size => new SparseResNet(SparseResNetKind.ResNet18, size.Channels, 3, size.Width)),
        ["SparseFPN of SecondEncoder"] = Levels(size => new SparseFPN(
            new SecondEncoder(size.Channels, [size.Channels, size.Channels + 2, 2 * size.Channels]),
            size.Channels + 1,
            0
        )),
    };

    /// <summary>The extent of the clouds of the tests.</summary>
    internal static PerAxis Shape => Small.Shape;

    /// <summary>A new one, float32, in training mode unless its name says otherwise, with the same weights every time.</summary>
    internal static Probe Create(string name, Size? size = null)
    {
        torch.manual_seed(17);
        return All[name].Create(size ?? Small);
    }

    internal static Gives Of(string name) => All[name].Gives;

    /// <summary>Whether it is a whole network, over five levels.</summary>
    internal static bool IsModel(string name) =>
        name.Contains("Net", StringComparison.Ordinal)
        || name.Contains("FPN", StringComparison.Ordinal)
        || name.Contains("CNN", StringComparison.Ordinal);

    private static SparseTensor Part(SparseTensor x, Size size) => x.crop(0, (size.Extent / 2) + 1);

    private static (Func<Size, Probe>, Gives) Plain(
        Func<SparseTensor, Size, torch.Tensor> run,
        Gives gives = Gives.Voxels
    ) => (size => new Probe(x => run(x, size)), gives);

    private static (Func<Size, Probe>, Gives) Of<T>(Func<Size, T> create)
        where T : torch.nn.Module<SparseTensor, SparseTensor> => Of(create, (module, x) => module.call(x).features);

    private static (Func<Size, Probe>, Gives) Of<T>(
        Func<Size, T> create,
        Func<T, SparseTensor, torch.Tensor> run,
        Gives gives = Gives.Voxels
    )
        where T : torch.nn.Module =>
        (
            size =>
            {
                var module = create(size);
                return new Probe(x => run(module, x), module);
            },
            gives
        );

    private static (Func<Size, Probe>, Gives) PerScan(Func<Size, torch.nn.Module<SparseTensor, torch.Tensor>> create) =>
        Of(create, (module, x) => module.call(x), Gives.Scans);

    private static (Func<Size, Probe>, Gives) Levels(
        Func<Size, torch.nn.Module<SparseTensor, SparseTensor[]>> create
    ) => Of(create, (module, x) => torch.cat([.. module.call(x).Select(level => level.features)]));

    private static (Func<Size, Probe>, Gives) Pair<T1, T2>(
        Func<Size, T1> first,
        Func<Size, T2> second,
        Func<T1, T2, SparseTensor, torch.Tensor> run
    )
        where T1 : torch.nn.Module
        where T2 : torch.nn.Module =>
        (
            size =>
            {
                var (one, two) = (first(size), second(size));
                return new Probe(x => run(one, two, x), one, two);
            },
            Gives.Voxels
        );

    /// <summary>The channels that go in, the width of the networks, and the extent of the clouds on each axis.</summary>
    internal sealed record Size(int Channels, double Width, int Extent)
    {
        internal PerAxis Shape => (Extent, Extent, Extent);
    }
}
