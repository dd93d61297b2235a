using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>What a batch norm of either kind keeps, and the pass over its rows that uses and moves it.</summary>
internal sealed class BatchNormState
{
    /// <summary>[C], or null.</summary>
    internal Parameter? Weight { get; private init; }

    /// <summary>[C], or null.</summary>
    internal Parameter? Bias { get; private init; }

    /// <summary>The running mean, [C], or null.</summary>
    internal torch.Tensor? Mean { get; private init; }

    /// <summary>The running variance, [C], or null.</summary>
    internal torch.Tensor? Variance { get; private init; }

    internal double Epsilon { get; private init; }

    /// <summary>Whether rows are normalised by statistics of their own.</summary>
    internal bool IsOfBatch => Training || Mean is null || Variance is null;

    private long Channels { get; init; }

    private torch.Tensor? Count { get; init; }

    /// <summary>The share of a batch in the running statistics, or null where all batches have the same.</summary>
    private double? Momentum { get; init; }

    private bool Training { get; init; }

    /// <summary>The state of a module, or null where it is no batch norm.</summary>
    internal static BatchNormState? Of(torch.nn.Module? module) =>
        module switch
        {
            SparseBatchNorm norm => new BatchNormState
            {
                Weight = norm.weight,
                Bias = norm.bias,
                Mean = norm.running_mean,
                Variance = norm.running_var,
                Count = norm.num_batches_tracked,
                Epsilon = norm.eps,
                Momentum = norm.momentum,
                Training = norm.training,
                Channels = norm.num_features,
            },
            BatchNorm1d norm => new BatchNormState
            {
                Weight = norm.weight,
                Bias = norm.bias,
                Mean = norm.running_mean,
                Variance = norm.running_var,
                Count = norm.num_batches_tracked,
                Epsilon = norm.eps,
                Momentum = norm.momentum,
                Training = norm.training,
                Channels = norm.num_features,
            },
            _ => null,
        };

    /// <summary>
    /// Whether the engine computes this norm of features [N, C]: on the CPU, with a channel for each of the norm's and
    /// rows enough for statistics of their own; what has 16 bits is widened.
    /// </summary>
    internal bool Fits(torch.Tensor features) =>
        features.ndim == 2
        && features.shape[1] == Channels
        && features.shape[0] > (IsOfBatch ? 1 : 0)
        && IsFloat(features.dtype)
        && LiesBeside(features);

    /// <summary>Whether parameters and statistics have the type that modules take beside these features.</summary>
    internal bool HasTypeOf(torch.Tensor features) =>
        Precision.IsHalf(features.dtype) || Tensors.All(one => one.dtype == features.dtype);

    /// <summary>
    /// Whether the norm, by its running statistics, is a scale and a shift of this convolution's output for these features.
    /// </summary>
    internal bool CanFollow(SparseConvolution convolution, torch.Tensor features) =>
        !IsOfBatch && Channels == convolution.out_channels && HasTypeOf(features) && LiesBeside(features);

    /// <summary>
    /// The norm by its running statistics, of x plus an offset [C]: x * Scale + Shift, both [C] in the type of sums.
    /// </summary>
    internal (torch.Tensor Scale, torch.Tensor Shift) ScaleAndShift(torch.Tensor? offset)
    {
        using var scope = torch.NewDisposeScope();
        using Scalar epsilon = Epsilon;
        var scale = Precision.Widen(Variance!).add(epsilon, Scalars.One).rsqrt();
        var shift = -Precision.Widen(Mean!);
        if (Weight is { } weight)
        {
            scale = scale.mul(Precision.Widen(weight));
        }

        if (offset is not null)
        {
            shift = shift.add(Precision.Widen(offset), Scalars.One);
        }

        shift = shift.mul(scale);
        if (Bias is { } bias)
        {
            shift = shift.add(Precision.Widen(bias), Scalars.One);
        }

        return (scale.MoveToOuterDisposeScope(), shift.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Refuses a single row for statistics of its own, as PyTorch does: its variance is nothing, and the unbiased one that
    /// would be tracked is NaN.
    /// </summary>
    internal void RequireRows(torch.Tensor features)
    {
        if (IsOfBatch && features.ndim == 2 && features.shape[0] == 1)
        {
            throw new ArgumentException(
                $"Expected more than 1 value per channel when training, got input size {Shapes.Text(features.shape)}.",
                nameof(features)
            );
        }
    }

    /// <summary>
    /// activation(norm + residual) of features that fit, in one pass after that of the statistics, and how to compute them
    /// again where autograd keeps what that takes. Where no gradient is wanted the pass may overwrite the features and give these.
    /// </summary>
    internal (torch.Tensor Features, Recomputation? Recomputation) Run(
        torch.Tensor features,
        torch.Tensor? residual = null,
        Activation activation = Activation.Identity,
        bool overwrites = false
    )
    {
        using var scope = torch.NewDisposeScope();
        var statistics = IsOfBatch ? NormOp.Statistics(features) : RunningStatistics();
        if (IsOfBatch && Mean is not null)
        {
            Track(statistics, features.shape[0]);
        }

        var kind = IsOfBatch ? NormStatistics.OfInput : NormStatistics.Given;
        var result = new NormOp(
            features,
            Weight,
            Bias,
            residual,
            statistics,
            kind,
            Epsilon,
            activation,
            overwrites
        ).Run();
        if (ReferenceEquals(result, features))
        {
            return (result, null);
        }

        result.MoveToOuterDisposeScope();
        if (residual is not null || !result.requires_grad)
        {
            return (result, null);
        }

        var recomputation = Recomputation.OfNorm(features, Weight, Bias, statistics, Epsilon, activation);
        recomputation.MoveToOuterDisposeScope();
        return (result, recomputation);
    }

    private bool LiesBeside(torch.Tensor features) =>
        Tensors.All(one =>
            Devices.AreSame(one, features) && Precision.Sums(one.dtype) == Precision.Sums(features.dtype)
        );

    private IEnumerable<torch.Tensor> Tensors => new[] { Weight, Bias, Mean, Variance }.OfType<torch.Tensor>();

    private static bool IsFloat(torch.ScalarType type) =>
        type is torch.ScalarType.Float32 or torch.ScalarType.Float64 || Precision.IsHalf(type);

    /// <summary>A copy, [2, C]: backward reads it, and the running statistics may have moved by then.</summary>
    private torch.Tensor RunningStatistics()
    {
        using var untracked = torch.no_grad();
        return torch.stack([Precision.Widen(Mean!), Precision.Widen(Variance!)]);
    }

    /// <summary>Moves the running statistics towards those of a batch, the variance as the unbiased one.</summary>
    private void Track(torch.Tensor statistics, long rows)
    {
        using var untracked = torch.no_grad();
        var share = Momentum ?? 0;
        if (Count is { } count)
        {
            count.add_(Scalars.One, Scalars.One);
            share = Momentum ?? 1 / count.to_type(torch.ScalarType.Float64).item<double>();
        }

        using Scalar kept = 1 - share;
        using Scalar added = share;
        using Scalar unbiased = share * rows / (rows - 1.0);
        Write(Mean!, (Precision.Widen(Mean!) * kept).add_(statistics[0], added));
        Write(Variance!, (Precision.Widen(Variance!) * kept).add_(statistics[1], unbiased));
    }

    // libtorch has saved these buffers where its own norm ran, and refuses them after copy_.
    private static void Write(torch.Tensor buffer, torch.Tensor values) =>
        TensorMemory.Restore(buffer, Precision.As(values, buffer.dtype));
}
