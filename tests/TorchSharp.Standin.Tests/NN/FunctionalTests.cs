using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Standin.Tests.NN;

internal sealed class FunctionalTests
{
    private static readonly double[] Logits = [1, 2, 0.5, -1, 0, 3];

    [Test]
    public void Cross_entropy_weighs_classes_and_leaves_out_a_label()
    {
        using Tensor input = TensorValues.Doubles([3, 2], Logits);
        using Tensor target = tensor(new long[] { 0, 1, -100 });
        using Tensor weight = TensorValues.Doubles([2], 2, 3);
        double first = Math.Log(Math.Exp(1) + Math.Exp(2)) - 1;
        double second = Math.Log(Math.Exp(0.5) + Math.Exp(-1)) + 1;
        Assert.Multiple(() =>
        {
            Assert.That(F.cross_entropy(input, target).ToDouble(), Is.EqualTo((first + second) / 2).Within(1e-12));
            Assert.That(
                F.cross_entropy(input, target, weight).ToDouble(),
                Is.EqualTo((2 * first + 3 * second) / 5).Within(1e-12)
            );
            Assert.That(
                F.cross_entropy(input, target, reduction: nn.Reduction.None).Values(),
                Is.EqualTo(new[] { first, second, 0 }).Within(1e-12)
            );
            Assert.That(
                F.cross_entropy(input.slice(0, 0, 2, 1), target.slice(0, 0, 2, 1), ignore_index: 1).ToDouble(),
                Is.EqualTo(first).Within(1e-12)
            );
            Assert.That(
                new CrossEntropyLoss(weight, -100, nn.Reduction.Sum).call(input, target).ToDouble(),
                Is.EqualTo(2 * first + 3 * second).Within(1e-12)
            );
        });
    }

    [Test]
    public void Samples_of_a_grid_lie_between_the_centres_of_pixels()
    {
        using Tensor input = TensorValues.Doubles([1, 1, 1, 4], 1, 2, 4, 8);
        using Tensor grid = TensorValues.Doubles([1, 1, 3, 2], -0.75, 0, 0, 0, 1, 0);
        Assert.Multiple(() =>
        {
            Assert.That(F.grid_sample(input, grid).Values(), Is.EqualTo(new[] { 1, 3, 4.0 }).Within(1e-12));
            Assert.That(
                F.grid_sample(input, grid, GridSampleMode.Nearest, GridSamplePaddingMode.Border).Values(),
                Is.EqualTo(new[] { 1, 4, 8.0 }).Within(1e-12)
            );
            Assert.That(
                F.grid_sample(input, grid, padding_mode: GridSamplePaddingMode.Reflection).Values(),
                Is.EqualTo(new[] { 1, 3, 8.0 }).Within(1e-12)
            );
            Assert.That(
                F.grid_sample(input, grid, align_corners: true).Values(),
                Is.EqualTo(new[] { 1.375, 3, 8 }).Within(1e-12)
            );
        });
    }

    [Test]
    public void Labels_can_be_smoothed()
    {
        using Tensor input = TensorValues.Doubles([1, 2], 1, 2);
        using Tensor target = tensor(new long[] { 0 });
        double log = Math.Log(Math.Exp(1) + Math.Exp(2));
        double expected = 0.9 * (log - 1) + 0.1 * ((log - 1 + log - 2) / 2);
        Assert.That(
            F.cross_entropy(input, target, label_smoothing: 0.1).ToDouble(),
            Is.EqualTo(expected).Within(1e-12)
        );
    }

    [Test]
    public void Losses_are_means_unless_told_otherwise()
    {
        using Tensor input = TensorValues.Doubles([2], 1, -3);
        using Tensor target = TensorValues.Doubles([2], 2, 1);
        using Tensor classes = TensorValues.Doubles([2], 1, 0);
        double logistic = (Math.Log(1 + Math.Exp(-1)) + Math.Log(1 + Math.Exp(-3))) / 2;
        Assert.Multiple(() =>
        {
            Assert.That(nn.MSELoss().call(input, target).ToDouble(), Is.EqualTo(8.5));
            Assert.That(nn.L1Loss(nn.Reduction.Sum).call(input, target).ToDouble(), Is.EqualTo(5));
            Assert.That(F.mse_loss(input, target, nn.Reduction.None).Values(), Is.EqualTo(new[] { 1.0, 16 }));
            Assert.That(nn.BCEWithLogitsLoss().call(input, classes).ToDouble(), Is.EqualTo(logistic).Within(1e-12));
            Assert.That(
                nn.NLLLoss().call(TensorValues.Doubles([2, 2], -1, -2, -3, -4), tensor(new long[] { 1, 0 })).ToDouble(),
                Is.EqualTo(2.5)
            );
        });
    }

    [Test]
    public void Padding_begins_with_the_last_axis()
    {
        using Tensor input = TensorValues.Doubles([1, 2], 1, 2);
        Assert.Multiple(() =>
        {
            Assert.That(F.pad(input, (1, 0)).Values(), Is.EqualTo(new[] { 0.0, 1, 2 }));
            Assert.That(F.pad(input, (0, 0, 1, 0), value: 7).Values(), Is.EqualTo(new[] { 7.0, 7, 1, 2 }));
            Assert.That(F.pad(input, 1).shape, Is.EqualTo(new long[] { 3, 4 }));
            Assert.That(F.pad(input, [0, 2], PaddingModes.Replicate).Values(), Is.EqualTo(new[] { 1.0, 2, 2, 2 }));
        });
    }

