using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Batch normalization over all active voxels of a batch: PyTorch's BatchNorm1d on the features, under the same
/// parameter names. Unlike it, takes a batch without voxels (nothing happens) or with a single one, which in training
/// becomes the bias and leaves the running statistics as they are. For any number of axes.
/// </summary>
public sealed class SparseBatchNorm : SparseNorm
{
    private const string MeanName = "running_mean";
    private const string VarianceName = "running_var";
    private const string CountName = "num_batches_tracked";

    /// <summary>Parameters as in torch.nn.BatchNorm1d.</summary>
    public SparseBatchNorm(
        long num_features,
        double eps = 1e-5,
        double momentum = 0.1,
        bool affine = true,
        bool track_running_stats = true,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SparseBatchNorm), num_features, eps, affine, device, dtype)
    {
        if (!(momentum is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(momentum),
                momentum,
                $"momentum is {momentum}, must be 0 to 1."
            );
        }

        this.momentum = momentum;
        if (track_running_stats)
        {
            register_buffer(MeanName, torch.zeros(new[] { num_features }, dtype, device).DetachFromDisposeScope());
            register_buffer(VarianceName, torch.ones(new[] { num_features }, dtype, device).DetachFromDisposeScope());
            register_buffer(
                CountName,
                torch.zeros(Array.Empty<long>(), torch.ScalarType.Int64, device).DetachFromDisposeScope()
            );
        }
    }

    /// <summary>How much of the running statistics each batch replaces, 0 to 1.</summary>
    public double momentum { get; }

    /// <summary>The mean of each channel over the batches seen in training, [C], or null where none is kept.</summary>
    public torch.Tensor? running_mean
    {
        get => has_buffer(MeanName) ? get_buffer(MeanName) : null;
        private set => Move(MeanName, value);
    }

    /// <summary>The unbiased variance of each channel over the batches seen in training, [C], or null where none is kept.</summary>
    public torch.Tensor? running_var
    {
        get => has_buffer(VarianceName) ? get_buffer(VarianceName) : null;
        private set => Move(VarianceName, value);
    }

    /// <summary>The number of batches seen in training, int64 [], or null where none is kept.</summary>
    public torch.Tensor? num_batches_tracked
    {
        get => has_buffer(CountName) ? get_buffer(CountName) : null;
        private set => Move(CountName, value);
    }

    private protected override SparseTensor Apply(SparseTensor input) =>
        input.with_features(NormalizeRows(input.features));

    private protected override torch.Tensor Normalize(SparseTensor input) => NormalizeRows(input.features);

    /// <summary>
    /// The same for the rows of any matrix [N, C], such as the features of points, and rectified where that is asked; 16-bit
    /// ones are rounded once.
    /// </summary>
    internal torch.Tensor NormalizeRows(torch.Tensor rows, Activation activation = Activation.Identity)
    {
        var state = BatchNormState.Of(this)!;
        if (rows.shape[0] > (state.IsOfBatch ? 1 : 0))
        {
            if (!state.Fits(rows))
            {
                throw new ArgumentException(
                    $"{GetName()} has parameters or statistics of another type or device than its input, "
                        + $"{rows.dtype} on {rows.device}.",
                    nameof(rows)
                );
            }

            var (features, recomputation) = state.Run(rows, activation: activation);
            recomputation?.Dispose();
            return features;
        }

        // Nothing is left of a single row, or of none, but the gradient's way to it.
        using var scope = torch.NewDisposeScope();
        var wide = Precision.Widen(rows);
        return Finish(Affine(wide - wide.detach()), rows, activation).MoveToOuterDisposeScope();
    }

    private static torch.Tensor Finish(torch.Tensor wide, torch.Tensor rows, Activation activation) =>
        Precision.As(activation == Activation.Relu ? wide.relu_() : wide, rows.dtype);

    // Module.to gives buffers of another type or device through their properties.
    private void Move(string name, torch.Tensor? value)
    {
        value?.DetachFromDisposeScope();
        ConditionallyRegisterBuffer(name, value);
    }
}

/// <content>Batch norm.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Batch normalization over active voxels; see <see cref="SparseConv.SparseBatchNorm"/>.</summary>
        public static SparseBatchNorm SparseBatchNorm(
            long num_features,
            double eps = 1e-5,
            double momentum = 0.1,
            bool affine = true,
            bool track_running_stats = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(num_features, eps, momentum, affine, track_running_stats, device, dtype);
    }
}
