using System.Numerics;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Features of 16 bits beside weights of the same type or Float32, against brute force over the numbers as stored.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Available))]
public sealed class HalfTests(Backend backend)
{
    private const ConvolutionDirection Down = ConvolutionDirection.FineToCoarse;

    // Results are rounded by at most 2^-11 each; the largest of a few hundred sums of products in -1..1 stays below 16.
    private const double HalfTolerance = 16.0 / 2048;

    [TestCase("3d_dilate_3_stride_2")]
    public void Float16_features_with_Float32_weights_are_brute_force(string name)
    {
        using var scene = new Scene(Cases.Named(name), backend);
        var problem = new Problem<float>(scene, Down);
        Round(problem.Input.Data);
        Round(problem.Weight.Data);
        Round(problem.GradOutput.Data);
        var input = Narrow(problem.Input);
        var grad = Narrow(problem.GradOutput);
        var output = Like<Half>(problem.GradOutput);
        var gradInput = Like<Half>(problem.Input);
        var gradWeight = Like<float>(problem.Weight).Fill(double.NaN);
        var gradBias = Like<float>(problem.Bias).Fill(double.NaN);
        var weight = problem.Weight;
        var (forward, backInput, backWeight) = (
            Scratch(ConvolutionPass.Forward),
            Scratch(ConvolutionPass.BackwardInput),
            Scratch(ConvolutionPass.BackwardWeight)
        );
        Convolution.Forward(
            scene.Rulebook,
            Down,
            input.View,
            weight.View,
            problem.Bias.View,
            output.View,
            forward?.Workspace ?? default
        );
        Convolution.BackwardInput(
            scene.Rulebook,
            Down,
            grad.View,
            weight.View,
            gradInput.View,
            backInput?.Workspace ?? default
        );
        Convolution.BackwardWeight(
            scene.Rulebook,
            Down,
            input.View,
            grad.View,
            gradWeight.View,
            gradBias.View,
            backWeight?.Workspace ?? default
        );
        var brute = problem.ForOracle();
        var expected = Oracle.Backward(brute, problem.GradOutput.ToDouble());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(output.ToDouble(), Is.EqualTo(Oracle.Forward(brute)).Within(HalfTolerance));
            Assert.That(gradInput.ToDouble(), Is.EqualTo(expected.Input).Within(HalfTolerance));
            Near.Check("gradient of weight", gradWeight.ToDouble(), expected.Weight, Near.Tolerance<float>());
            Near.Check("gradient of bias", gradBias.ToDouble(), expected.Bias, Near.Tolerance<float>());
        }

        DeviceArray<byte>? Scratch(ConvolutionPass pass) =>
            scene.Scratch(Down, pass, input.Columns, problem.Weight.Columns, ElementType.Float16);
    }

    [Test]
    public void Pooling_of_Float16_is_that_of_Float32_rounded_once([Values] PoolingKind kind)
    {
        using var scene = new Scene(Cases.Named("3d_dilate_3_stride_2"), backend);
        const int Channels = 3;
        var random = new Random(8);
        var input = new Matrix<float>(scene.Fine.Rows, Channels, backend);
        var gradient = new Matrix<float>(scene.Coarse.Rows, Channels, backend);
        foreach (var matrix in new[] { input, gradient })
        {
            for (var i = 0; i < matrix.Data.Length; i++)
            {
                matrix.Data[i] = (random.NextSingle() * 2) - 1;
            }

            Round(matrix.Data);
        }
        var (output, gradInput) = (
            new Matrix<float>(scene.Coarse.Rows, Channels, backend),
            new Matrix<float>(scene.Fine.Rows, Channels, backend)
        );
        var (halfOutput, halfGradInput) = (Like<Half>(output), Like<Half>(gradInput));
        var saved = new DeviceArray<int>(
            backend,
            Pooling.SavedBytes(scene.Rulebook, Down, kind, Channels) / sizeof(int)
        );
        Run(input, output, gradient, gradInput);
        var wide = saved.Host.ToArray();
        Run(Narrow(input), halfOutput, Narrow(gradient), halfGradInput);
        Assert.That(saved.Host, Is.EqualTo(wide), "saved");
        Assert.That(halfOutput.Data, Is.EqualTo(Narrow(output).Data), "output");
        Assert.That(halfGradInput.Data, Is.EqualTo(Narrow(gradInput).Data), "gradient");

        void Run<T>(Matrix<T> from, Matrix<T> to, Matrix<T> gradTo, Matrix<T> gradFrom)
            where T : unmanaged, INumber<T>
        {
            Pooling.Forward(scene.Rulebook, Down, kind, from.View, to.View, saved.Workspace);
            Pooling.Backward(scene.Rulebook, Down, kind, gradTo.View, gradFrom.View, saved.Workspace);
        }
    }

    private static void Round(Span<float> values)
    {
        foreach (ref var value in values)
        {
            value = (float)(Half)value;
        }
    }

    private Matrix<T> Like<T>(Matrix<float> matrix)
        where T : unmanaged, INumber<T> => new(matrix.Rows, matrix.Columns, backend);

    private Matrix<Half> Narrow(Matrix<float> matrix)
    {
        var narrow = Like<Half>(matrix);
        for (var i = 0; i < narrow.Data.Length; i++)
        {
            narrow.Data[i] = (Half)matrix.Data[i];
        }

        return narrow;
    }
}
