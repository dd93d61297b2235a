using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv.Functions;

/// <summary>The passes of a batch norm on tensors. Results belong to the caller's dispose scope.</summary>
internal static class NormEngine
{
    /// <summary>Mean and biased variance of each column of [N, C], as [2, C]; float32 where the features have 16 bits.</summary>
    internal static torch.Tensor Statistics(torch.Tensor features)
    {
        var input = TensorMemory.Contiguous(features);
        var result = TorchSharpNative.Empty(
            new[] { 2, features.shape[1] },
            Precision.Sums(features.dtype),
            features.device
        );
        var (mean, variance) = Halves(result);
        Norm.Statistics(Rows(input), mean, variance);
        GC.KeepAlive(input);
        GC.KeepAlive(result);
        return result;
    }

    /// <summary>
    /// The sum of each column of [N, C], as [C]; float32 where the rows have 16 bits. On the CPU the order of summation does
    /// not depend on the number of threads, as that of torch's does.
    /// </summary>
    internal static torch.Tensor ColumnSums(torch.Tensor rows)
    {
        if (rows.device_type != DeviceType.CPU)
        {
            return rows.sum(dim: 0, type: Precision.Sums(rows.dtype));
        }

        // It is the gradient of a bias.
        var input = TensorMemory.Contiguous(rows);
        var statistics = Neutral(rows);
        var result = torch.empty(new[] { rows.shape[1] }, statistics.dtype, rows.device);
        Norm.Backward(
            Rows(input),
            Terms(new NormCall(0, NormStatistics.Given, Activation.Identity), statistics, null, null),
            NormStatistics.Given,
            Rows(input),
            new NormGradients(null, null, Row(result), null)
        );
        GC.KeepAlive(input);
        GC.KeepAlive(statistics);
        GC.KeepAlive(result);
        return result;
    }

    /// <summary>The statistics [2, C] under which a norm leaves the features as they are: mean 0, variance 1.</summary>
    internal static torch.Tensor Neutral(torch.Tensor features)
    {
        var ones = torch.zeros(new[] { 2, features.shape[1] }, Precision.Sums(features.dtype), features.device);
        _ = ones[1].fill_(One);
        return ones;
    }

    /// <summary>
    /// The features less their mean over their deviation, scaled, shifted, onto the residual where there is one, and
    /// rectified where that is asked; in the memory of the features where that is allowed.
    /// </summary>
    internal static torch.Tensor Forward(
        NormCall call,
        torch.Tensor features,
        torch.Tensor? weight,
        torch.Tensor? bias,
        torch.Tensor? residual,
        torch.Tensor statistics,
        bool overwrites = false
    )
    {
        var input = TensorMemory.Contiguous(features);
        var (scale, shift) = (Widen(weight), Widen(bias));
        var added = residual is null ? null : TensorMemory.Contiguous(residual);
        var output =
            overwrites && ReferenceEquals(input, features)
                ? features
                : TorchSharpNative.Empty(features.shape, features.dtype, features.device);
        Norm.Forward(
            Rows(input),
            Terms(call, statistics, scale, shift),
            Rows(output),
            added is null ? null : Rows(added),
            call.Activation
        );
        GC.KeepAlive(input);
        GC.KeepAlive(scale);
        GC.KeepAlive(shift);
        GC.KeepAlive(added);
        GC.KeepAlive(statistics);
        GC.KeepAlive(output);
        return output;
    }

    /// <summary>The gradients that the call needs, null for the others; output may be null where there was no residual.</summary>
    internal static (torch.Tensor? Features, torch.Tensor? Weight, torch.Tensor? Bias, torch.Tensor? Residual) Backward(
        NormCall call,
        torch.Tensor gradient,
        torch.Tensor features,
        torch.Tensor? weight,
        torch.Tensor? bias,
        torch.Tensor statistics,
        torch.Tensor? output
    )
    {
        var input = TensorMemory.Contiguous(features);
        var (scale, shift) = (Widen(weight), Widen(bias));
        var ofFeatures = call.Needs.Features ? TorchSharpNative.Empty(input.shape, input.dtype, input.device) : null;
        var ofWeight = call.Needs.Weight ? torch.empty_like(scale!) : null;
        var ofBias = call.Needs.Bias ? torch.empty_like(shift!) : null;
        var ofResidual = call.Needs.Residual ? TorchSharpNative.Empty(input.shape, input.dtype, input.device) : null;
        Norm.Backward(
            Rows(input),
            Terms(call, statistics, scale, shift),
            call.Statistics,
            Rows(gradient),
            new NormGradients(OrNone(ofFeatures), Row(ofWeight), Row(ofBias), OrNone(ofResidual)),
            OrNone(output),
            call.Activation
        );
        GC.KeepAlive(input);
        GC.KeepAlive(scale);
        GC.KeepAlive(shift);
        GC.KeepAlive(statistics);
        GC.KeepAlive(gradient);
        GC.KeepAlive(output);
        GC.KeepAlive(ofFeatures);
        GC.KeepAlive(ofResidual);
        return (ofFeatures, Narrow(ofWeight, weight), Narrow(ofBias, bias), ofResidual);
    }

    private static readonly Scalar One = 1;

    private static NormTerms Terms(NormCall call, torch.Tensor statistics, torch.Tensor? scale, torch.Tensor? shift)
    {
        var (mean, variance) = Halves(statistics);
        return new NormTerms(mean, variance, call.Epsilon, Row(scale), Row(shift));
    }

    /// <summary>The two rows of [2, C].</summary>
    private static (MatrixView Mean, MatrixView Variance) Halves(torch.Tensor statistics)
    {
        var mean = Rows(statistics) with { Rows = 1 };
        return (mean, mean with { Data = mean.Data + checked((nint)(mean.Columns * statistics.ElementSize)) });
    }

    private static MatrixView Rows(torch.Tensor matrix) =>
        TensorMemory.Matrix(matrix, matrix.shape[0], matrix.shape[1], nameof(matrix));

    private static MatrixView? OrNone(torch.Tensor? matrix) => matrix is null ? null : Rows(matrix);

    private static MatrixView? Row(torch.Tensor? vector) =>
        vector is null ? null : TensorMemory.Matrix(vector, 1, vector.NumberOfElements, nameof(vector));

    private static torch.Tensor? Widen(torch.Tensor? vector) =>
        vector is null ? null : TensorMemory.Contiguous(Precision.Widen(vector));

    private static torch.Tensor? Narrow(torch.Tensor? gradient, torch.Tensor? parameter) =>
        gradient is null ? null : Precision.As(gradient, parameter!.dtype);
}
