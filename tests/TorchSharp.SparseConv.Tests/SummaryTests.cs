using TorchSharp.SparseConv.Tests.Oracles;
using static TorchSharp.torch.nn;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Summaries against what the layers and the manager say themselves.</summary>
[TestFixture]
public sealed class SummaryTests
{
    [Test]
    public void The_reach_is_what_all_kernels_reach_added_up()
    {
        using var scope = torch.NewDisposeScope();
        var input = new SparseTensor(torch.ones(1, 2), torch.zeros(1, 4, torch.ScalarType.Int32));
        using var manager = input.manager;
        using var net = new SparseSequential(
            new SubMConv3d(2, 2, (5, 3, 1)), // 2, 1, 0
            new SparseBatchNorm(2),
            torch.nn.ReLU(),
            new SparseConv3d(2, 2, 2, stride: 2), // 1
            new SubMConv3d(2, 2, 3, dilation: 2), // 2 of stride 2
            new SparseConvTranspose3d(2, 2, 2, stride: 2) // 1
        );
        Assert.That(net.summary(input).Reach, Is.EqualTo(new long[] { 8, 7, 6 }));
        net.append(new SparseInstanceNorm(2));
        Assert.That(net.summary(input).Reach, Is.Null);
    }

    [Test]
    public void Of_a_network_has_its_parameters_pairs_and_memory()
    {
        using var scope = torch.NewDisposeScope();
        using var net = new MinkUNet(MinkUNetKind.MinkUNet18, 4, 3, 0.25);
        var input = Input(4);
        var summary = net.summary(input);
        var rulebooks = input.manager.Rulebooks;
        var (fine, coarse) = (summary.Levels[0], summary.Levels[^1]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(summary.Name, Is.EqualTo("MinkUNet18"));
            Assert.That(summary.Total.Parameters, Is.EqualTo(net.parameters().Sum(one => one.NumberOfElements)));
            Assert.That(summary.Total.RulebookBytes, Is.EqualTo(rulebooks.Sum(one => one.Bytes)));
            Assert.That(summary.Levels.Sum(level => level.Pairs), Is.EqualTo(summary.Total.Pairs));
            Assert.That(summary.Levels.Sum(level => level.MultiplyAdds), Is.EqualTo(summary.Total.MultiplyAdds));
            Assert.That(summary.Levels.Select(level => level.Stride!.Value[0]), Is.EqualTo(new[] { 1, 2, 4, 8, 16 }));
            Assert.That(
                summary.Levels.Select(level => level.Sites),
                Is.EqualTo(input.manager.Maps.Select(map => map.Rows))
            );
            Assert.That(fine.Sites, Is.EqualTo(input.count));
            Assert.That(coarse.Sites, Is.LessThan(fine.Sites));
        }
    }

