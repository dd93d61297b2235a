using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// What every sparse pooling shares: each output voxel takes the maximum, mean or sum, channel by channel, of the
/// active voxels under the kernel. Inactive sites take no part. Output sites are the layer's own, another tensor's, or
/// given.
/// </summary>
public abstract class SparsePoolNd : torch.nn.Module<SparseTensor, SparseTensor>
{
    private protected SparsePoolNd(string name, KernelGeometry geometry, StridedSites sites, PoolingKind kind)
        : base(name)
    {
        if (!Enum.IsDefined(sites))
        {
            throw new ArgumentOutOfRangeException(nameof(sites), sites, $"sites is {sites}, must be one of the names.");
        }

        Geometry = geometry;
        Kind = kind;
        this.sites = sites;
    }

    /// <summary>
    /// Shape, stride, dilation and padding of the kernel: which fine and coarse voxels meet at which tap.
    /// </summary>
    public KernelGeometry Geometry { get; }

    /// <summary>The kernel's size on each axis: that of the box around its taps, where it is no box itself.</summary>
    public PerAxis kernel_size => Geometry.Size;

    /// <summary>The stride on each axis; the kernel's size where none was given, as in PyTorch.</summary>
    public PerAxis stride => Geometry.Stride;

    /// <summary>
    /// The padding on each axis: only shifts the kernel, for sites outside are as inactive as others.
    /// </summary>
    public PerAxis padding => Geometry.Padding;

    /// <summary>The dilation on each axis.</summary>
    public PerAxis dilation => Geometry.Dilation;

    /// <summary>Which coarse sites are written.</summary>
    public StridedSites sites { get; }

    private protected PoolingKind Kind { get; }

    /// <summary>Pools [N, C] to [N', C] at this layer's own output sites.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        return Pool(input, OwnSites);
    }

    /// <summary>
    /// Pools to the voxels of another sparse tensor of the same manager, whose stride must be the one that this layer
    /// gives; throws ArgumentException otherwise. A voxel without an active one under its kernel becomes 0.
    /// </summary>
    public SparseTensor call(SparseTensor input, SparseTensor sites)
    {
        return Pool(input, from => OutputLevel.Of(from, sites, OutputStride(from), GetName()));
    }

    /// <summary>
    /// Pools to given coordinates, int32 or int64 rows (batch, d0, d1, ...) in units of the output level, which becomes
    /// a new level of the manager. A voxel without an active one under its kernel becomes 0.
    /// </summary>
    public SparseTensor call(SparseTensor input, torch.Tensor coordinates)
    {
        return Pool(
            input,
            from =>
                OutputLevel.Insert(
                    from,
                    coordinates,
                    OutputStride(from),
                    from.spatial_shape is { } shape ? Geometry.CoarseShape(shape) : null
                )
        );
    }

    private protected CoordinateMap OwnSites(SparseTensor input) => input.manager.Coarsen(input.map, Geometry, sites);

    private SparseTensor Pool(SparseTensor? input, Func<SparseTensor, CoordinateMap> level)
    {
        var rulebook = Rulebook(input, level);
        var operation = new PoolingOp(rulebook, ConvolutionDirection.FineToCoarse, Kind, input!.features);
        return new SparseTensor(operation.Run(), rulebook.Coarse, input.batch_size);
    }

    private protected Rulebook Rulebook(SparseTensor? input, Func<SparseTensor, CoordinateMap> level)
    {
        OutputLevel.RequireDimensions(input, Geometry.Dimensions, GetName());
        OutputLevel.RequireElements(input!);
        var rulebook = input!.manager.Rulebook(level(input), input.map, Geometry);
        SummaryTrace.Note(this, rulebook, rulebook.Coarse, input.channels, input.features.dtype, 0);
        return rulebook;
    }

    private PerAxis OutputStride(SparseTensor input) => Strides.Multiply(input.stride, Geometry.Stride);
}
