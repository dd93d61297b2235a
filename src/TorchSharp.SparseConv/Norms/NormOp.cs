using TorchSharp.SparseConv.Autograd;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Batch norm with given statistics, plus a residual where there is one, rectified where that is asked: features [N, C]
/// to [N, C]. Beside its inputs Backward keeps two numbers a channel, and the output where a residual went into what
/// ReLU cut off.
/// </summary>
internal sealed class NormOp : Operation<NormOp>
{
    private readonly double _epsilon;
    private readonly NormStatistics _kind;
    private readonly Activation _activation;
    private readonly torch.Tensor _givenStatistics;
    private readonly bool _mayOverwrite;
    private readonly Input _features;
    private readonly Input _weight;
    private readonly Input _bias;
    private readonly Input _residual;
    private readonly Saved _savedFeatures;
    private readonly Saved _savedWeight;
    private readonly Saved _savedBias;
    private readonly Saved _statistics;
    private readonly Saved _output;

    /// <summary>
    /// statistics are mean and variance, [2, C], and kind says whether they are the features' own. Where no gradient is
    /// wanted the output may take the features' memory.
    /// </summary>
    internal NormOp(
        torch.Tensor features,
        torch.Tensor? weight,
        torch.Tensor? bias,
        torch.Tensor? residual,
        torch.Tensor statistics,
        NormStatistics kind,
        double epsilon,
        Activation activation,
        bool mayOverwrite
    )
    {
        (_givenStatistics, _kind, _epsilon) = (statistics, kind, epsilon);
        (_activation, _mayOverwrite) = (activation, mayOverwrite);
        _features = Reads(features);
        _weight = Reads(weight);
        _bias = Reads(bias);
        _residual = Reads(residual);
        _savedFeatures = Saves();
        _savedWeight = Saves();
        _savedBias = Saves();
        _statistics = Saves();
        _output = Saves();
    }

    /// <summary>
    /// Mean and biased variance of each column of [N, C], as [2, C]; float32 where the features have 16 bits.
    /// </summary>
    internal static torch.Tensor Statistics(torch.Tensor features)
    {
        var result = TorchSharpNative.Empty(
            new[] { 2, features.shape[1] },
            Precision.Sums(features.dtype),
            features.device
        );
        using var memory = new BorrowedMemory();
        var (mean, variance) = Halves(memory, result);
        Norm.Statistics(Rows(memory, TensorMemory.Contiguous(features)), mean, variance);
        return result;
    }

    /// <summary>
    /// The sum of each column of [N, C], as [C]; float32 where the rows have 16 bits. The order of summation does not
    /// depend on the number of threads, as that of torch's does.
    /// </summary>
    internal static torch.Tensor ColumnSums(torch.Tensor rows)
    {
        // The gradient of a norm's bias.
        var statistics = Neutral(rows);
        var result = torch.empty(new[] { rows.shape[1] }, statistics.dtype, rows.device);
        using var memory = new BorrowedMemory();
        var view = Rows(memory, TensorMemory.Contiguous(rows));
        Norm.Backward(
            view,
            Terms(memory, statistics, epsilon: 0, scale: null, shift: null),
            NormStatistics.Given,
            view,
            new NormGradients(null, null, Row(memory, result), null)
        );
        return result;
    }

    /// <summary>The statistics [2, C] under which a norm leaves the features as they are: mean 0, variance 1.</summary>
    internal static torch.Tensor Neutral(torch.Tensor features)
    {
        var statistics = torch.zeros(new[] { 2, features.shape[1] }, Precision.Sums(features.dtype), features.device);
        _ = statistics[1].fill_(Scalars.One);
        return statistics;
    }

