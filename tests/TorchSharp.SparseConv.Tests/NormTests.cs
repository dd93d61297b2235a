using TorchSharp.SparseConv.Tests.Oracles;
using static TorchSharp.torch.nn;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// Norms against PyTorch's on full grids, loops over scans on sparse ones, and central differences; float64, with an
/// empty scan between others.
/// </summary>
[TestFixture]
public sealed class NormTests
{
    private const int Channels = 6;
    private const double Eps = 1e-3;

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(6)]
    public void Group_norm_is_the_one_of_each_scan_alone(int groups)
    {
        using var scope = torch.NewDisposeScope();
        var input = Input();
        using var norm = Shuffled(new SparseGroupNorm(groups, Channels, Eps, dtype: torch.ScalarType.Float64));
        var expected = PerScan(input, groups, Arrays.Vector(norm.weight!), Arrays.Vector(norm.bias!));
        Assert.That(Arrays.Deviation(norm.call(input).features, expected), Is.LessThan(1e-12));
    }

    [Test]
    public void Instance_norm_is_the_one_of_each_scan_alone()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input();
        var ones = Enumerable.Repeat(1.0, Channels).ToArray();
        using var norm = new SparseInstanceNorm(Channels, Eps);
        Assert.That(norm.weight, Is.Null);
        Assert.That(
            Arrays.Deviation(norm.call(input).features, PerScan(input, Channels, ones, new double[Channels])),
            Is.LessThan(1e-12)
        );
    }

    [Test]
    public void Norms_of_full_grids_are_pytorchs()
    {
        using var scope = torch.NewDisposeScope();
        var dense = Tensors.Random(new Random(1), torch.ScalarType.Float64, 3, Channels, 4, 3, 5);
        var input = SparseTensor.from_dense(dense);
        using var group = Shuffled(new SparseGroupNorm(2, Channels, Eps, dtype: torch.ScalarType.Float64));
        using var instance = Shuffled(new SparseInstanceNorm(Channels, Eps, true, dtype: torch.ScalarType.Float64));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Tensors.Deviation(
                    group.call(input).dense(),
                    functional.group_norm(dense, 2, group.weight, group.bias, Eps)
                ),
                Is.LessThan(1e-12)
            );
            Assert.That(
                Tensors.Deviation(
                    instance.call(input).dense(),
                    functional.instance_norm(dense, weight: instance.weight, bias: instance.bias, eps: Eps)
                ),
                Is.LessThan(1e-12)
            );
        }
    }

    [Test]
    public void Batch_norm_is_pytorchs_in_training_and_evaluation()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input();
        using var norm = new SparseBatchNorm(Channels, Eps, 0.3, dtype: torch.ScalarType.Float64);
        using var twin = BatchNorm1d(Channels, Eps, 0.3, dtype: torch.ScalarType.Float64);
        for (var step = 0; step < 3; step++)
        {
            var shifted = input.with_features(input.features + step);
            Assert.That(
                Tensors.Deviation(norm.call(shifted).features, twin.call(shifted.features)),
                Is.LessThan(1e-12)
            );
        }

        Assert.That(Tensors.Deviation(norm.running_mean!, twin.running_mean!), Is.LessThan(1e-12));
        Assert.That(Tensors.Deviation(norm.running_var!, twin.running_var!), Is.LessThan(1e-12));
        Assert.That(norm.num_batches_tracked!.item<long>(), Is.EqualTo(3));
        norm.eval();
        twin.eval();
        Assert.That(Tensors.Deviation(norm.call(input).features, twin.call(input.features)), Is.LessThan(1e-12));
        Assert.That(norm.state_dict().Keys, Is.EquivalentTo(twin.state_dict().Keys));
    }

    [Test]
    public void Batch_norm_takes_one_voxel_or_none()
    {
        using var scope = torch.NewDisposeScope();
        using var norm = Shuffled(new SparseBatchNorm(Channels, dtype: torch.ScalarType.Float64));
        var one = Input().prune(torch.arange(Input().count).eq(4));
        Assert.That(Tensors.Deviation(norm.call(one).features.squeeze(0), norm.bias!), Is.Zero);
        Assert.That(norm.call(None()).count, Is.Zero);
        Assert.That(norm.running_mean!.abs().sum().item<double>(), Is.Zero);
        Assert.That(norm.num_batches_tracked!.item<long>(), Is.Zero);
        norm.eval();
        var expected = norm.weight! * one.features.squeeze(0) / Math.Sqrt(1 + 1e-5) + norm.bias!;
        Assert.That(Tensors.Deviation(norm.call(one).features.squeeze(0), expected), Is.LessThan(1e-12));
    }

    [Test]
    public void Layer_norm_is_pytorchs()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input();
        using var norm = Shuffled(new SparseLayerNorm(Channels, Eps, dtype: torch.ScalarType.Float64));
        var expected = functional.layer_norm(input.features, [Channels], norm.weight, norm.bias, Eps);
        Assert.That(Tensors.Deviation(norm.call(input).features, expected), Is.Zero);
    }

    [Test]
    public void Squeeze_and_excitation_scales_each_scan_by_its_own_mean()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input();
        using var layer = torch.nn.SparseSqueezeExcitation(Channels, 2, dtype: torch.ScalarType.Float64);
        var (squeeze, excite) = (
            (Modules.Linear)layer.named_children().Single(child => child.name is "fc1").module,
            (Modules.Linear)layer.named_children().Single(child => child.name is "fc2").module
        );
        Assert.That(squeeze.weight.shape, Is.EqualTo(new long[] { 3, Channels }));
        var rows = Tensors.Rows(input.coordinates);
        var scaled = layer.call(input).features;
        foreach (var scan in rows.Select((row, i) => (Batch: row[0], Row: (long)i)).GroupBy(one => one.Batch))
        {
            var index = torch.tensor(scan.Select(one => one.Row).ToArray(), torch.ScalarType.Int64);
            var own = input.features.index_select(0, index);
            var gate = functional.sigmoid(excite.call(functional.relu(squeeze.call(own.mean([0])))));
            Assert.That(Tensors.Deviation(scaled.index_select(0, index), own * gate), Is.LessThan(1e-12));
        }
    }

    [Test]
    public void Central_differences_agree_with_backward_and_nothing_breaks_on_nothing(
        [Values("batch", "layer", "group", "instance", "attention")] string kind
    )
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(5);
        var features = Tensors.Random(random, torch.ScalarType.Float64, Input().count, Channels);
        var input = Input().with_features(features);
        using var layer = Layer(kind);
        foreach (var leaf in layer.parameters().Prepend(features))
        {
            Differences.RequireGradient(leaf, () => layer.call(input).features, random);
        }

        var none = None();
        none.features.requires_grad_();
        var result = layer.call(none);
        result.features.sum().backward();
        Assert.That(result.features.shape, Is.EqualTo(new long[] { 0, Channels }));
        Assert.That(none.features.grad!.shape, Is.EqualTo(new long[] { 0, Channels }));
    }

    [Test]
    public void One_voxel_becomes_the_bias_of_norms_of_scans()
    {
        using var scope = torch.NewDisposeScope();
        var one = Input().prune(torch.arange(Input().count).eq(4));
        using var instance = Shuffled(new SparseInstanceNorm(Channels, affine: true, dtype: torch.ScalarType.Float64));
        Assert.That(Tensors.Deviation(instance.call(one).features.squeeze(0), instance.bias!), Is.Zero);
    }

    [Test]
    public void What_does_not_fit_is_refused()
    {
        using var scope = torch.NewDisposeScope();
        using var norm = new SparseBatchNorm(4);
        Refuse(() => norm.call(Input()), "input has 6 channels, SparseBatchNorm takes 4");
        Refuse(() => new SparseGroupNorm(4, 6), "num_groups is 4, must be 1 or more and divide the 6 channels");
        Refuse(() => new SparseBatchNorm(4, momentum: 2), "momentum is 2");
        Refuse(() => new SparseLayerNorm(4, -1), "eps is -1");
        Refuse(() => new SparseSqueezeExcitation(4).call(Input()), "SparseSqueezeExcitation takes 4");

        static void Refuse(Func<object> call, string message) =>
            Assert.That(Assert.Catch<ArgumentException>(() => call())!.Message, Does.Contain(message));
    }

    private static Module<SparseTensor, SparseTensor> Layer(string kind) =>
        kind switch
        {
            "batch" => Shuffled(new SparseBatchNorm(Channels, dtype: torch.ScalarType.Float64)),
            "layer" => Shuffled(new SparseLayerNorm(Channels, dtype: torch.ScalarType.Float64)),
            "group" => Shuffled(new SparseGroupNorm(3, Channels, dtype: torch.ScalarType.Float64)),
            "instance" => Shuffled(new SparseInstanceNorm(Channels, affine: true, dtype: torch.ScalarType.Float64)),
            _ => new SparseSqueezeExcitation(Channels, 2, dtype: torch.ScalarType.Float64),
        };

    /// <summary>The layer with a scale and shift that are not 1 and 0.</summary>
    private static T Shuffled<T>(T norm)
        where T : SparseNorm
    {
        using var untracked = torch.no_grad();
        var random = new Random(7);
        norm.weight!.copy_(Tensors.Random(random, torch.ScalarType.Float64, Channels) + 2);
        norm.bias!.copy_(Tensors.Random(random, torch.ScalarType.Float64, Channels));
        return norm;
    }

    private static double[,] PerScan(SparseTensor input, int groups, double[] weight, double[] bias)
    {
        var features = Arrays.Matrix(input.features);
        var result = new double[input.count, Channels];
        var rows = Tensors
            .Rows(input.coordinates)
            .Select((row, i) => (Batch: row[0], Row: i))
            .GroupBy(one => one.Batch);
        foreach (var scan in rows)
        {
            foreach (var group in Enumerable.Range(0, Channels).Chunk(Channels / groups))
            {
                var values = scan.SelectMany(one => group.Select(c => features[one.Row, c])).ToArray();
                var mean = values.Average();
                var deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) + Eps);
                foreach (var (row, c) in scan.SelectMany(one => group.Select(c => (one.Row, c))))
                {
                    result[row, c] = ((features[row, c] - mean) / deviation * weight[c]) + bias[c];
                }
            }
        }

        return result;
    }

    /// <summary>Three scans of which the second is empty, their rows mixed.</summary>
    private static SparseTensor Input()
    {
        var random = new Random(3);
        var cloud = Cloud.Random(random, [6, 6], [-3, -3], 2, 30);
        var rows = cloud.Rows.Select(row => row[0] == 1 ? [2, .. row.Skip(1)] : row).ToList();
        var features = Tensors.Random(random, torch.ScalarType.Float64, rows.Count, Channels);
        return new SparseTensor(features, Tensors.Coordinates(rows, 2), 3);
    }

    private static SparseTensor None() =>
        new(torch.zeros(0, Channels, torch.ScalarType.Float64), Tensors.Coordinates([], 2), 2);
}
