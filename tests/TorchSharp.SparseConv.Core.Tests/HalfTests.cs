namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Features of 16 bits beside weights of the same type or Float32, against brute force over the numbers as stored.</summary>
[TestFixture]
public sealed unsafe class HalfTests
{
    private const ConvolutionDirection Down = ConvolutionDirection.FineToCoarse;

    // Results are rounded by at most 2^-11 each; the largest of a few hundred sums of products in -1..1 stays below 16.
    private const double HalfTolerance = 16.0 / 2048;

    [TestCase("3d_dilate_3_stride_2")]
    public void Float16_features_with_Float32_weights_are_brute_force(string name)
    {
        using var scene = new Scene(Cases.Named(name));
        var problem = new Problem<float>(scene, Down);
        Round(problem.Input.Data);
        Round(problem.Weight.Data);
        Round(problem.GradOutput.Data);
        var input = Narrow(problem.Input);
        var grad = Narrow(problem.GradOutput);
        var output = new Half[problem.GradOutput.Data.Length];
        var gradInput = new Half[problem.Input.Data.Length];
        var gradWeight = new Matrix<float>(problem.Weight.Rows, problem.Weight.Columns).Fill(double.NaN);
        var gradBias = new Matrix<float>(1, problem.Weight.Columns).Fill(double.NaN);
        fixed (
            Half* x = input,
                g = grad,
                y = output,
                dx = gradInput
        )
        {
            var inputs = View(problem.Input, x);
            var gradients = View(problem.GradOutput, g);
            Convolution.Forward(
                scene.Rulebook,
                Down,
                inputs,
                problem.Weight.View,
                problem.Bias.View,
                View(problem.GradOutput, y)
            );
            Convolution.BackwardInput(scene.Rulebook, Down, gradients, problem.Weight.View, View(problem.Input, dx));
            Convolution.BackwardWeight(scene.Rulebook, Down, inputs, gradients, gradWeight.View, gradBias.View);
        }

        var brute = problem.ForOracle();
        var expected = Oracle.Backward(brute, problem.GradOutput.ToDouble());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Widen(output), Is.EqualTo(Oracle.Forward(brute)).Within(HalfTolerance));
            Assert.That(Widen(gradInput), Is.EqualTo(expected.Input).Within(HalfTolerance));
            Near.Check("gradient of weight", gradWeight.ToDouble(), expected.Weight, Near.Tolerance<float>());
            Near.Check("gradient of bias", gradBias.ToDouble(), expected.Bias, Near.Tolerance<float>());
        }
    }

    [Test]
    public void Pooling_of_Float16_is_that_of_Float32_rounded_once([Values] PoolingKind kind)
    {
        using var scene = new Scene(Cases.Named("3d_dilate_3_stride_2"));
        const int Channels = 3;
        var random = new Random(8);
        var input = new Matrix<float>(scene.Fine.Rows, Channels);
        var gradient = new Matrix<float>(scene.Coarse.Rows, Channels);
        foreach (var matrix in new[] { input, gradient })
        {
            for (var i = 0; i < matrix.Data.Length; i++)
                matrix.Data[i] = (random.NextSingle() * 2) - 1;
            Round(matrix.Data);
        }
        var (output, gradInput) = (
            new Matrix<float>(scene.Coarse.Rows, Channels),
            new Matrix<float>(scene.Fine.Rows, Channels)
        );
        var (halfOutput, halfGradInput) = (new Half[output.Data.Length], new Half[gradInput.Data.Length]);
        var saved = new int[Pooling.SavedBytes(scene.Rulebook, Down, kind, Channels) / sizeof(int)];
        fixed (int* ints = saved)
        fixed (
            Half* x = Narrow(input),
                g = Narrow(gradient),
                y = halfOutput,
                dx = halfGradInput
        )
        {
            var kept = new Workspace((nint)ints, saved.Length * sizeof(int));
            Pooling.Forward(scene.Rulebook, Down, kind, input.View, output.View, kept);
            Pooling.Backward(scene.Rulebook, Down, kind, gradient.View, gradInput.View, kept);
            var wide = saved.ToArray();
            Pooling.Forward(scene.Rulebook, Down, kind, View(input, x), View(output, y), kept);
            Pooling.Backward(scene.Rulebook, Down, kind, View(gradient, g), View(gradInput, dx), kept);
            Assert.That(saved, Is.EqualTo(wide), "saved");
        }
        Assert.That(halfOutput, Is.EqualTo(Narrow(output)), "output");
        Assert.That(halfGradInput, Is.EqualTo(Narrow(gradInput)), "gradient");
    }

    private static void Round(Span<float> values)
    {
        foreach (ref var value in values)
            value = (float)(Half)value;
    }

    private static Half[] Narrow(Matrix<float> matrix) => [.. matrix.Data.Select(value => (Half)value)];

    private static double[] Widen(Half[] values) => [.. values.Select(value => (double)value)];

    private static MatrixView View(Matrix<float> like, Half* data) =>
        new((nint)data, like.Rows, like.Columns, ElementType.Float16);
}
