using static TorchSharp.torch.nn;

namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>
/// Every layer and model over three axes and four channels, for tests of what must hold for all of them. To add one, add
/// a line to <see cref="All"/>.
/// </summary>
internal static class EveryLayer
{
    internal const int Channels = 4;

    /// <summary>What comes out: a row a voxel, a row a scan, or a dense tensor of all scans.</summary>
    internal enum Gives
    {
        Voxels,
        Scans,
        Dense,
    }

    internal static IEnumerable<string> Names => All.Keys;

    private static readonly Dictionary<string, (Func<Probe> Create, Gives Gives)> All = new(StringComparer.Ordinal)
    {
        ["SubMConv3d"] = Of(() => new SubMConv3d(Channels, 5, 3)),
        ["SubMConv3d, even and dilated"] = Of(() => new SubMConv3d(Channels, 5, 2, dilation: 2)),
        ["SubMConv3d, cross and groups"] = Of(() => new SubMConv3d(Channels, 6, KernelShape.Cross(3), groups: 2)),
        ["SparseConv3d, dilate"] = Of(() => new SparseConv3d(Channels, 5, 3, 2, 1)),
        ["SparseConv3d, tiles"] = Of(() => new SparseConv3d(Channels, 5, 2, 2)),
        ["SparseConv3d, downsample"] = Of(() => new SparseConv3d(Channels, 5, 3, 2, 1, sites: StridedSites.Downsample)),
        ["SparseConv3d at a tensor's sites"] = Pair(
            () => new SparseMaxPool3d(2),
            () => new SparseConv3d(Channels, 5, 3, 2, 1),
            (pool, conv, x) => conv.call(x, pool.call(x)).features
        ),
        ["SparseConv3d at coordinates"] = Of(
            () => new SparseConv3d(Channels, 5, 3, 1, 1),
            (conv, x) => conv.call(x, x.coordinates).features
        ),
        ["SparseConvTranspose3d, cached"] = Pair(
            () => new SparseMaxPool3d(2),
            () => new SparseConvTranspose3d(Channels, 5, 2, 2),
            (pool, conv, x) => conv.call(pool.call(x)).features
        ),
        ["SparseConvTranspose3d, generate"] = Of(() =>
            new SparseConvTranspose3d(Channels, 5, 3, 1, 1, sites: TransposedSites.Generate)
        ),
        ["SparseInverseConv3d"] = Pair(
            () => new SparseAvgPool3d(3, 2, 1),
            () => new SparseInverseConv3d(Channels, 5, 3),
            (pool, conv, x) => conv.call(pool.call(x)).features
        ),
        ["SparseMaxPool3d"] = Of(() => new SparseMaxPool3d(2)),
        ["SparseMaxPool3d, overlapping"] = Of(() => new SparseMaxPool3d(3, 2, 1)),
        ["SparseAvgPool3d"] = Of(() => new SparseAvgPool3d(3, 2, 1)),
        ["SparseAvgPool3d, volume"] = Of(() => new SparseAvgPool3d(3, 2, 1, divisor: AverageDivisor.KernelVolume)),
        ["SparseSumPool3d"] = Of(() => new SparseSumPool3d(3, 2, 1)),
        ["SparseMaxUnpool"] = Pair(
            () => new SparseMaxPool3d(3, 2, 1),
            () => new SparseMaxUnpool(),
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
            () => new SparseSumPool3d(2),
            () => new SparseUpsample(2),
            (pool, upsample, x) => upsample.call(pool.call(x)).features
        ),
        ["SparseUpsample, generate"] = Pair(
            () => new SparseSumPool3d(2),
            () => new SparseUpsample(2, TransposedSites.Generate),
            (pool, upsample, x) => upsample.call(pool.call(x)).features
        ),
        ["SparseGlobalMaxPool"] = PerScan(() => new SparseGlobalMaxPool()),
        ["SparseGlobalAvgPool"] = PerScan(() => new SparseGlobalAvgPool()),
        ["SparseGlobalSumPool"] = PerScan(() => new SparseGlobalSumPool()),
        ["SparsePrune"] = Plain(x => x.prune(x.features.narrow(1, 0, 1).reshape(-1).gt(0)).features),
        ["SparsePrune of all"] = Plain(x => x.prune(x.features.narrow(1, 0, 1).reshape(-1).gt(99)).features),
        ["SparsePruningHead"] = Of(
            () => new SparsePruningHead(Channels, PruningRule.Best(3)),
            (head, x) => head.score(x)
        ),
        ["SparsePruningHead, best"] = Of(() => new SparsePruningHead(Channels, PruningRule.Best(3))),
        ["SparseBatchNorm"] = Of(() => new SparseBatchNorm(Channels)),
        ["SparseBatchNorm, evaluation"] = Of(() =>
        {
            var norm = new SparseBatchNorm(Channels);
            norm.eval();
            return norm;
        }),
        ["SparseLayerNorm"] = Of(() => new SparseLayerNorm(Channels)),
        ["SparseGroupNorm"] = Of(() => new SparseGroupNorm(2, Channels)),
        ["SparseInstanceNorm"] = Of(() => new SparseInstanceNorm(Channels, affine: true)),
        ["SparseSqueezeExcitation"] = Of(() => new SparseSqueezeExcitation(Channels, 2)),
        ["add, union"] = Plain(x => SparseTensor.add(x, Part(x), JoinSites.Union).features),
        ["mul, intersection"] = Plain(x => SparseTensor.mul(x, Part(x), JoinSites.Intersection).features),
        ["cat, union"] = Plain(x => SparseTensor.cat(JoinSites.Union, Part(x), x).features),
        ["operators"] = Plain(x => ((x * x) - (x + x)).features),
        ["broadcast"] = Plain(x => (x * x.broadcast(new SparseGlobalAvgPool().call(x))).features),
        ["crop"] = Plain(x => x.crop(0, 3).features),
        ["scans and join"] = Plain(x => SparseTensor.join([x, .. x.scans()]).features, Gives.Dense),
        ["dense"] = Plain(x => x.dense(Shape), Gives.Dense),
        ["from_dense"] = Plain(x => SparseTensor.from_dense(x.dense(Shape)).features),
        ["bird_eye_view"] = Plain(x => x.bird_eye_view(spatial_shape: Shape), Gives.Dense),
        ["to_csr and from_csr"] = Plain(x =>
        {
            var (rows, columns, values) = x.to_csr(Shape);
            return SparseTensor.from_csr(rows, columns, values, x.batch_size, Shape).features;
        }),
        ["SparseSequential"] = Of(() =>
            new SparseSequential(
                new SubMConv3d(Channels, 6, 3, bias: false),
                new SparseBatchNorm(6),
                ReLU(),
                new SparseConv3d(6, 8, 2, 2),
                Linear(8, 4),
                new SparseConvTranspose3d(4, 3, 2, 2)
            )
        ),
        ["MinkUNet14"] = Of(() => MinkUNet.Create(MinkUNetKind.MinkUNet14, Channels, 3, 0.1, 3)),
        ["MinkUNet50"] = Of(() => MinkUNet.Create(MinkUNetKind.MinkUNet50, Channels, 3, 0.1, 3)),
        ["MinkUNet14, checkpointing"] = Of(() =>
        {
            var net = MinkUNet.Create(MinkUNetKind.MinkUNet14, Channels, 3, 0.1, 3);
            net.checkpointing = true;
            return net;
        }),
        ["points and back"] = Of(
            () => new SubMConv3d(Channels, 5, 3),
            (conv, x) =>
            {
                var points = PointTensor.of(x);
                return points.to_points(conv.call(points.voxels(2))).features;
            }
        ),
        ["PointVoxelBlock"] = Of(
            () => new PointVoxelBlock(Channels, Channels),
            (block, x) => block.call(PointTensor.of(x), x).features
        ),
        ["SPVCNN"] = Of(() => SPVCNN.Create(Channels, 3, 0.1), (net, x) => net.call(PointTensor.of(x))),
        ["SPVCNN, evaluation"] = Of(
            () =>
            {
                var net = SPVCNN.Create(Channels, 3, 0.1);
                net.eval();
                return net;
            },
            (net, x) => net.call(PointTensor.of(x))
        ),
        ["SparseResNet18"] = PerScan(() => new SparseResNet(SparseResNetKind.ResNet18, Channels, 3, 0.1)),
        ["SparseFPN of SecondEncoder"] = Levels(() => new SparseFPN(new SecondEncoder(Channels, [4, 6, 8]), 5, 0)),
    };

