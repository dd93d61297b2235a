using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// The largest active value under the kernel, channel by channel: PyTorch's max_pool of the dense twin whose inactive
/// sites are minus infinity. Not-a-number counts as larger than all. The gradient goes to the largest value; of equal
/// ones to that of the lowest row.
/// </summary>
public abstract class SparseMaxPoolNd : SparsePoolNd
{
    private protected SparseMaxPoolNd(string name, KernelGeometry geometry, StridedSites sites)
        : base(name, geometry, sites, PoolingKind.Max) { }

    /// <summary>
    /// Pools as <see cref="SparsePoolNd.forward"/>, and remembers from which voxel each value came, for
    /// <see cref="SparseMaxUnpool"/>. The rows are the caller's to dispose.
    /// </summary>
    public (SparseTensor output, MaxPoolRows rows) forward_with_rows(SparseTensor input)
    {
        var rulebook = Rulebook(input, OwnSites);
        var operation = new PoolingOp(
            rulebook,
            ConvolutionDirection.FineToCoarse,
            Kind,
            input.features,
            keepsRows: true
        );
        var output = new SparseTensor(operation.Run(), rulebook.Coarse, input.batch_size);
        return (output, new MaxPoolRows(operation.Rows!, rulebook));
    }
}

/// <summary>Max pooling over 1 axis; see <see cref="SparseMaxPoolNd"/>.</summary>
public sealed class SparseMaxPool1d : SparseMaxPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.MaxPool1d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseMaxPool1d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseMaxPool1d),
            KernelGeometry.Create(1, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}

/// <summary>Max pooling over 2 axes; see <see cref="SparseMaxPoolNd"/>.</summary>
public sealed class SparseMaxPool2d : SparseMaxPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.MaxPool2d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseMaxPool2d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseMaxPool2d),
            KernelGeometry.Create(2, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}

/// <summary>Max pooling over 3 axes; see <see cref="SparseMaxPoolNd"/>.</summary>
public sealed class SparseMaxPool3d : SparseMaxPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.MaxPool3d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseMaxPool3d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseMaxPool3d),
            KernelGeometry.Create(3, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}

/// <summary>Max pooling over 4 axes (space and time); see <see cref="SparseMaxPoolNd"/>.</summary>
public sealed class SparseMaxPool4d : SparseMaxPoolNd
{
    /// <summary>
    /// Parameters as in torch.nn.MaxPool3d: kernel_size may be any KernelShape, the stride is its size where none is
    /// given, dilation is 1 and padding 0; sites chooses which coarse voxels are written.
    /// </summary>
    public SparseMaxPool4d(
        KernelShape kernel_size,
        PerAxis? stride = null,
        PerAxis? padding = null,
        PerAxis? dilation = null,
        StridedSites sites = StridedSites.Dilate
    )
        : base(
            nameof(SparseMaxPool4d),
            KernelGeometry.Create(4, kernel_size, stride ?? kernel_size.Size, dilation, padding),
            sites
        ) { }
}

/// <summary>
/// From which voxel each value of a max pooling came; what <see cref="SparseMaxUnpool"/> needs to go back.
/// </summary>
public sealed class MaxPoolRows : IDisposable
{
    internal MaxPoolRows(torch.Tensor rows, Rulebook rulebook)
    {
        this.rows = rows;
        Fine = rulebook.Fine;
        Coarse = rulebook.Coarse;
    }

    /// <summary>
    /// int32 [N', C]: for each pooled voxel and channel the row of the pooling's input that holds the maximum.
    /// </summary>
    public torch.Tensor rows { get; }

    /// <summary>The level that was pooled.</summary>
    public CoordinateMap Fine { get; }

    /// <summary>The level that the pooling wrote.</summary>
    public CoordinateMap Coarse { get; }

    /// <summary>Disposes the rows.</summary>
    public void Dispose() => rows.Dispose();
}

/// <summary>
/// Takes pooled values back to the voxels that they came from, and leaves 0 elsewhere: PyTorch's max_unpool on the
/// sites that were pooled. Where kernels overlapped, what comes back to one voxel and channel is added up.
/// </summary>
public sealed class SparseMaxUnpool : torch.nn.Module<SparseTensor, MaxPoolRows, SparseTensor>
{
    /// <summary>A layer without parameters, for any number of axes.</summary>
    public SparseMaxUnpool()
        : base(nameof(SparseMaxUnpool)) { }

    /// <summary>
    /// From [N', C] on the sites that the pooling wrote to [N, C] on those that it read; throws ArgumentException where
    /// the input is on other sites or has another number of channels than the pooling gave.
    /// </summary>
    public override SparseTensor forward(SparseTensor input, MaxPoolRows rows)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(rows);
        if (!ReferenceEquals(input.map, rows.Coarse))
        {
            throw new ArgumentException(
                $"input is on {input.map}, must be on the sites that the pooling wrote: {rows.Coarse}.",
                nameof(input)
            );
        }

        if (input.channels != rows.rows.shape[1])
        {
            throw new ArgumentException(
                $"input has {input.channels} channels, must have the {rows.rows.shape[1]} that were pooled.",
                nameof(input)
            );
        }

        using var scope = torch.NewDisposeScope();
        var index = rows.rows.to_type(torch.ScalarType.Int64);
        var values = Precision.Widen(input.features).masked_fill(index.lt(Scalars.Zero), Scalars.Zero);
        var sums = torch
            .zeros(new[] { rows.Fine.Rows, input.channels }, values.dtype, values.device)
            .scatter_add(0, index.clamp_min(Scalars.Zero), values);
        var features = Precision.As(sums, input.features.dtype).MoveToOuterDisposeScope();
        return new SparseTensor(features, rows.Fine, input.batch_size);
    }
}

/// <content>Max pooling, and its way back.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Max pooling over 1 axis; see <see cref="SparseConv.SparseMaxPool1d"/>.</summary>
        public static SparseMaxPool1d SparseMaxPool1d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Max pooling over 2 axes; see <see cref="SparseConv.SparseMaxPool2d"/>.</summary>
        public static SparseMaxPool2d SparseMaxPool2d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Max pooling over 3 axes; see <see cref="SparseConv.SparseMaxPool3d"/>.</summary>
        public static SparseMaxPool3d SparseMaxPool3d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>Max pooling over 4 axes (space and time); see <see cref="SparseConv.SparseMaxPool4d"/>.</summary>
        public static SparseMaxPool4d SparseMaxPool4d(
            KernelShape kernel_size,
            PerAxis? stride = null,
            PerAxis? padding = null,
            PerAxis? dilation = null,
            StridedSites sites = StridedSites.Dilate
        ) => new(kernel_size, stride, padding, dilation, sites);

        /// <summary>
        /// Takes max-pooled values back to where they came from; see <see cref="SparseConv.SparseMaxUnpool"/>.
        /// </summary>
        public static SparseMaxUnpool SparseMaxUnpool() => new();
    }
}
