namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Gradients against central differences of the library's own forward pass, in double.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Available))]
public sealed class GradientTests(Backend backend)
{
    // A convolution is linear in each argument, so the step does not have to be small; what is left is rounding.
    private const double Step = 0.5;
    private const double Tolerance = 1e-12;

    [TestCaseSource(typeof(Cases), nameof(Cases.Small))]
    public void Of_a_convolution(Case one) => Compare(one, ConvolutionDirection.FineToCoarse);

    [TestCaseSource(typeof(Cases), nameof(Cases.Small))]
    public void Of_a_transposed_convolution(Case one) => Compare(one, ConvolutionDirection.CoarseToFine);

    private void Compare(Case one, ConvolutionDirection direction)
    {
        using var scene = new Scene(one, backend);
        var problem = new Problem<double>(scene, direction);
        var (gradWeight, gradBias) = problem.BackwardWeight();
        using (Assert.EnterMultipleScope())
        {
            Check("input", problem, problem.Input, problem.BackwardInput());
            Check("weight", problem, problem.Weight, gradWeight);
            Check("bias", problem, problem.Bias, gradBias);
        }
    }

    // loss = sum(output * gradOutput), whose gradient by the output is gradOutput.
    private static void Check(string name, Problem<double> problem, Matrix<double> argument, Matrix<double> gradient)
    {
        // A sample, evenly spread: every element of the small ones.
        var stride = Math.Max(1, argument.Data.Length / 40);
        for (var index = 0; index < argument.Data.Length; index += stride)
        {
            var value = argument.Data[index];
            argument.Data[index] = value + Step;
            var above = Loss(problem);
            argument.Data[index] = value - Step;
            var below = Loss(problem);
            argument.Data[index] = value;
            var scale = Math.Max(1, Math.Abs(above) + Math.Abs(below));
            Assert.That(
                gradient.Data[index],
                Is.EqualTo((above - below) / (2 * Step)).Within(Tolerance * scale),
                $"{name}[{index}]"
            );
        }
    }

    private static double Loss(Problem<double> problem) =>
        problem.Forward().Data.Zip(problem.GradOutput.Data, (output, gradient) => output * gradient).Sum();
}
