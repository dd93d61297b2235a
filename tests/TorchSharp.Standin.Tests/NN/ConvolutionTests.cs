using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Standin.Tests.NN;

internal sealed class ConvolutionTests
{
    [TestCase(1, 0, 1)]
    [TestCase(2, 1, 1)]
    [TestCase(1, 2, 2)]
    [TestCase(3, 1, 2)]
    public void A_convolution_is_a_sum_over_taps(int stride, int padding, int dilation)
    {
        using Tensor input = TensorValues.Ramp(0.25, 1, 2, 9);
        using Tensor weight = TensorValues.Ramp(0.5, 3, 2, 3);
        using Tensor bias = TensorValues.Doubles([3], 1, -1, 2);
        double[] expected = Convolve(input, weight, bias.Values(), stride, padding, dilation);
        Assert.That(
            F.conv1d(input, weight, bias, stride, padding, dilation).Values(),
            Is.EqualTo(expected).Within(1e-12)
        );

        // Axes of length one change nothing.
        Tensor Wide(Tensor tensor, int axes) => tensor.reshape([.. tensor.shape, .. Enumerable.Repeat(1L, axes)]);
        Assert.That(
            F.conv2d(Wide(input, 1), Wide(weight, 1), bias, [stride, 1], [padding, 0], [dilation, 1]).Values(),
            Is.EqualTo(expected).Within(1e-12)
        );
        Assert.That(
            F.conv3d(Wide(input, 2), Wide(weight, 2), bias, [stride, 1, 1], [padding, 0, 0], [dilation, 1, 1]).Values(),
            Is.EqualTo(expected).Within(1e-12)
        );
    }

    [Test]
    public void A_transposed_convolution_is_the_gradient_of_a_convolution()
    {
        using Tensor input = TensorValues.Ramp(0.25, 1, 2, 7, 6, 5).requires_grad_();
        using Tensor weight = TensorValues.Ramp(0.5, 3, 2, 3, 2, 1);
        using Tensor output = F.conv3d(input, weight, strides: [2, 1, 2], padding: [1, 0, 0]);
        using Tensor up = TensorValues.Ramp(0.125, output.shape);
        output.backward([up]);
        using Tensor transposed = F.conv_transpose3d(up, weight, strides: [2, 1, 2], padding: [1, 0, 0]);
        Assert.That(transposed.Values(), Is.EqualTo(input.grad!.Values()).Within(1e-9));
        Assert.That(
            F.conv_transpose2d(ones(1, 3, 2, 2), ones(3, 2, 2, 2), strides: [2, 2]).shape,
            Is.EqualTo(new long[] { 1, 2, 4, 4 })
        );
        Assert.That(
            F.conv_transpose1d(ones(1, 3, 4), ones(3, 2, 3), stride: 2, padding: 1, output_padding: 1).shape,
            Is.EqualTo(new long[] { 1, 2, 8 })
        );
    }

    [Test]
    public void Modules_call_their_functions()
    {
        using Conv3d conv = nn.Conv3d(2, 4, (3, 2, 1), stride: (2, 1, 1), padding: (1, 0, 0), groups: 2);
        using Tensor input = randn([1, 2, 5, 4, 3]);
        Assert.That(
            conv.call(input).Values(),
            Is.EqualTo(F.conv3d(input, conv.weight, conv.bias, [2, 1, 1], [1, 0, 0], groups: 2).Values())
        );
        using Tensor unbatched = input.squeeze(0);
        Assert.That(conv.call(unbatched).shape, Is.EqualTo(new long[] { 4, 3, 3, 3 }));
        Assert.Throws<ArgumentException>(() => conv.call(ones([1, 3, 5, 4, 3])));
        using Conv1d one = nn.Conv1d(1, 1, 3);
        using Conv2d two = nn.Conv2d(1, 1, 3);
        Assert.That(one.call(ones(1, 1, 5)).shape, Is.EqualTo(new long[] { 1, 1, 3 }));
        Assert.That(two.call(ones(1, 1, 5, 4)).shape, Is.EqualTo(new long[] { 1, 1, 3, 2 }));
    }

    [TestCase(PaddingModes.Reflect, new[] { 2.0, 1, 2, 3, 2 })]
    [TestCase(PaddingModes.Replicate, new[] { 1.0, 1, 2, 3, 3 })]
    [TestCase(PaddingModes.Circular, new[] { 3.0, 1, 2, 3, 1 })]
    public void Padding_modes_pad_before_the_convolution(PaddingModes mode, double[] padded)
    {
        using Conv1d conv = nn.Conv1d(1, 1, 3, padding: 1, padding_mode: mode, bias: false, dtype: ScalarType.Float64);
        conv.weight = nn.Parameter(TensorValues.Doubles([1, 1, 3], 1, 10, 100));
        double[] expected =
        [
            .. Enumerable.Range(0, 3).Select(i => padded[i] + 10 * padded[i + 1] + 100 * padded[i + 2]),
        ];
        Assert.That(conv.call(TensorValues.Doubles([1, 1, 3], 1, 2, 3)).Values(), Is.EqualTo(expected));
    }

