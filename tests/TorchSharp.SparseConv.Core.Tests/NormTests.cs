namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Norms on matrices of the caller: a column worked out by hand, and what is refused.</summary>
[TestFixture]
public sealed class NormTests
{
    [Test]
    public void A_column_loses_its_mean_and_takes_scale_shift_residual_and_relu()
    {
        var (input, output) = (Filled(1, 3, 5, 11), new Matrix<double>(4, 1));
        var (mean, variance) = (new Matrix<double>(1, 1), new Matrix<double>(1, 1));
        Norm.Statistics(input.View, mean.View, variance.View);
        Assert.That((mean.Data[0], variance.Data[0]), Is.EqualTo((5.0, 14.0)));
        // Over the square root of 14 + 2: -1, -0.5, 0 and 1.5; times 2 plus 1: -1, 0, 1 and 4.
        var terms = new NormTerms(mean.View, variance.View, 2, Filled(2).View, Filled(1).View);
        Norm.Forward(input.View, terms, output.View);
        Assert.That(output.Data, Is.EqualTo(new[] { -1.0, 0, 1, 4 }));
        Norm.Forward(input.View, terms, input.View, Filled(0, 1, -2, 1).View, Activation.Relu);
        Assert.That(input.Data, Is.EqualTo(new[] { 0.0, 1, 0, 5 }));
    }

    [Test]
    public void Gradients_are_those_of_given_statistics_or_of_the_inputs_own()
    {
        var (input, gradient) = (Filled(1, 3, 5, 11), Filled(1, 2, 3, 10));
        var terms = new NormTerms(Filled(5).View, Filled(14).View, 2, Filled(2).View, Filled(1).View);
        var (gradInput, gradResidual) = (new Matrix<double>(4, 1), new Matrix<double>(4, 1));
        var (gradWeight, gradBias) = (new Matrix<double>(1, 1), new Matrix<double>(1, 1));
        var gradients = new NormGradients(gradInput.View, gradWeight.View, gradBias.View, gradResidual.View);
        Run(NormStatistics.Given);
        Assert.That(gradInput.Data, Is.EqualTo(new[] { 0, 0, 1.5, 5 }));
        Assert.That(gradResidual.Data, Is.EqualTo(new[] { 0.0, 0, 3, 10 }));
        Assert.That((gradWeight.Data[0], gradBias.Data[0]), Is.EqualTo((15.0, 13.0)));
        Run(NormStatistics.OfInput);
        // Less the mean of the gradients, 13 / 4, and the column's share of 15 / 4; all over 4, times 2.
        Assert.That(gradInput.Data, Is.EqualTo(new[] { 0.25, -0.6875, -0.125, 0.5625 }));

        void Run(NormStatistics statistics) =>
            Norm.Backward(
                input.View,
                terms,
                statistics,
                gradient.View,
                gradients,
                Filled(0, 0, 1, 4).View,
                Activation.Relu
            );
    }

    [Test]
    public void What_does_not_fit_is_refused_by_name()
    {
        var (matrix, row) = (new Matrix<float>(4, 3).View, new Matrix<float>(1, 3).View);
        var terms = new NormTerms(row, row, 0);
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => Norm.Statistics(matrix with { Rows = 0 }, row, row), "input", "input has no rows");
            Refused.With(() => Norm.Statistics(matrix, row with { Columns = 2 }, row), "mean", "must be [1, 3]");
            Refused.With(
                () =>
                    Norm.Forward(
                        matrix,
                        terms with
                        {
                            Weight = row with { ElementType = ElementType.BFloat16 },
                        },
                        matrix
                    ),
                "terms",
                "must have the Float32"
            );
            Refused.With(() => Norm.Forward(matrix, terms, matrix with { Rows = 3 }), "output", "must be [4, 3]");
            Refused.With(() => Norm.Forward(matrix, terms, matrix, row), "residual", "must be [4, 3]");
            Refused.With(
                () => Norm.Forward(matrix, terms, matrix, activation: (Activation)5),
                "activation",
                "activation is 5, must be one of Identity, Relu"
            );
            Refused.With(
                () => Norm.Backward(matrix, terms, NormStatistics.Given, matrix, new NormGradients(Weight: matrix)),
                "gradients",
                "must be [1, 3]"
            );
            Refused.With(
                () => Norm.Backward(matrix, terms, (NormStatistics)2, matrix, new NormGradients(matrix)),
                "statistics",
                "statistics is 2, must be one of Given, OfInput"
            );
        }
    }

    private static Matrix<double> Filled(params double[] values)
    {
        var matrix = new Matrix<double>(values.Length, 1);
        values.CopyTo(matrix.Data, 0);
        return matrix;
    }
}