    [Test]
    public void Interpolation_resizes()
    {
        using Tensor line = TensorValues.Doubles([1, 1, 2], 0, 4);
        using Tensor square = TensorValues.Doubles([1, 1, 2, 2], 0, 1, 2, 3);
        Assert.Multiple(() =>
        {
            Assert.That(F.interpolate(line, scale_factor: [2]).Values(), Is.EqualTo(new[] { 0.0, 0, 4, 4 }));
            Assert.That(
                F.interpolate(line, [5], mode: InterpolationMode.Linear, align_corners: true).Values(),
                Is.EqualTo(new[] { 0.0, 1, 2, 3, 4 })
            );
            Assert.That(
                F.interpolate(line, [4], mode: InterpolationMode.Linear).Values(),
                Is.EqualTo(new[] { 0.0, 1, 3, 4 })
            );
            Assert.That(
                F.interpolate(square, [1, 1], mode: InterpolationMode.Area).Values(),
                Is.EqualTo(new[] { 1.5 })
            );
            Assert.That(
                F.interpolate(square.unsqueeze(0), scale_factor: [1, 2, 2], mode: InterpolationMode.Trilinear).shape,
                Is.EqualTo(new long[] { 1, 1, 1, 4, 4 })
            );
            Assert.That(
                F.interpolate(square, [3, 3], mode: InterpolationMode.Bilinear, align_corners: true).Values()[4],
                Is.EqualTo(1.5)
            );
        });
    }

    [Test]
    public void Rows_are_normalized_and_classes_spread()
    {
        using Tensor input = TensorValues.Doubles([2, 2], 3, 4, 0, 0);
        Assert.That(F.normalize(input).Values(), Is.EqualTo(new[] { 0.6, 0.8, 0, 0 }).Within(1e-12));
        Assert.That(F.one_hot(tensor(new long[] { 1, 0 }), 3).Values(), Is.EqualTo(new[] { 0.0, 1, 0, 1, 0, 0 }));
    }

    [Test]
    public void Initial_values_have_the_deviation_of_their_name()
    {
        using Tensor weight = empty(64, 32, 3, 3);
        Assert.That(nn.init.CalculateFanInAndFanOut(weight), Is.EqualTo((288L, 576L)));
        double deviation = Math.Sqrt(2.0 / 288);
        nn.init.kaiming_normal_(weight, nonlinearity: nn.init.NonlinearityType.ReLU);
        Assert.That(weight.std().ToDouble(), Is.EqualTo(deviation).Within(0.05 * deviation));
        nn.init.kaiming_uniform_(weight, nonlinearity: nn.init.NonlinearityType.ReLU);
        Assert.That(weight.abs().max().ToDouble(), Is.EqualTo(Math.Sqrt(3) * deviation).Within(0.01 * deviation));
        nn.init.xavier_uniform_(weight, gain: 2);
        double glorot = 2 * Math.Sqrt(6.0 / (288 + 576));
        Assert.That(weight.abs().max().ToDouble(), Is.EqualTo(glorot).Within(0.01 * glorot));
        nn.init.constant_(weight, 0.5);
        Assert.That(weight.Values(), Is.All.EqualTo(0.5));
        Assert.That(nn.init.ones_(weight), Is.SameAs(weight));
        Assert.Throws<ArgumentException>(() => nn.init.kaiming_uniform_(ones(3)));
    }

    [Test]
    public void Gradients_are_clipped_by_their_common_norm()
    {
        Parameter[] parameters = [TensorValues.Parameter(0, 0), TensorValues.Parameter(0), TensorValues.Parameter(1)];
        parameters[0].SetGrad(3, 0);
        parameters[1].SetGrad(-4);
        Assert.That(nn.utils.clip_grad_norm_(parameters, 10), Is.EqualTo(5).Within(1e-12));
        Assert.That(parameters[0].grad!.Values(), Is.EqualTo(new[] { 3.0, 0 }));
        Assert.That(nn.utils.clip_grad_norm_(parameters, 1), Is.EqualTo(5).Within(1e-12));
        Assert.That(parameters[1].grad!.Values(), Is.EqualTo(new[] { -0.8 }).Within(1e-6));
        parameters[0].SetGrad(3, -2);
        nn.utils.clip_grad_value_(parameters, 0.5);
        Assert.That(parameters[0].grad!.Values(), Is.EqualTo(new[] { 0.5, -0.5 }));
        Assert.That(nn.utils.clip_grad_norm_([parameters[2]], 1), Is.Zero);
    }

    [Test]
    public void Parameters_go_to_a_vector_and_back()
    {
        Parameter[] parameters = [TensorValues.Parameter(1, 2), TensorValues.Parameter(3)];
        Assert.That(nn.utils.parameters_to_vector(parameters).Values(), Is.EqualTo(new[] { 1.0, 2, 3 }));
        nn.utils.vector_to_parameters(TensorValues.Doubles([3], 7, 8, 9), parameters);
        Assert.That(parameters[1].Values(), Is.EqualTo(new[] { 9.0 }));
    }
}