    /// <summary>
    /// The features less their mean over their deviation, scaled, shifted, onto the residual where there is one, and
    /// rectified where that is asked; in the memory of the features where that is allowed.
    /// </summary>
    internal static torch.Tensor Compute(
        torch.Tensor features,
        torch.Tensor? weight,
        torch.Tensor? bias,
        torch.Tensor? residual,
        torch.Tensor statistics,
        double epsilon,
        Activation activation,
        bool overwrites = false
    )
    {
        var output =
            overwrites && features.is_contiguous()
                ? features
                : TorchSharpNative.Empty(features.shape, features.dtype, features.device);
        using var memory = new BorrowedMemory();
        Norm.Forward(
            Rows(memory, TensorMemory.Contiguous(features)),
            Terms(memory, statistics, epsilon, Widen(weight), Widen(bias)),
            Rows(memory, output),
            residual is null ? null : Rows(memory, TensorMemory.Contiguous(residual)),
            activation
        );
        return output;
    }

    protected override torch.Tensor Forward()
    {
        var output = Compute(
            _features.Tensor!,
            _weight.Tensor,
            _bias.Tensor,
            _residual.Tensor,
            _givenStatistics,
            _epsilon,
            _activation,
            _mayOverwrite && !IsTracked
        );
        _savedFeatures.Tensor = _features.Tensor;
        _savedWeight.Tensor = _weight.Tensor;
        _savedBias.Tensor = _bias.Tensor;
        _statistics.Tensor = _givenStatistics;
        _output.Tensor = _activation == Activation.Relu && _residual.Tensor is not null ? output : null;
        return output;
    }

    protected override void Backward(torch.Tensor gradient)
    {
        var features = TensorMemory.Contiguous(_savedFeatures.Tensor!);
        var (scale, shift) = (Widen(_savedWeight.Tensor), Widen(_savedBias.Tensor));
        var ofFeatures = _features.NeedsGradient ? EmptyLike(features) : null;
        var ofWeight = _weight.NeedsGradient ? torch.empty_like(scale!) : null;
        var ofBias = _bias.NeedsGradient ? torch.empty_like(shift!) : null;
        var ofResidual = _residual.NeedsGradient ? EmptyLike(features) : null;
        using var memory = new BorrowedMemory();
        Norm.Backward(
            Rows(memory, features),
            Terms(memory, _statistics.Tensor!, _epsilon, scale, shift),
            _kind,
            Rows(memory, gradient),
            new NormGradients(
                RowsOrNone(memory, ofFeatures),
                Row(memory, ofWeight),
                Row(memory, ofBias),
                RowsOrNone(memory, ofResidual)
            ),
            RowsOrNone(memory, _output.Tensor),
            _activation
        );
        _features.Gradient = ofFeatures;
        _weight.Gradient = ofWeight is null ? null : Precision.As(ofWeight, _weight.Type!.Value);
        _bias.Gradient = ofBias is null ? null : Precision.As(ofBias, _bias.Type!.Value);
        _residual.Gradient = ofResidual;
    }

    private static NormTerms Terms(
        BorrowedMemory memory,
        torch.Tensor statistics,
        double epsilon,
        torch.Tensor? scale,
        torch.Tensor? shift
    )
    {
        var (mean, variance) = Halves(memory, statistics);
        return new NormTerms(mean, variance, epsilon, Row(memory, scale), Row(memory, shift));
    }

    /// <summary>The two rows of [2, C].</summary>
    private static (MatrixView Mean, MatrixView Variance) Halves(BorrowedMemory memory, torch.Tensor statistics)
    {
        var mean = Rows(memory, statistics) with { Rows = 1 };
        return (mean, mean with { Data = mean.Data + checked((nint)(mean.Columns * statistics.ElementSize)) });
    }

    private static torch.Tensor EmptyLike(torch.Tensor features) =>
        TorchSharpNative.Empty(features.shape, features.dtype, features.device);

    private static MatrixView Rows(BorrowedMemory memory, torch.Tensor matrix) =>
        memory.Matrix(matrix, matrix.shape[0], matrix.shape[1], nameof(matrix));

    private static MatrixView? RowsOrNone(BorrowedMemory memory, torch.Tensor? matrix) =>
        matrix is null ? null : Rows(memory, matrix);

    private static MatrixView? Row(BorrowedMemory memory, torch.Tensor? vector) =>
        vector is null ? null : memory.Matrix(vector, 1, vector.NumberOfElements, nameof(vector));

    private static torch.Tensor? Widen(torch.Tensor? vector) =>
        vector is null ? null : TensorMemory.Contiguous(Precision.Widen(vector));
}
