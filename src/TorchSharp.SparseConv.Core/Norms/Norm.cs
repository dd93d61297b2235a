using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Batch normalization of the columns of a matrix, followed by an optional residual and activation, and its gradients.
/// Each is one pass over the rows, on matrices of the caller that are all on one device. Sums are Float64; 16-bit
/// numbers are computed with in Float32 and rounded once. Results do not depend on the number of threads. A matrix that
/// does not fit throws ArgumentException before anything is written.
/// </summary>
public static unsafe class Norm
{
    /// <summary>
    /// Overwrites <paramref name="mean"/> and <paramref name="variance"/>, <c>[1, channels]</c>, with those of each
    /// column of <paramref name="input"/>, which must have at least one row. The variance is the biased one.
    /// </summary>
    public static void Statistics(in MatrixView input, in MatrixView mean, in MatrixView variance)
    {
        FitRows(input, input, nameof(input));
        FitColumns(input, mean, nameof(mean));
        FitColumns(input, variance, nameof(variance));
        if (input.Rows == 0)
        {
            throw new ArgumentException("input has no rows, must have one at least.", nameof(input));
        }

        Native.spc_norm_statistics(in input, Native.DefaultStream, in mean, in variance).ThrowIfFailed();
    }

    /// <summary>
    /// Overwrites <paramref name="output"/>, which may be the input itself, with <c>activation((input - mean) /
    /// sqrt(variance + epsilon) * weight + bias + residual)</c>. The input, the output and the residual are
    /// <c>[rows, channels]</c>.
    /// </summary>
    public static void Forward(
        in MatrixView input,
        in NormTerms terms,
        in MatrixView output,
        MatrixView? residual = null,
        Activation activation = Activation.Identity
    )
    {
        Checks.Defined(activation, nameof(activation));
        FitTerms(input, terms);
        FitRows(input, output, nameof(output));
        FitRows(input, residual, nameof(residual));
        var (mean, variance) = (terms.Mean, terms.Variance);
        var (weight, bias) = (terms.Weight.GetValueOrDefault(), terms.Bias.GetValueOrDefault());
        var added = residual.GetValueOrDefault();
        Native
            .spc_norm_forward(
                in input,
                in mean,
                in variance,
                terms.Epsilon,
                terms.Weight is null ? null : &weight,
                terms.Bias is null ? null : &bias,
                residual is null ? null : &added,
                activation,
                Native.DefaultStream,
                in output
            )
            .ThrowIfFailed();
    }

    /// <summary>
    /// Overwrites the gradients that are given, from <paramref name="gradOutput"/> <c>[rows, channels]</c> and the
    /// arguments of <see cref="Forward"/>. <paramref name="output"/> is the matrix that it wrote and shows which values
    /// ReLU let through. Without a residual it may be null, and is then computed again.
    /// </summary>
    public static void Backward(
        in MatrixView input,
        in NormTerms terms,
        NormStatistics statistics,
        in MatrixView gradOutput,
        in NormGradients gradients,
        MatrixView? output = null,
        Activation activation = Activation.Identity
    )
    {
        Checks.Defined(activation, nameof(activation));
        Checks.Defined(statistics, nameof(statistics));
        FitTerms(input, terms);
        FitRows(input, gradOutput, nameof(gradOutput));
        FitRows(input, output, nameof(output));
        FitRows(input, gradients.Input, nameof(gradients));
        FitColumns(input, gradients.Weight, nameof(gradients));
        FitColumns(input, gradients.Bias, nameof(gradients));
        FitRows(input, gradients.Residual, nameof(gradients));
        var (mean, variance, result) = (terms.Mean, terms.Variance, output.GetValueOrDefault());
        var (weight, bias) = (terms.Weight.GetValueOrDefault(), terms.Bias.GetValueOrDefault());
        var (ofInput, ofResidual) = (gradients.Input.GetValueOrDefault(), gradients.Residual.GetValueOrDefault());
        var (ofWeight, ofBias) = (gradients.Weight.GetValueOrDefault(), gradients.Bias.GetValueOrDefault());
        Native
            .spc_norm_backward(
                in input,
                in mean,
                in variance,
                terms.Epsilon,
                terms.Weight is null ? null : &weight,
                terms.Bias is null ? null : &bias,
                output is null ? null : &result,
                activation,
                statistics,
                in gradOutput,
                Native.DefaultStream,
                gradients.Input is null ? null : &ofInput,
                gradients.Weight is null ? null : &ofWeight,
                gradients.Bias is null ? null : &ofBias,
                gradients.Residual is null ? null : &ofResidual
            )
            .ThrowIfFailed();
    }

    private static void FitTerms(in MatrixView input, in NormTerms terms)
    {
        FitRows(input, input, nameof(input));
        FitColumns(input, terms.Mean, nameof(terms));
        FitColumns(input, terms.Variance, nameof(terms));
        FitColumns(input, terms.Weight, nameof(terms));
        FitColumns(input, terms.Bias, nameof(terms));
    }

    private static void FitRows(in MatrixView input, MatrixView? matrix, string name)
    {
        if (matrix is { } given)
        {
            MatrixChecks.Fit(given, input.ElementType, input.Device, input.Rows, input.Columns, name);
        }
    }

    private static void FitColumns(in MatrixView input, MatrixView? matrix, string name)
    {
        var type = input.ElementType == ElementType.Float64 ? ElementType.Float64 : ElementType.Float32;
        if (matrix is { } given)
        {
            MatrixChecks.Fit(given, type, input.Device, 1, input.Columns, name);
        }
    }
}

/// <summary>
/// The statistics and parameters of each column, <c>[1, channels]</c>, in Float64 beside Float64 features, else in
/// Float32.
/// </summary>
/// <param name="Mean">The value to subtract.</param>
/// <param name="Variance">
/// The value whose square root, after <paramref name="Epsilon"/> is added, is the divisor.
/// </param>
/// <param name="Epsilon">The number that is added to the variance, 0 or more.</param>
/// <param name="Weight">The factor that follows, or null.</param>
/// <param name="Bias">The value that is added to it, or null.</param>
public readonly record struct NormTerms(
    MatrixView Mean,
    MatrixView Variance,
    double Epsilon,
    MatrixView? Weight = null,
    MatrixView? Bias = null
);

/// <summary>
/// The gradients of a norm that are wanted; each matrix is overwritten, and null stands for one that is not wanted.
/// </summary>
/// <param name="Input"><c>[rows, channels]</c>.</param>
/// <param name="Weight"><c>[1, channels]</c>, in Float64 beside Float64 features, else in Float32.</param>
/// <param name="Bias">As <paramref name="Weight"/>.</param>
/// <param name="Residual"><c>[rows, channels]</c>.</param>
public readonly record struct NormGradients(
    MatrixView? Input = null,
    MatrixView? Weight = null,
    MatrixView? Bias = null,
    MatrixView? Residual = null
);

/// <summary>
/// Where the mean and the variance of a norm come from, which decides whether gradients flow through them.
/// </summary>
public enum NormStatistics
{
    /// <summary>They are constants, such as running averages.</summary>
    Given,

    /// <summary>They were computed from the input.</summary>
    OfInput,
}
