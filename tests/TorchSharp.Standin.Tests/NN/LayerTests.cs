using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests.NN;

internal sealed class LayerTests
{
    [Test]
    public void Linear_multiplies_by_the_transposed_weight_and_adds_the_bias()
    {
        using Linear linear = nn.Linear(2, 3, dtype: ScalarType.Float64);
        linear.weight = nn.Parameter(TensorValues.Ramp(1, 3, 2));
        linear.bias = TensorValues.Parameter(10, 20, 30);
        using Tensor output = linear.call(TensorValues.Doubles([1, 2], 1, 2));
        Assert.That(output.Values(), Is.EqualTo(new[] { 10.0 + 2, 20 + 8, 30 + 14 }));
    }

    [Test]
    public void Batch_norm_normalizes_and_keeps_running_statistics()
    {
        using BatchNorm1d norm = nn.BatchNorm1d(2, eps: 0, momentum: 0.25, dtype: ScalarType.Float64);
        using Tensor input = TensorValues.Doubles([4, 2], 1, 0, 3, 0, 5, 4, 7, 4);
        using Tensor output = norm.call(input);

        // Means 4 and 2, biased variances 5 and 4; running variances are unbiased: 20 / 3 and 16 / 3.
        double s = Math.Sqrt(5);
        Assert.Multiple(() =>
        {
            Assert.That(
                output.Values(),
                Is.EqualTo(new[] { -3 / s, -1, -1 / s, -1, 1 / s, 1, 3 / s, 1 }).Within(1e-12)
            );
            Assert.That(norm.running_mean!.Values(), Is.EqualTo(new[] { 1.0, 0.5 }).Within(1e-12));
            Assert.That(norm.running_var!.Values(), Is.EqualTo(new[] { 0.75 + 5.0 / 3, 0.75 + 4.0 / 3 }).Within(1e-12));
            Assert.That(norm.num_batches_tracked!.Values(), Is.EqualTo(new[] { 1.0 }));
        });

        norm.eval();
        double[] before = norm.running_mean!.Values();
        using Tensor later = norm.call(input);
        Assert.That(norm.running_mean!.Values(), Is.EqualTo(before));
        Assert.That(later.Values()[0], Is.EqualTo((1 - 1.0) / Math.Sqrt(0.75 + 5.0 / 3)).Within(1e-12));
    }

    [Test]
    public void Batch_norm_without_momentum_averages_over_all_batches()
    {
        using BatchNorm1d norm = nn.BatchNorm1d(1);
        norm.momentum = null;
        norm.call(tensor(new[] { 0f, 2 }).reshape(2, 1)).Dispose();
        norm.call(tensor(new[] { 4f, 6 }).reshape(2, 1)).Dispose();
        Assert.That(norm.running_mean!.Values(), Is.EqualTo(new[] { 3.0 }).Within(1e-6));
    }

    [Test]
    public void Batch_norm_needs_two_values_a_channel_to_train()
    {
        using BatchNorm1d norm = nn.BatchNorm1d(3);
        using Tensor one = ones(1, 3);
        Assert.Throws<ExternalException>(() => norm.call(one));
        norm.eval();
        Assert.That(norm.call(one).shape, Is.EqualTo(new long[] { 1, 3 }));
    }

    [Test]
    public void Norms_refuse_inputs_of_other_dimensions()
    {
        using BatchNorm1d one = nn.BatchNorm1d(3);
        using BatchNorm2d two = nn.BatchNorm2d(3);
        using BatchNorm3d three = nn.BatchNorm3d(3);
        using GroupNorm group = nn.GroupNorm(1, 3);
        using InstanceNorm1d instance = nn.InstanceNorm1d(3);
        using Tensor input = ones(2, 3, 4, 4);
        Assert.Multiple(() =>
        {
            Assert.Throws<ArgumentException>(() => one.call(input));
            Assert.DoesNotThrow(() => two.call(input));
            Assert.Throws<ArgumentException>(() => three.call(input));
            Assert.Throws<ArgumentException>(() => group.call(ones(2, 3)));
            Assert.Throws<ArgumentException>(() => instance.call(input));
            Assert.Throws<ArgumentException>(() => instance.call(ones(2, 4, 3)));
        });
    }

    [Test]
    public void Layer_group_and_instance_norm_agree_where_they_mean_the_same()
    {
        using Tensor input = TensorValues.Ramp(0.5, 2, 1, 5).square();
        double[] expected = Standardized(input.Values(), 5);
        using LayerNorm layer = nn.LayerNorm(5, dtype: ScalarType.Float64);
        using GroupNorm group = nn.GroupNorm(1, 1, dtype: ScalarType.Float64);
        using InstanceNorm1d instance = nn.InstanceNorm1d(1, dtype: ScalarType.Float64);
        Assert.Multiple(() =>
        {
            Assert.That(layer.call(input).Values(), Is.EqualTo(expected).Within(1e-12));
            Assert.That(group.call(input).Values(), Is.EqualTo(expected).Within(1e-12));
            Assert.That(instance.call(input).Values(), Is.EqualTo(expected).Within(1e-12));
        });
    }

