using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

[TestFixture]
public sealed class ModuleTests
{
    [Test]
    public void Weights_are_drawn_within_the_bound_of_PyTorchs_dense_twin()
    {
        using var strided = torch.nn.SparseConv3d(5, 7, (3, 2, 1), stride: 2);
        using var transposed = torch.nn.SparseConvTranspose3d(5, 7, (3, 2, 1), stride: 2);
        using var submanifold = torch.nn.SubMConv2d(5, 7, 3);
        RequireUniform(strided, 1 / Math.Sqrt(5 * 6));
        RequireUniform(transposed, 1 / Math.Sqrt(7 * 6));
        RequireUniform(submanifold, 1 / Math.Sqrt(5 * 9));
    }

    [Test]
    public void Groups_and_shapes_count_in_the_bound_as_in_PyTorch()
    {
        using var grouped = torch.nn.SparseConv3d(6, 10, (3, 2, 1), stride: 2, groups: 2);
        using var depthwise = torch.nn.SubMConv3d(32, 64, KernelShape.Cross(3), groups: 32);
        using var transposed = torch.nn.SparseConvTranspose3d(6, 10, (3, 2, 1), stride: 2, groups: 2);
        using var inverse = torch.nn.SparseInverseConv2d(6, 12, KernelShape.Offsets((0, 1), (4, -1)), groups: 3);
        RequireUniform(grouped, 1 / Math.Sqrt(3 * 6));
        RequireUniform(depthwise, 1 / Math.Sqrt(1 * 7));
        RequireUniform(transposed, 1 / Math.Sqrt(5 * 6));
        RequireUniform(inverse, 1 / Math.Sqrt(4 * 2));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(grouped.weight.shape, Is.EqualTo(new long[] { 6, 3, 10 }));
            Assert.That(depthwise.weight.shape, Is.EqualTo(new long[] { 7, 1, 64 }));
            Assert.That(transposed.weight.shape, Is.EqualTo(new long[] { 6, 3, 10 }));
            Assert.That(inverse.weight.shape, Is.EqualTo(new long[] { 2, 2, 12 }));
            Assert.That(depthwise.groups, Is.EqualTo(32));
            Assert.That(depthwise.kernel_size, Is.EqualTo(new PerAxis(3, 3, 3)));
            Assert.That(depthwise.Geometry.Shape, Is.EqualTo(KernelShape.Cross((3, 3, 3))));
        }
    }

    [Test]
    public void Resetting_draws_anew_and_a_seed_repeats()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(7);
        using var layer = torch.nn.SubMConv3d(2, 3, 3);
        var first = layer.weight.detach().clone();
        layer.reset_parameters();
        Assert.That(Tensors.Deviation(layer.weight, first), Is.GreaterThan(0));
        torch.manual_seed(7);
        layer.reset_parameters();
        Assert.That(Tensors.Deviation(layer.weight, first), Is.Zero);
    }

    [Test]
    public void Parameters_are_listed_and_follow_a_change_of_type()
    {
        using var layer = torch.nn.SubMConv3d(2, 3, 3);
        using var bare = torch.nn.SparseConv3d(2, 3, 3, bias: false);
        Assert.That(layer.state_dict().Keys, Is.EqualTo(new[] { "weight", "bias" }));
        Assert.That(bare.state_dict().Keys, Is.EqualTo(new[] { "weight" }));
        Assert.That(layer.weight.shape, Is.EqualTo(new long[] { 27, 2, 3 }));
        layer.to(torch.ScalarType.Float64);
        Assert.That(layer.weight.dtype, Is.EqualTo(torch.ScalarType.Float64));
        Assert.That(layer.weight.requires_grad, Is.True);
        using var scope = torch.NewDisposeScope();
        Assert.That(
            layer.call(Voxels(2, torch.ScalarType.Float64)).features.dtype,
            Is.EqualTo(torch.ScalarType.Float64)
        );
    }

    [Test]
    public void A_layer_made_in_a_scope_outlives_it()
    {
        SubMConv3d layer;
        using (torch.NewDisposeScope())
        {
            layer = torch.nn.SubMConv3d(2, 3, 3);
        }

        using (layer)
        using (torch.NewDisposeScope())
        {
            Assert.That(layer.call(Voxels(2)).channels, Is.EqualTo(3));
        }
    }

    [Test]
    public void A_sequence_mixes_sparse_and_dense_modules_under_numbers_or_names()
    {
        using var scope = torch.NewDisposeScope();
        using var numbered = torch.nn.SparseSequential(
            torch.nn.SubMConv3d(2, 4, 3),
            torch.nn.BatchNorm1d(4),
            torch.nn.ReLU(inplace: true),
            torch.nn.Linear(4, 5)
        );
        using var named = torch.nn.SparseSequential(("conv", torch.nn.SubMConv3d(2, 4, 3)), ("act", torch.nn.ReLU()));
        var input = Voxels(2);
        var output = numbered.call(input);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(output.channels, Is.EqualTo(5));
            Assert.That(output.map, Is.SameAs(input.map));
            Assert.That(input.features.IsInvalid, Is.False);
            Assert.That(
                numbered.state_dict().Keys,
                Does.Contain("0.weight").And.Contain("1.running_mean").And.Contain("3.bias")
            );
            Assert.That(named.state_dict().Keys, Is.EqualTo(new[] { "conv.weight", "conv.bias" }));
            Assert.That((numbered.Count, named[1]), Is.EqualTo((4, named.children().Last())));
        }
    }

    [Test]
    public void An_empty_sequence_and_one_that_only_works_in_place_give_the_input_back()
    {
        using var scope = torch.NewDisposeScope();
        var input = Voxels(2);
        using var empty = torch.nn.SparseSequential();
        using var inPlace = torch.nn.SparseSequential(torch.nn.ReLU(inplace: true), torch.nn.ReLU(inplace: true));
        Assert.That(empty.call(input), Is.SameAs(input));
        Assert.That(inPlace.call(input).features.IsInvalid, Is.False);
        Assert.That(input.features.IsInvalid, Is.False);
    }

    [Test]
    public void A_sequence_passes_training_mode_on()
    {
        using var dropout = torch.nn.Dropout(0.5);
        using var inner = torch.nn.SparseSequential(dropout);
        using var net = torch.nn.SparseSequential(inner);
        net.eval();
        Assert.That((net.training, inner.training, dropout.training), Is.EqualTo((false, false, false)));
    }

    [Test]
    public void A_level_is_made_once_and_its_rulebook_shared_by_layers_of_one_geometry()
    {
        using var scope = torch.NewDisposeScope();
        using var first = torch.nn.SparseConv3d(2, 3, 2, stride: 2);
        using var second = torch.nn.SparseConv3d(2, 4, 2, stride: 2, sites: StridedSites.Downsample);
        var input = Voxels(2);
        Assert.That(second.call(input).map, Is.SameAs(first.call(input).map));
        Assert.That(input.manager.Maps, Has.Count.EqualTo(2));
    }

    private static SparseTensor Voxels(long channels, torch.ScalarType type = torch.ScalarType.Float32)
    {
        var cloud = Cloud.Random(new Random(1), [5, 5, 5], [0, 0, 0], 2, 40);
        return new SparseTensor(torch.ones(new[] { cloud.Rows.Length, channels }, type), cloud.Coordinates());
    }

    private static void RequireUniform(SparseConvolution layer, double bound)
    {
        using var scope = torch.NewDisposeScope();
        var largest = layer.weight.abs().max().item<float>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(largest, Is.InRange(0.9 * bound, bound));
            Assert.That(layer.bias!.abs().max().item<float>(), Is.LessThanOrEqualTo(bound));
            Assert.That(Math.Abs(layer.weight.mean().item<float>()), Is.LessThan(0.2 * bound));
        }
    }
}
