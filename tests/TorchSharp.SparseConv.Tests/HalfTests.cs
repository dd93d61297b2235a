using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Features of 16 bits, beside weights of the same type and beside float32 weights.</summary>
[TestFixture]
public sealed class HalfTests
{
    private static readonly torch.ScalarType[] Types = [torch.ScalarType.BFloat16, torch.ScalarType.Float16];

    [Test]
    public void A_layer_gives_what_Float32_gives_within_one_rounding(
        [ValueSource(nameof(Types))] torch.ScalarType type,
        [Values] bool mixed,
        [Values("box", "cross in 2 groups", "depthwise offsets")] string kernel
    )
    {
        using var scope = torch.NewDisposeScope();
        using var layer = Layer(kernel);
        using var expected = Layer(kernel);
        expected.load_state_dict(layer.state_dict());
        var voxels = Voxels((int)layer.in_channels, 300).to(type);
        using (torch.no_grad())
        {
            // What is stored in 16 bits is the same on both sides, so that only the results are rounded.
            expected.weight.copy_(layer.weight.to_type(type).to_type(torch.ScalarType.Float32));
            expected.bias!.copy_(layer.bias!.to_type(type).to_type(torch.ScalarType.Float32));
            layer.bias!.copy_(expected.bias);
        }

        if (!mixed)
        {
            layer.to(type);
        }

        var input = voxels.features.detach().requires_grad_();
        var truth = input.detach().to_type(torch.ScalarType.Float32).requires_grad_();
        var output = layer.call(voxels.with_features(input)).features;
        var wide = expected.call(voxels.with_features(truth)).features;
        output.sum().backward();
        wide.sum().backward();
        var step = type == torch.ScalarType.BFloat16 ? 1.0 / 256 : 1.0 / 2048;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(output.dtype, Is.EqualTo(type));
            Assert.That(input.grad!.dtype, Is.EqualTo(type));
            Assert.That(layer.weight.grad!.dtype, Is.EqualTo(mixed ? torch.ScalarType.Float32 : type));
            Assert.That(layer.bias!.grad!.dtype, Is.EqualTo(layer.weight.dtype));
            Assert.That(Tensors.Deviation(output, wide), Is.LessThan(step));
            Assert.That(Tensors.Deviation(input.grad!, truth.grad!), Is.LessThan(step));
            Assert.That(Tensors.Deviation(layer.weight.grad!, expected.weight.grad!), Is.LessThan(mixed ? 1e-5 : step));
            Assert.That(Tensors.Deviation(layer.bias!.grad!, expected.bias!.grad!), Is.LessThan(mixed ? 1e-6 : step));
        }
    }

    [Test]
    public void A_frozen_weight_leaves_the_gradient_of_a_Float32_bias_in_Float32()
    {
        using var scope = torch.NewDisposeScope();
        using var layer = torch.nn.SubMConv3d(2, 3, 3);
        layer.weight.requires_grad = false;
        layer.call(Voxels(2, 50).to(torch.ScalarType.BFloat16)).features.sum().backward();
        Assert.That(layer.bias!.grad!.dtype, Is.EqualTo(torch.ScalarType.Float32));
        Assert.That(Tensors.Deviation(layer.bias.grad!, torch.full(new long[] { 3 }, 50.0f)), Is.Zero);
    }

    [Test]
    public void A_view_into_a_larger_matrix_is_read_at_its_own_rows()
    {
        using var scope = torch.NewDisposeScope();
        using var layer = torch.nn.SubMConv3d(3, 4, 3);
        var voxels = Voxels(3, 60).to(torch.ScalarType.Float16);
        var larger = torch.cat([torch.full_like(voxels.features, 9), voxels.features]);
        var view = larger.narrow(0, 60, 60);
        Assert.That(
            Tensors.Deviation(layer.call(voxels.with_features(view)).features, layer.call(voxels).features),
            Is.Zero
        );
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_small_net_learns_in_bfloat16(bool mixed)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(3);
        using var teacher = torch.nn.SubMConv3d(4, 2, 3);
        using var first = torch.nn.SubMConv3d(4, 16, 3);
        using var second = torch.nn.SubMConv3d(16, 2, 1);
        var input = Voxels(4, 200);
        var target = teacher.call(input).features.detach();
        var half = input.to(torch.ScalarType.BFloat16);
        if (!mixed)
        {
            first.to(torch.ScalarType.BFloat16);
            second.to(torch.ScalarType.BFloat16);
        }

        using var optimizer = torch.optim.Adam([.. first.parameters(), .. second.parameters()], 0.01);
        var losses = new List<float>();
        for (var step = 0; step < 60; step++)
        {
            using var inner = torch.NewDisposeScope();
            optimizer.zero_grad();
            var hidden = first.call(half);
            var output = second.call(hidden.with_features(torch.nn.functional.relu(hidden.features)));
            var loss = (output.features.to_type(torch.ScalarType.Float32) - target).pow(2).mean();
            loss.backward();
            optimizer.step();
            losses.Add(loss.item<float>());
        }

        Assert.That(losses[^1], Is.LessThan(losses[0] / 4), $"{losses[0]} to {losses[^1]}");
    }

    private static SubMConv3d Layer(string kernel) =>
        kernel switch
        {
            "box" => torch.nn.SubMConv3d(5, 7, 3),
            "cross in 2 groups" => torch.nn.SubMConv3d(6, 10, KernelShape.Cross(3), groups: 2),
            _ => torch.nn.SubMConv3d(9, 9, KernelShape.Offsets((0, 0, 0), (1, 0, -1), (0, 2, 0)), groups: 9),
        };

    private static SparseTensor Voxels(int channels, int voxels)
    {
        var random = new Random(5);
        var cloud = Cloud.Random(random, [9, 9, 9], [-4, 0, 2], 2, voxels);
        return new SparseTensor(
            Tensors.Random(random, torch.ScalarType.Float32, cloud.Rows.Length, channels),
            cloud.Coordinates()
        );
    }
}
