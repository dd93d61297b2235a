using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

[TestFixture]
public sealed class SparseResNetTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = torch.NewDisposeScope();

    [TearDown]
    public void Close() => _scope.Dispose();

    [TestCase(SparseResNetKind.ResNet18, 2, 2, 2, 2)]
    [TestCase(SparseResNetKind.ResNet34, 3, 4, 6, 3)]
    public void Parameters_are_as_many_as_the_formula_says(SparseResNetKind kind, params int[] blocks)
    {
        const long Input = 4;
        const long Output = 10;
        using var net = new SparseResNet(kind, Input, Output);
        long[] planes = [64, 64, 128, 256, 512];
        var expected = (27 * Input * planes[0]) + (2 * planes[0]) + (planes[^1] * Output) + Output;
        for (var stage = 1; stage < planes.Length; stage++)
        {
            var count = planes[stage];
            expected += (8 * planes[stage - 1] * count) + (2 * count);
            expected += blocks[stage - 1] * 2 * ((27 * count * count) + (2 * count));
        }

        Assert.That(net.parameters().Sum(parameter => parameter.NumberOfElements), Is.EqualTo(expected));
    }

    [Test]
    public void A_bottleneck_network_gives_four_times_the_channels()
    {
        using var net = new SparseResNetEncoder(SparseResNetKind.ResNet50, 3, width: 0.125);
        Assert.That(net.channels, Is.EqualTo(new long[] { 8, 32, 64, 128, 256 }));
        Assert.That(net.has_parameter("stage4.5.conv3.weight"), Is.True, "the third of 3 blocks, after three layers");
        Assert.That(net.has_parameter("stage4.6.conv3.weight"), Is.False);
    }

    [TestCase(SparseResNetKind.ResNet18, 1)]
    [TestCase(SparseResNetKind.ResNet18, 2)]
    [TestCase(SparseResNetKind.ResNet18, 3)]
    [TestCase(SparseResNetKind.ResNet18, 4)]
    [TestCase(SparseResNetKind.ResNet34, 3)]
    [TestCase(SparseResNetKind.ResNet50, 2)]
    public void Stages_halve_the_voxels_and_every_parameter_learns(SparseResNetKind kind, int dimensions)
    {
        using var net = new SparseResNet(kind, 2, 5, width: 0.07, dimensions: dimensions);
        var input = Input(dimensions, 2);
        var stages = net.encoder.call(input);
        Assert.That(stages, Has.Length.EqualTo(5));
        Assert.That(stages[0].map, Is.SameAs(input.map));
        for (var stage = 0; stage < stages.Length; stage++)
        {
            Assert.That(stages[stage].stride, Is.EqualTo(net.encoder.strides[stage]));
            Assert.That(stages[stage].channels, Is.EqualTo(net.encoder.channels[stage]));
            Assert.That(Sites(stages[stage]), Is.EquivalentTo(Halved(input, 1 << stage)));
        }

        var logits = net.call(input);
        (logits * logits).sum().backward();
        Assert.That(logits.shape, Is.EqualTo(new long[] { 3, 5 }));
        Assert.That(WithoutGradient(net), Is.Empty, "parameters without a gradient");
    }

    [TestCase(2, 2, GlobalPooling.Average)]
    [TestCase(2, 3, GlobalPooling.Max)]
    [TestCase(3, 3, GlobalPooling.Sum)]
    [TestCase(3, 2, GlobalPooling.Average)]
    public void Without_gaps_it_is_the_dense_network(int dimensions, int downKernel, GlobalPooling pooling)
    {
        using var net = new SparseResNet(
            SparseResNetKind.ResNet18,
            2,
            4,
            width: 0.05,
            down_kernel: downKernel,
            dimensions: dimensions,
            pooling: pooling,
            dtype: torch.ScalarType.Float64
        );
        long[] shape = [3, 2, .. Case.Same(dimensions == 2 ? 32 : 16, dimensions).Select(size => (long)size)];
        var dense = Tensors.Random(new Random(5), torch.ScalarType.Float64, shape);
        var sparse = Learn(net, net.call(SparseTensor.from_dense(dense)));
        var twin = Learn(net, Dense(net, dense, dimensions, downKernel, pooling));
        Assert.That(Tensors.Deviation(sparse.Output, twin.Output), Is.LessThan(1e-9));
        foreach (var (name, gradient) in twin.Gradients)
        {
            Assert.That(Tensors.Deviation(sparse.Gradients[name], gradient), Is.LessThan(1e-7), name);
        }
    }

    [Test]
    public void Weights_come_back_from_a_file()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".safetensors");
        using var net = new SparseResNet(SparseResNetKind.ResNet18, 2, 5, width: 0.1, dimensions: 2);
        using var other = new SparseResNet(SparseResNetKind.ResNet18, 2, 5, width: 0.1, dimensions: 2);
        var input = Input(2, 2);
        net.call(input);
        net.eval();
        other.eval();
        try
        {
            Weights.Save(net, path);
            Weights.Load(other, path);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.That(Tensors.Deviation(other.call(input), net.call(input)), Is.Zero);
    }

    [Test]
    public void What_makes_no_sense_is_refused_by_name()
    {
        var kind = SparseResNetKind.ResNet18;
        Refused(() => new SparseResNetEncoder((SparseResNetKind)9, 1), "kind is 9");
        Refused(() => new SparseResNetEncoder(kind, 1, width: 0), "width is 0");
        Refused(() => new SparseResNetEncoder(kind, 1, width: double.NaN), "width is NaN");
        Refused(() => new SparseResNetEncoder(kind, 1, dimensions: 5), "dimensions");
        Refused(() => new SparseResNetEncoder(kind, 1, down_kernel: 1), "down_kernel is (1, 1, 1)");
        Refused(() => new SparseResNetEncoder(kind, 1, down_kernel: (2, 2)), "down_kernel is (2, 2)");
        Refused(() => new SparseResNetEncoder(kind, 0), "in_channels");
        Refused(() => new SparseResNet(kind, 1, 0), "out_channels");
        Refused(() => new SparseResNet(kind, 1, 2, pooling: (GlobalPooling)7), "pooling is 7");

        static void Refused(Func<object> action, string words) =>
            Assert.That(() => action(), Throws.InstanceOf<ArgumentException>().With.Message.Contains(words));
    }

    private static torch.Tensor Dense(
        SparseResNet net,
        torch.Tensor dense,
        int dimensions,
        int downKernel,
        GlobalPooling pooling
    )
    {
        var layers = DenseLayers.Of(net, dimensions);
        var current = layers.Unit(dense, "encoder.stem.0", "encoder.stem.1", 3);
        for (var stage = 1; stage <= 4; stage++)
        {
            var name = $"encoder.stage{stage}";
            current = layers.Unit(current, $"{name}.0", $"{name}.1", downKernel, stride: 2);
            current = layers.Block(layers.Block(current, $"{name}.3"), $"{name}.4");
        }

        var cells = current.flatten(2);
        var pooled = pooling switch
        {
            GlobalPooling.Average => cells.mean([2]),
            GlobalPooling.Max => cells.max(2).values,
            _ => cells.sum(dim: 2),
        };
        return torch.nn.functional.linear(pooled, net.get_parameter("fc.weight")!, net.get_parameter("fc.bias")!);
    }

    private static (torch.Tensor Output, Dictionary<string, torch.Tensor> Gradients) Learn(
        SparseResNet net,
        torch.Tensor output
    )
    {
        net.zero_grad();
        (output * output).sum().backward();
        return (
            output,
            net.named_parameters()
                .ToDictionary(entry => entry.name, entry => entry.parameter.grad!.clone(), StringComparer.Ordinal)
        );
    }

    private static SparseTensor Input(int dimensions, int channels)
    {
        var random = new Random(3);
        var cloud = Cloud.Random(
            random,
            Case.Same(dimensions == 1 ? 200 : 30, dimensions),
            Case.Same(-7, dimensions),
            3,
            300
        );
        var features = Tensors.Random(random, torch.ScalarType.Float32, cloud.Rows.Length, channels);
        return new SparseTensor(features, cloud.Coordinates(), cloud.Batches);
    }

    private static IEnumerable<string> Sites(SparseTensor tensor) =>
        Tensors.Rows(tensor.coordinates).Select(row => Tensors.Key(row));

    private static IEnumerable<string> Halved(SparseTensor tensor, int stride) =>
        Tensors
            .Rows(tensor.coordinates)
            .Select(row =>
                Tensors.Key(row.Select((value, i) => i == 0 ? value : (int)Math.Floor((double)value / stride)))
            )
            .Distinct(StringComparer.Ordinal);

    private static IEnumerable<string> WithoutGradient(torch.nn.Module net) =>
        net.named_parameters()
            .Where(entry => entry.parameter.grad is not { } grad || grad.abs().sum().item<float>() == 0)
            .Select(entry => entry.name);
}