    /// <summary>The extent of the clouds of the tests.</summary>
    internal static PerAxis Shape => (7, 7, 7);

    /// <summary>A new one, float32, in training mode unless its name says otherwise, with the same weights every time.</summary>
    internal static Probe Create(string name)
    {
        torch.manual_seed(17);
        return All[name].Create();
    }

    internal static Gives Of(string name) => All[name].Gives;

    /// <summary>Whether it is a whole network, over five levels.</summary>
    internal static bool IsModel(string name) =>
        name.Contains("Net", StringComparison.Ordinal)
        || name.Contains("FPN", StringComparison.Ordinal)
        || name.Contains("CNN", StringComparison.Ordinal);

    private static SparseTensor Part(SparseTensor x) => x.crop(0, 4);

    private static (Func<Probe>, Gives) Plain(Func<SparseTensor, torch.Tensor> run, Gives gives = Gives.Voxels) =>
        (() => new Probe(run), gives);

    private static (Func<Probe>, Gives) Of<T>(Func<T> create)
        where T : torch.nn.Module<SparseTensor, SparseTensor> => Of(create, (module, x) => module.call(x).features);

    private static (Func<Probe>, Gives) Of<T>(
        Func<T> create,
        Func<T, SparseTensor, torch.Tensor> run,
        Gives gives = Gives.Voxels
    )
        where T : torch.nn.Module =>
        (
            () =>
            {
                var module = create();
                return new Probe(x => run(module, x), module);
            },
            gives
        );

    private static (Func<Probe>, Gives) PerScan(Func<torch.nn.Module<SparseTensor, torch.Tensor>> create) =>
        Of(create, (module, x) => module.call(x), Gives.Scans);

    private static (Func<Probe>, Gives) Levels(Func<torch.nn.Module<SparseTensor, SparseTensor[]>> create) =>
        Of(create, (module, x) => torch.cat([.. module.call(x).Select(level => level.features)]));

    private static (Func<Probe>, Gives) Pair<T1, T2>(
        Func<T1> first,
        Func<T2> second,
        Func<T1, T2, SparseTensor, torch.Tensor> run
    )
        where T1 : torch.nn.Module
        where T2 : torch.nn.Module =>
        (
            () =>
            {
                var (one, two) = (first(), second());
                return new Probe(x => run(one, two, x), one, two);
            },
            Gives.Voxels
        );
}