    [Test]
    public void Parameters_start_as_pytorchs_do()
    {
        using Conv3d conv = nn.Conv3d(4, 8, 3);
        using ConvTranspose2d transposed = nn.ConvTranspose2d(4, 8, 2);
        using LayerNorm layer = nn.LayerNorm([2, 3]);
        double bound = 1 / Math.Sqrt(4 * 27);
        Assert.Multiple(() =>
        {
            Assert.That(conv.weight.shape, Is.EqualTo(new long[] { 8, 4, 3, 3, 3 }));
            Assert.That(conv.weight.Values().Max(Math.Abs), Is.InRange(0.95 * bound, bound));
            Assert.That(conv.bias!.Values().Max(Math.Abs), Is.LessThanOrEqualTo(bound));
            Assert.That(transposed.weight.shape, Is.EqualTo(new long[] { 4, 8, 2, 2 }));
            Assert.That(layer.weight.Values(), Is.All.EqualTo(1.0));
            Assert.That(layer.bias!.Values(), Is.All.EqualTo(0.0));
        });
    }

    [Test]
    public void Dropout_scales_what_it_keeps_and_rests_in_evaluation()
    {
        using Dropout dropout = nn.Dropout(0.25);
        using Tensor input = ones(4000);
        double[] kept = dropout.call(input).Values();
        Assert.That(kept.Distinct().Order(), Is.EqualTo(new[] { 0.0, 4 / 3.0 }).Within(1e-6));
        Assert.That(kept.Count(value => value == 0), Is.InRange(850, 1150));
        dropout.eval();
        Assert.That(dropout.call(input).Values(), Is.All.EqualTo(1.0));
    }

    [Test]
    public void Activations_are_their_functions()
    {
        double[] x = [-2, -0.5, 0, 0.5, 3];
        using Tensor input = TensorValues.Doubles([5], x);
        Check(nn.ReLU(), value => Math.Max(value, 0));
        Check(nn.LeakyReLU(0.1), value => value > 0 ? value : 0.1 * value);
        Check(nn.ELU(2), value => value > 0 ? value : 2 * (Math.Exp(value) - 1));
        Check(nn.SiLU(), value => value / (1 + Math.Exp(-value)));
        Check(nn.Sigmoid(), value => 1 / (1 + Math.Exp(-value)));
        Check(nn.Tanh(), Math.Tanh);
        Check(
            nn.GELU(GELU.Approximate.tanh),
            v => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)))
        );
        double[] powers = [.. x.Select(Math.Exp)];
        Check(nn.Softmax(0), value => Math.Exp(value) / powers.Sum());
        Check(nn.LogSoftmax(0), value => value - Math.Log(powers.Sum()));
        Assert.That(nn.GELU().call(input).Values()[3], Is.EqualTo(0.5 * 0.6914624612740131).Within(1e-12));

        void Check(nn.Module<Tensor, Tensor> module, Func<double, double> function) =>
            Assert.That(module.call(input).Values(), Is.EqualTo(x.Select(function)).Within(1e-12), module.GetName());
    }

    [Test]
    public void In_place_activations_change_their_input()
    {
        using Tensor input = TensorValues.Doubles([2], -1, 1);
        using Tensor output = nn.ReLU(inplace: true).call(input);
        Assert.That(input.Values(), Is.EqualTo(new[] { 0.0, 1 }));
        Assert.That(output, Is.Not.SameAs(input));
    }

    [Test]
    public void Embeddings_are_rows_and_padding_gets_no_gradient()
    {
        using Embedding embedding = nn.Embedding(3, 2, padding_idx: 1);
        using Tensor rows = embedding.call(tensor(new long[] { 2, 1, 2 }));
        rows.sum().backward();
        Assert.Multiple(() =>
        {
            Assert.That(rows.Values()[2..4], Is.All.EqualTo(0.0));
            Assert.That(rows.Values()[4..], Is.EqualTo(embedding.weight!.Values()[4..]));
            Assert.That(embedding.weight!.grad!.Values(), Is.EqualTo(new[] { 0.0, 0, 0, 0, 2, 2 }));
        });
    }

    [Test]
    public void Flatten_joins_axes()
    {
        using Tensor input = ones(2, 3, 4);
        Assert.That(nn.Flatten().call(input).shape, Is.EqualTo(new long[] { 2, 12 }));
        Assert.That(nn.Flatten(0, 1).call(input).shape, Is.EqualTo(new long[] { 6, 4 }));
    }

    private static double[] Standardized(double[] values, int row) =>
        [
            .. values
                .Chunk(row)
                .SelectMany(chunk =>
                {
                    double mean = chunk.Average();
                    double variance = chunk.Average(value => (value - mean) * (value - mean));
                    return chunk.Select(value => (value - mean) / Math.Sqrt(variance + 1e-5));
                }),
        ];
}
