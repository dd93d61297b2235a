using System.Numerics;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Convolutions against brute force, in both directions, in float and in double.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Available))]
public sealed class OracleTests(Backend backend)
{
    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Convolution_is_brute_force_in_float64(Case one) =>
        Compare<double>(backend, one, ConvolutionDirection.FineToCoarse);

    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Convolution_is_brute_force_in_float32(Case one) =>
        Compare<float>(backend, one, ConvolutionDirection.FineToCoarse);

    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Transposed_convolution_is_brute_force_in_float64(Case one) =>
        Compare<double>(backend, one, ConvolutionDirection.CoarseToFine);

    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Transposed_convolution_is_brute_force_in_float32(Case one) =>
        Compare<float>(backend, one, ConvolutionDirection.CoarseToFine);

    [TestCaseSource(typeof(Cases), nameof(Cases.Small))]
    public void Without_a_bias_rows_without_a_pair_are_zero(Case one)
    {
        using var scene = new Scene(one, backend);
        var problem = new Problem<double>(scene, ConvolutionDirection.FineToCoarse);
        var expected = Oracle.Forward(problem.ForOracle(bias: false));
        Near.Check("output", problem.Forward(bias: false).ToDouble(), expected, Near.Float64);
    }

    [Test]
    public void A_residual_is_added_before_values_are_rectified()
    {
        using var scene = new Scene(Cases.Named("3d_dilate_3_stride_2"), backend);
        var problem = new Problem<double>(scene, ConvolutionDirection.FineToCoarse);
        var (rows, columns) = (scene.Coarse.Rows, problem.Weight.Columns);
        var residual = new Matrix<double>(rows, columns, backend);
        for (var i = 0; i < residual.Data.Length; i++)
        {
            residual.Data[i] = (i % 7) - 3;
        }

        var output = new Matrix<double>(rows, columns, backend);
        var scratch = scene.Scratch(
            ConvolutionDirection.FineToCoarse,
            ConvolutionPass.Forward,
            problem.Input.Columns,
            columns,
            ElementType.Float64
        );
        Convolution.Forward(
            scene.Rulebook,
            ConvolutionDirection.FineToCoarse,
            problem.Input.View,
            problem.Weight.View,
            problem.Bias.View,
            output.View,
            scratch?.Workspace ?? default,
            residual: residual.View,
            activation: Activation.Relu
        );
        var plain = problem.Forward();
        var expected = plain.Data.Select((value, i) => Math.Max(value + residual.Data[i], 0));
        Assert.That(output.Data, Is.EqualTo(expected).And.Some.Zero.And.Some.Positive);
    }

    [Test]
    public void A_workspace_of_the_caller_gives_the_same_bits()
    {
        using var scene = new Scene(Cases.Named("3d_dilate_3_stride_2"));
        var problem = new Problem<float>(scene, ConvolutionDirection.FineToCoarse);
        var bytes = Convolution.WorkspaceBytes(
            scene.Rulebook,
            ConvolutionDirection.FineToCoarse,
            ConvolutionPass.Forward,
            problem.Input.Columns,
            problem.Weight.Columns,
            ElementType.Float32
        );
        var memory = GC.AllocateUninitializedArray<byte>(checked((int)bytes) + 128, pinned: true);
        var address = System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0);
        var aligned = (address + 63) / 64 * 64;
        var output = new Matrix<float>(scene.Coarse.Rows, problem.Weight.Columns);
        Convolution.Forward(
            scene.Rulebook,
            ConvolutionDirection.FineToCoarse,
            problem.Input.View,
            problem.Weight.View,
            problem.Bias.View,
            output.View,
            new Workspace(aligned, bytes + 64)
        );
        Assert.That(output.Data, Is.EqualTo(problem.Forward().Data));
    }

    internal static void Compare<T>(Backend backend, Case one, ConvolutionDirection direction)
        where T : unmanaged, INumber<T>
    {
        using var scene = new Scene(one, backend);
        var problem = new Problem<T>(scene, direction);
        var brute = problem.ForOracle();
        var gradOutput = problem.GradOutput.ToDouble();
        var (gradInput, gradWeight, gradBias) = Oracle.Backward(brute, gradOutput);
        var (actualWeight, actualBias) = problem.BackwardWeight();
        var tolerance = Near.Tolerance<T>();
        var terms = gradOutput.Sum(Math.Abs) / Math.Max(gradBias.Length, 1); // of one channel's sum, on average
        using (Assert.EnterMultipleScope())
        {
            Near.Check("output", problem.Forward().ToDouble(), Oracle.Forward(brute), tolerance);
            Near.Check("gradient of input", problem.BackwardInput().ToDouble(), gradInput, tolerance);
            Near.Check("gradient of weight", actualWeight.ToDouble(), gradWeight, tolerance);
            Near.Check("gradient of bias", actualBias.ToDouble(), gradBias, tolerance, terms);
        }
    }
}
