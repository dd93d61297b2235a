using TorchSharp;
using TorchSharp.SparseConv;
using static TorchSharp.torch;

namespace ShapeCompletion;

/// <summary>
/// The network of MinkowskiEngine's completion example. An encoder halves the lattice of the seen voxels level by
/// level. The decoder doubles it again by generating voxels and adds the features of the encoder where there are any.
/// On every level, a pruning head chooses which voxels stay.
/// </summary>
internal sealed class CompletionNet : nn.Module<SparseTensor, SparseTensor>
{
    /// <summary>The number of levels below that of the input, with strides 2, 4, 8 and 16.</summary>
    public const int Levels = 4;

    private readonly SparseSequential[] _down = new SparseSequential[Levels + 1];
    private readonly SparseSequential[] _generate = new SparseSequential[Levels];
    private readonly SparseSequential[] _refine = new SparseSequential[Levels];
    private readonly SparsePruningHead[] _heads = new SparsePruningHead[Levels];
    private readonly SparseMaxPool3d _halve = nn.SparseMaxPool3d(2, 2, sites: StridedSites.Downsample);

    /// <summary>
    /// Makes a network with width channels on the finest level, twice as many on the next, and so on.
    /// </summary>
    public CompletionNet(int width)
        : base(nameof(CompletionNet))
    {
        for (var level = 0; level <= Levels; level++)
        {
            var channels = width * (level + 1);
            SparseLayer first =
                level == 0
                    ? nn.SubMConv3d(1, channels, kernel_size: 3, bias: false)
                    : nn.SparseConv3d(
                        channels - width,
                        channels,
                        kernel_size: 2,
                        stride: 2,
                        bias: false,
                        sites: StridedSites.Downsample
                    );
            _down[level] = Add($"down{level}", Normed(first, channels), Smooth(channels));
        }
        for (var level = 0; level < Levels; level++)
        {
            // The coarsest voxels are those of the input, and a kernel of 4 reaches the voxels beside them. On finer
            // levels, the part of the shape that belongs to a voxel lies within it.
            var reach = level == Levels - 1 ? 1 : 0;
            var channels = width * (level + 1);
            var up = nn.SparseConvTranspose3d(
                channels + width,
                channels,
                kernel_size: 2 + (2 * reach),
                stride: 2,
                padding: reach,
                bias: false,
                sites: TransposedSites.Generate
            );
            _generate[level] = Add($"generate{level}", Normed(up, channels));
            _refine[level] = Add($"refine{level}", Smooth(channels));
            _heads[level] = nn.SparsePruningHead(channels);
            register_module($"head{level}", _heads[level]);
        }
    }

    /// <summary>Returns the completed shapes: the voxels that the heads keep, and all voxels that were seen.</summary>
    public override SparseTensor forward(SparseTensor? input) => Decode(Encode(input!), truth: null, losses: []);

    /// <summary>
    /// Computes the loss against whole shapes: on every level, the cross entropy of the question whether a voxel
    /// belongs to the shape. True voxels stay even if their head would drop them, so that the finer levels learn from
    /// the beginning.
    /// </summary>
    public Tensor Loss(SparseTensor input, SparseTensor whole)
    {
        using var scope = NewDisposeScope();
        var truth = new SparseTensor[Levels];
        truth[0] = whole;
        for (var level = 1; level < Levels; level++)
        {
            truth[level] = _halve.call(truth[level - 1]);
        }
        var losses = new List<Tensor>();
        Decode(Encode(input), truth, losses);
        return stack([.. losses]).sum().MoveToOuterDisposeScope();
    }

    private SparseTensor[] Encode(SparseTensor input)
    {
        var levels = new SparseTensor[Levels + 1];
        for (var level = 0; level <= Levels; level++)
        {
            levels[level] = _down[level].call(level == 0 ? input : levels[level - 1]);
        }
        return levels;
    }

    private SparseTensor Decode(SparseTensor[] seen, SparseTensor[]? truth, List<Tensor> losses)
    {
        var current = seen[Levels];
        for (var level = Levels - 1; level >= 0; level--)
        {
            var generated = _generate[level].call(current);
            current = _refine[level].call(SparseTensor.add(generated, seen[level], JoinSites.Union));
            var logits = _heads[level].score(current);
            var coordinates = current.coordinates;
            var kept = _heads[level].mask(current, logits).logical_or(seen[level].contains(coordinates));
            if (truth is not null)
            {
                var wanted = truth[level].contains(coordinates);
                losses.Add(nn.functional.binary_cross_entropy_with_logits(logits, wanted.to_type(ScalarType.Float32)));
                kept = kept.logical_or(wanted);
            }
            current = current.prune(kept);
        }
        return current;
    }

    private static SparseSequential Normed(SparseLayer convolution, long channels) =>
        nn.SparseSequential(convolution, nn.SparseBatchNorm(channels), nn.ReLU(inplace: true));

    private static SparseSequential Smooth(long channels) =>
        Normed(nn.SubMConv3d(channels, channels, kernel_size: 3, bias: false), channels);

    private SparseSequential Add(string name, params SparseLayer[] layers)
    {
        var sequence = nn.SparseSequential(layers);
        register_module(name, sequence);
        return sequence;
    }
}
