using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Nearest up-sampling: every fine voxel takes the features of the coarse one that it lies in,
/// <c>coarse = floor(fine / scale)</c> on each axis; PyTorch's interpolate with mode nearest. For any number of axes.
/// </summary>
public sealed class SparseUpsample : torch.nn.Module<SparseTensor, SparseTensor>
{
    /// <summary>
    /// scale: fine voxels per coarse one, 1 or more on each axis; one value stands for every axis. sites: the voxels
    /// that the input was made from at that stride (Cached), or all scale^D of each coarse one (Generate).
    /// </summary>
    public SparseUpsample(PerAxis scale, TransposedSites sites = TransposedSites.Cached)
        : base(nameof(SparseUpsample))
    {
        if (scale.Count == 0 || scale.Any(factor => factor < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(scale),
                scale,
                $"scale is {scale}, must be 1 or more on every axis."
            );
        }

        this.scale = scale;
        this.sites = sites;
    }

    /// <summary>Fine voxels per coarse one, on each axis or, where it is one value, on every axis.</summary>
    public PerAxis scale { get; }

    /// <summary>Which fine sites are written.</summary>
    public TransposedSites sites { get; }

    /// <summary>
    /// From [N', C] to [N, C] at this layer's own output sites; a cached voxel outside of every coarse one becomes 0.
    /// Throws InvalidOperationException where no level is cached at the fine stride.
    /// </summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        var geometry = Tiles(input);
        return Spread(input!, input!.manager.Refine(input.map, geometry, sites), geometry);
    }

    /// <summary>
    /// The same at the voxels of another sparse tensor of the same manager, whose stride must be the input's divided by
    /// the scale; throws ArgumentException otherwise.
    /// </summary>
    public SparseTensor call(SparseTensor input, SparseTensor sites)
    {
        var geometry = Tiles(input);
        var stride = Strides.Divide(input.stride, geometry.Stride);
        return Spread(input, OutputLevel.Of(input, sites, stride, GetName()), geometry);
    }

    /// <summary>
    /// The same at given coordinates, int32 or int64 rows (batch, d0, d1, ...) in units of the output level, which
    /// becomes a new level of the manager. A voxel outside of every coarse one becomes 0.
    /// </summary>
    public SparseTensor call(SparseTensor input, torch.Tensor coordinates)
    {
        var geometry = Tiles(input);
        var stride = Strides.Divide(input.stride, geometry.Stride);
        PerAxis? shape = input.spatial_shape is { } coarse ? geometry.FineShape(coarse) : null;
        return Spread(input, OutputLevel.Insert(input, coordinates, stride, shape), geometry);
    }

    private KernelGeometry Tiles(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        OutputLevel.RequireElements(input);
        return KernelGeometry.Create(input.dimensions, scale, stride: scale);
    }

    private SparseTensor Spread(SparseTensor input, CoordinateMap fine, KernelGeometry geometry)
    {
        var rulebook = input.manager.Rulebook(input.map, fine, geometry);
        SummaryTrace.Note(this, rulebook, fine, input.channels, input.features.dtype, 0);
        var operation = new PoolingOp(rulebook, ConvolutionDirection.CoarseToFine, PoolingKind.Sum, input.features);
        return new SparseTensor(operation.Run(), fine, input.batch_size);
    }
}

/// <content>Up-sampling.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Nearest up-sampling over any number of axes; see <see cref="SparseConv.SparseUpsample"/>.</summary>
        public static SparseUpsample SparseUpsample(PerAxis scale, TransposedSites sites = TransposedSites.Cached) =>
            new(scale, sites);
    }
}
