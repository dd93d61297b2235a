namespace TorchSharp.SparseConv;

/// <summary>
/// Takes pooled values back to the voxels that they came from, and leaves 0 elsewhere: PyTorch's max_unpool on the sites
/// that were pooled. Where kernels overlapped, what comes back to one voxel and channel is added up.
/// </summary>
public sealed class SparseMaxUnpool : torch.nn.Module<SparseTensor, MaxPoolRows, SparseTensor>
{
    private static readonly Scalar Zero = 0;

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
        var values = Precision.Widen(input.features).masked_fill(index.lt(Zero), Zero);
        var sums = torch
            .zeros(new[] { rows.Fine.Rows, input.channels }, values.dtype, values.device)
            .scatter_add(0, index.clamp_min(Zero), values);
        var features = Precision.As(sums, input.features.dtype).MoveToOuterDisposeScope();
        return new SparseTensor(features, rows.Fine, input.batch_size);
    }
}