    [Test]
    public void Counts_a_convolution_from_its_pairs_and_the_channels_of_a_group()
    {
        using var scope = torch.NewDisposeScope();
        using var net = new SubMConv3d(4, 6, 3, groups: 2);
        var input = Input(4);
        var row = net.summary(input).Rows.Single();
        var rulebook = input.manager.Rulebooks.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(row.Pairs, Is.EqualTo(rulebook.Counts().Sum()));
            Assert.That(row.MultiplyAdds, Is.EqualTo(row.Pairs * 4 * 6 / 2));
            Assert.That(row.Parameters, Is.EqualTo((27 * 4 * 6 / 2) + 6));
            Assert.That(row.FeatureBytes, Is.EqualTo(input.count * 6 * 4));
            Assert.That(row.Kernel, Is.EqualTo("3"));
        }
    }

    [Test]
    public void Has_a_row_a_call_of_sparse_and_dense_layers()
    {
        using var scope = torch.NewDisposeScope();
        using var shared = new SubMConv3d(6, 6, 3);
        using var net = new SparseSequential(
            new SparseConv3d(4, 6, 3, 2, 1),
            BatchNorm1d(6),
            shared,
            ReLU(),
            shared,
            Linear(6, 5),
            new SparseUpsample(2)
        );
        var summary = net.summary(Input(4));
        var (first, last) = (summary.Rows[0], summary.Rows[^1]);
        var rows = first.Sites;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                summary.Rows.Select(row => (row.Path, row.Kind)),
                Is.EqualTo(
                    new[]
                    {
                        ("0", "SparseConv3d"),
                        ("1", "BatchNorm1d"),
                        ("2", "SubMConv3d"),
                        ("3", "ReLU"),
                        ("2", "SubMConv3d"),
                        ("5", "Linear"),
                        ("6", "SparseUpsample"),
                    }
                )
            );
            Assert.That(first.Kernel, Is.EqualTo("3 /2 +1"));
            Assert.That(summary.Rows[1].MultiplyAdds, Is.EqualTo(rows * 6));
            Assert.That(summary.Rows[1].Stride, Is.EqualTo(first.Stride));
            Assert.That(summary.Rows[4].Parameters, Is.Zero, "counted already");
            Assert.That(summary.Rows[4].RulebookBytes, Is.Zero, "the same rulebook");
            Assert.That(summary.Rows[5].MultiplyAdds, Is.EqualTo(rows * 6 * 5));
            Assert.That(last.Sites, Is.EqualTo(Input(4).count));
            Assert.That(summary.Total.Parameters, Is.EqualTo(net.parameters().Sum(one => one.NumberOfElements)));
        }
    }

    [Test]
    public void Of_a_network_over_points_has_its_parameters()
    {
        using var scope = torch.NewDisposeScope();
        using var net = new SPVCNN(4, 3, 0.1);
        var summary = net.summary(PointTensor.of(Input(4)));
        Assert.That(summary.Total.Parameters, Is.EqualTo(net.parameters().Sum(one => one.NumberOfElements)));
        Assert.That(summary.Rows.Where(row => row.Kind.Equals("Linear", StringComparison.Ordinal)), Is.Not.Empty);
    }

    [Test]
    public void Leaves_the_model_as_it_was()
    {
        using var scope = torch.NewDisposeScope();
        using var net = new SparseSequential(new SparseBatchNorm(4), Dropout(0.5), new SubMConv3d(4, 2, 3));
        net.train();
        net[1].eval();
        var norm = (SparseBatchNorm)net[0];
        var summary = net.summary(Input(4));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(net.training && norm.training && !net[1].training);
            Assert.That(norm.num_batches_tracked!.item<long>(), Is.Zero);
            Assert.That(net.call(Input(4)).features.requires_grad, Is.True);
            Assert.That(summary.Rows, Has.Count.EqualTo(3), "later calls leave no rows");
        }
    }

    [Test]
    public void Is_a_table_that_a_person_can_read()
    {
        using var scope = torch.NewDisposeScope();
        using var net = new SparseSequential(new SubMConv3d(4, 16, 3), ReLU());
        var text = net.summary(Input(4)).ToString().Split(Environment.NewLine);
        Assert.That(text[0], Is.EqualTo($"SparseSequential on {Input(4)}"));
        Assert.That(text[1], Does.StartWith("layer  kind        kernel  stride  sites  channels  pairs  parameters"));
        Assert.That(text[3], Does.StartWith("0      SubMConv3d  3       1         300        16"));
        Assert.That(text[^2], Does.StartWith("total  2 layers"));
        TestContext.Out.WriteLine(string.Join('\n', text));
    }

    private static SparseTensor Input(int channels)
    {
        var random = new Random(5);
        var cloud = Cloud.Random(random, [30, 30, 30], [0, 0, 0], 2, 300);
        return new SparseTensor(
            Tensors.Random(random, torch.ScalarType.Float32, cloud.Rows.Length, channels),
            cloud.Coordinates()
        );
    }
}
