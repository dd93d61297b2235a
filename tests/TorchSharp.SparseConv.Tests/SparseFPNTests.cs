using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

[TestFixture]
public sealed class SparseFPNTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = torch.NewDisposeScope();

    [TearDown]
    public void Close() => _scope.Dispose();

    [Test]
    public void The_encoder_of_SECOND_writes_all_that_its_strided_convolutions_reach([Values(2, 3)] int dimensions)
    {
        using var net = new SecondEncoder(2, [3, 4, 5], dimensions: dimensions);
        var input = Input(dimensions, 2);
        var stages = net.call(input);
        Assert.That(stages.Select(stage => stage.channels), Is.EqualTo(net.channels));
        Assert.That(stages[0].map, Is.SameAs(input.map));
        for (var stage = 1; stage < stages.Length; stage++)
        {
            Assert.That(stages[stage].stride, Is.EqualTo(PerAxis.Repeat(1 << stage, dimensions)));
            Assert.That(
                Tensors.Rows(stages[stage].coordinates).Select(row => Tensors.Key(row)),
                Is.EquivalentTo(Reached(Tensors.Rows(stages[stage - 1].coordinates)))
            );
        }
    }

    [Test]
    public void Levels_lie_on_the_voxels_of_their_stages_and_every_parameter_learns(
        [Values(2, 3)] int dimensions,
        [Values(0, 1, 2)] int finest,
        [Values] bool residual
    )
    {
        SparseEncoder encoder = residual
            ? new SparseResNetEncoder(SparseResNetKind.ResNet18, 2, width: 0.07, dimensions: dimensions)
            : new SecondEncoder(2, [4, 6, 8], layers: 1, dimensions: dimensions);
        using var net = new SparseFPN(encoder, 7, finest);
        var input = Input(dimensions, 2);
        var stages = encoder.call(input);
        var levels = net.call(input);
        Assert.That(levels, Has.Length.EqualTo(encoder.channels.Count - finest));
        foreach (var (level, tensor) in levels.Index())
        {
            Assert.That(tensor.map, Is.SameAs(stages[finest + level].map));
            Assert.That(tensor.channels, Is.EqualTo(7));
            Assert.That(tensor.stride, Is.EqualTo(net.strides[level]));
        }

        torch.stack(levels.Select(level => (level.features * level.features).sum())).sum().backward();
        Assert.That(
            net.named_parameters()
                .Where(entry => entry.parameter.grad is not { } grad || grad.abs().sum().item<float>() == 0)
                .Select(entry => entry.name),
            Is.Empty,
            "parameters without a gradient"
        );
    }

    [Test]
    public void Without_gaps_it_is_the_dense_pyramid([Values(2, 3)] int dimensions)
    {
        var type = torch.ScalarType.Float64;
        var encoder = new SecondEncoder(2, [3, 4, 5], layers: 1, dimensions: dimensions, dtype: type);
        using var net = new SparseFPN(encoder, 6, finest: 0, dtype: type);
        long[] shape = [2, 2, .. Case.Same(dimensions == 2 ? 16 : 8, dimensions).Select(size => (long)size)];
        var dense = Tensors.Random(new Random(5), type, shape);
        var levels = net.call(SparseTensor.from_dense(dense));
        var expected = Dense(net, dense, dimensions);
        for (var level = 0; level < levels.Length; level++)
        {
            Assert.That(Tensors.Deviation(levels[level].dense(), expected[level]), Is.LessThan(1e-9), $"level {level}");
        }
    }

    [Test]
    public void Birds_eye_views_have_one_size_for_all_inputs_and_hold_each_voxel([Values(0, 2)] int axis)
    {
        using var net = new SparseFPN(new SecondEncoder(2, [4, 4, 4], layers: 1), 3);
        net.eval();
        var input = Input(3, 2, shape: (21, 16, 12));
        var levels = net.call(input);
        var maps = net.bird_eye_views(input, axis);
        long[][] shapes =
            axis == 0
                ?
                [
                    [2, 3 * 11, 8, 6],
                    [2, 3 * 6, 4, 3],
                ]
                :
                [
                    [2, 3 * 6, 11, 8],
                    [2, 3 * 3, 6, 4],
                ];
        Assert.That(maps.Select(map => map.shape), Is.EqualTo(shapes));
        for (var level = 0; level < maps.Length; level++)
        {
            Assert.That(Tensors.Deviation(net.bird_eye_view(input, level, axis), maps[level]), Is.Zero);
            var features = levels[level].features;
            var folded = levels[level].spatial_shape!.Value[axis];
            foreach (var (row, site) in Tensors.Rows(levels[level].coordinates).Index())
            {
                int[] others = [.. Enumerable.Range(0, 3).Where(one => one != axis).Select(one => site[1 + one])];
                for (var channel = 0; channel < 3; channel++)
                {
                    var place = (channel * folded) + site[1 + axis];
                    var seen = maps[level][site[0], place, others[0], others[1]].item<float>();
                    Assert.That(seen, Is.EqualTo(features[row, channel].item<float>()));
                }
            }

            Assert.That(
                maps[level].abs().sum().item<float>(),
                Is.EqualTo(features.abs().sum().item<float>()).Within(1e-3)
            );
        }
    }

    [Test]
    public void An_encoder_of_ones_own_may_have_other_strides()
    {
        using var net = new SparseFPN(new Thirds(), 4, finest: 0);
        var input = Input(2, 1);
        var levels = net.call(input);
        Assert.That(net.get_parameter("up0.weight")!.shape, Is.EqualTo(new long[] { 3, 4, 4 }));
        Assert.That(levels.Select(level => level.stride), Is.EqualTo(new PerAxis[] { (1, 1), (3, 1) }));
        Assert.That(levels[0].map, Is.SameAs(input.map));
    }

    [Test]
    public void Weights_come_back_from_a_file()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".safetensors");
        using var net = new SparseFPN(new SecondEncoder(2), 8);
        using var other = new SparseFPN(new SecondEncoder(2), 8);
        var input = Input(3, 2);
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

        foreach (var (expected, actual) in net.call(input).Zip(other.call(input)))
        {
            Assert.That(Tensors.Deviation(actual.features, expected.features), Is.Zero);
        }
    }

    [Test]
    public void What_makes_no_sense_is_refused_by_name()
    {
        var encoder = new SecondEncoder(2, [3, 4]);
        Refused(() => new SparseFPN(encoder, 0), "out_channels");
        Refused(() => new SparseFPN(encoder, 4, finest: 2), "finest is 2, must be a stage of the encoder from 0 to 1");
        Refused(() => new SparseFPN(encoder, 4, finest: -1), "finest is -1");
        Refused(() => new SecondEncoder(2, []), "channels are []");
        Refused(() => new SecondEncoder(2, [3, 0]), "channels are [3, 0]");
        Refused(() => new SecondEncoder(2, layers: 0), "layers");
        Refused(() => new SecondEncoder(2, dimensions: 0), "dimensions");
        using var net = new SparseFPN(encoder, 4);
        Refused(() => net.bird_eye_views(Input(3, 2)), "must have a spatial shape");
        Refused(() => net.bird_eye_view(Input(3, 2, shape: (21, 16, 12)), level: 1), "level is 1, must be from 0 to 0");

        static void Refused(Func<object> action, string words) =>
            Assert.That(() => action(), Throws.InstanceOf<ArgumentException>().With.Message.Contains(words));
    }

    private static torch.Tensor[] Dense(SparseFPN net, torch.Tensor dense, int dimensions)
    {
        var layers = DenseLayers.Of(net, dimensions);
        var second = layers.With(otherEpsilon: 1e-3);
        var stages = new List<torch.Tensor> { second.Unit(dense, "encoder.stage0.0", "encoder.stage0.1", 3) };
        for (var stage = 1; stage < 3; stage++)
        {
            var name = $"encoder.stage{stage}";
            var down = second.Unit(stages[^1], $"{name}.0", $"{name}.1", 3, stride: 2);
            stages.Add(second.Unit(down, $"{name}.3", $"{name}.4", 3));
        }

        var levels = new torch.Tensor[3];
        torch.Tensor? above = null;
        for (var level = 2; level >= 0; level--)
        {
            var own = layers.Convolve(stages[level], $"lateral{level}", 1);
            above = above is null ? own : own + layers.Spread(above, $"up{level}", 2);
            levels[level] = layers.Unit(above, $"smooth{level}.0", $"smooth{level}.1", 3);
        }

        return levels;
    }

    /// <summary>Every coarse site c with 2 c + t - 1 = f for a site f and a tap t of 0 to 2, on each axis.</summary>
    private static HashSet<string> Reached(IEnumerable<int[]> fine)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in fine)
        {
            IEnumerable<int[]> partial =
            [
                [row[0]],
            ];
            foreach (var site in row.Skip(1))
            {
                int[] coarse = [.. Enumerable.Range(0, 3).Select(tap => site + 1 - tap).Where(value => value % 2 == 0)];
                partial = [.. partial.SelectMany(head => coarse.Select(value => (int[])[.. head, value / 2]))];
            }

            reached.UnionWith(partial.Select(one => Tensors.Key(one)));
        }

        return reached;
    }

    private static SparseTensor Input(int dimensions, int channels, PerAxis? shape = null)
    {
        var random = new Random(3);
        int[] extent = shape is { } given ? [.. given] : Case.Same(30, dimensions);
        var origin = Case.Same(shape is null ? -7 : 0, dimensions);
        var cloud = Cloud.Random(random, extent, origin, 2, 300);
        var features = Tensors.Random(random, torch.ScalarType.Float32, cloud.Rows.Length, channels);
        return new SparseTensor(features, cloud.Coordinates(), cloud.Batches, shape);
    }

    /// <summary>Two stages in 2-D, the second at a third of the resolution on the first axis alone.</summary>
    private sealed class Thirds : SparseEncoder
    {
        private readonly SubMConv2d _first = torch.nn.SubMConv2d(1, 2, kernel_size: 3);
        private readonly SparseConv2d _second = torch.nn.SparseConv2d(2, 3, kernel_size: (3, 1), stride: (3, 1));

        internal Thirds()
            : base(nameof(Thirds), [2, 3], [(1, 1), (3, 1)])
        {
            RegisterComponents();
        }

        public override SparseTensor[] forward(SparseTensor? input)
        {
            var first = _first.call(input!);
            return [first, _second.call(first)];
        }
    }
}