    [Test]
    public void Same_padding_keeps_the_size_and_refuses_strides()
    {
        using Conv2d conv = nn.Conv2d(1, 1, 4, Padding.Same, dilation: 2);
        Assert.That(conv.call(ones(1, 1, 7, 5)).shape, Is.EqualTo(new long[] { 1, 1, 7, 5 }));
        Assert.Throws<ArgumentException>(() => nn.Conv2d(1, 1, 4, Padding.Same, stride: 2));
        Assert.Throws<ArgumentException>(() => nn.ConvTranspose2d(1, 1, 2, padding_mode: PaddingModes.Reflect));
    }

    [Test]
    public void The_size_of_a_transposed_output_can_be_asked_for()
    {
        using ConvTranspose3d conv = nn.ConvTranspose3d(1, 1, 3, stride: 2, padding: 1);
        using Tensor input = ones([1, 1, 4, 4, 4]);
        Assert.That(conv.call(input).shape, Is.EqualTo(new long[] { 1, 1, 7, 7, 7 }));
        Assert.That(conv.forward(input, [7, 8, 7]).shape, Is.EqualTo(new long[] { 1, 1, 7, 8, 7 }));
        Assert.Throws<ArgumentException>(() => conv.forward(input, [7, 9, 7]));
        Assert.Throws<ArgumentException>(() => conv.forward(input, [7, 7]));
    }

    [Test]
    public void Pools_take_the_largest_and_the_mean()
    {
        using Tensor input = TensorValues.Doubles([1, 1, 2, 4], 1, 5, 2, 0, 3, 4, 8, -1);
        Assert.Multiple(() =>
        {
            Assert.That(F.max_pool2d(input, 2).Values(), Is.EqualTo(new[] { 5.0, 8 }));
            Assert.That(F.avg_pool2d(input, 2).Values(), Is.EqualTo(new[] { 13 / 4.0, 9 / 4.0 }));
            Assert.That(nn.MaxPool2d((1, 2), (1, 1)).call(input).Values(), Is.EqualTo(new[] { 5.0, 5, 2, 4, 8, 8 }));
            Assert.That(nn.AvgPool2d(2).call(input).Values(), Is.EqualTo(new[] { 13 / 4.0, 9 / 4.0 }));
            Assert.That(nn.MaxPool3d((1, 2, 2)).call(input.unsqueeze(0)).Values(), Is.EqualTo(new[] { 5.0, 8 }));
            Assert.That(nn.AvgPool3d((1, 2, 2)).call(input.unsqueeze(0)).Values(), Is.EqualTo(new[] { 3.25, 2.25 }));
            Assert.That(nn.MaxPool1d(2).call(input.squeeze(0)).Values(), Is.EqualTo(new[] { 5.0, 2, 4, 8 }));
            Assert.That(nn.AvgPool1d(2).call(input.squeeze(0)).Values(), Is.EqualTo(new[] { 3.0, 1, 3.5, 3.5 }));
            Assert.That(nn.MaxPool2d(2).forward_with_indices(input).Indices.Values(), Is.EqualTo(new[] { 1.0, 6 }));
        });
    }

    [Test]
    public void Unfolded_blocks_add_up_when_folded()
    {
        using Tensor input = TensorValues.Ramp(1, 1, 1, 3, 3);
        using Tensor blocks = F.unfold(input, 2);
        Assert.That(blocks.Values()[..4], Is.EqualTo(new[] { 0.0, 1, 3, 4 }));
        double[] counts = [1, 2, 1, 2, 4, 2, 1, 2, 1];
        Assert.That(F.fold(blocks, 3, 2).Values(), Is.EqualTo(input.Values().Zip(counts, (v, n) => v * n)));
    }

    private static double[] Convolve(Tensor input, Tensor weight, double[] bias, int stride, int padding, int dilation)
    {
        double[] x = input.Values();
        double[] w = weight.Values();
        int channels = (int)input.shape[1];
        int length = (int)input.shape[2];
        int taps = (int)weight.shape[2];
        int positions = (length + 2 * padding - dilation * (taps - 1) - 1) / stride + 1;
        List<double> result = [];
        for (int o = 0; o < bias.Length; ++o)
        {
            for (int p = 0; p < positions; ++p)
            {
                double sum = bias[o];
                for (int c = 0; c < channels; ++c)
                {
                    for (int t = 0; t < taps; ++t)
                    {
                        int at = p * stride - padding + t * dilation;
                        sum += at >= 0 && at < length ? x[c * length + at] * w[(o * channels + c) * taps + t] : 0;
                    }
                }

                result.Add(sum);
            }
        }

        return [.. result];
    }
}
