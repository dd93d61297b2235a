using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

[TestFixture]
public sealed class MinkUNetTests
{
    private static readonly string[] Tops =
    [
        "conv0p1s1",
        "bn0",
        "conv1p1s2",
        "bn1",
        "block1",
        "conv2p2s2",
        "bn2",
        "block2",
        "conv3p4s2",
        "bn3",
        "block3",
        "conv4p8s2",
        "bn4",
        "block4",
        "convtr4p16s2",
        "bntr4",
        "block5",
        "convtr5p8s2",
        "bntr5",
        "block6",
        "convtr6p4s2",
        "bntr6",
        "block7",
        "convtr7p2s2",
        "bntr7",
        "block8",
        "final",
    ];

    [Test]
    public void Names_are_those_of_MinkowskiEngines_checkpoints()
    {
        using var net = new MinkUNet(MinkUNetKind.MinkUNet18, 3, 20);
        var names = net.state_dict().Keys.ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(names.Select(name => name.Split('.')[0]).Distinct(StringComparer.Ordinal), Is.EqualTo(Tops));
            Assert.That(names, Does.Contain("block1.0.conv1.weight").And.Contain("block8.1.norm2.running_var"));
            Assert.That(names, Does.Contain("block2.0.downsample.0.weight").And.Contain("block2.0.downsample.1.bias"));
            Assert.That(names, Does.Not.Contain("block2.1.downsample.0.weight"), "the second block keeps its channels");
            Assert.That(names, Does.Contain("final.weight").And.Contain("final.bias"));
            Assert.That(names, Does.Not.Contain("conv0p1s1.bias"));
            Assert.That(
                names.Where(name =>
                    name.Contains('_', StringComparison.Ordinal)
                    && !name.Contains("running_", StringComparison.Ordinal)
                    && !name.EndsWith("num_batches_tracked", StringComparison.Ordinal)
                ),
                Is.Empty,
                "no tensor has a second name"
            );
        }
    }

    [TestCase(MinkUNetKind.MinkUNet14, 8, 1)]
    [TestCase(MinkUNetKind.MinkUNet18, 16, 2)]
    [TestCase(MinkUNetKind.MinkUNet34, 23, 6)]
    [TestCase(MinkUNetKind.MinkUNet50, 23, 6)]
    public void Depth_is_that_of_its_kind(MinkUNetKind kind, int blocks, int inBlock4)
    {
        using var net = new MinkUNet(kind, 3, 20, width: 0.25);
        var firsts = net.state_dict()
            .Keys.Where(name => name.EndsWith(".conv1.weight", StringComparison.Ordinal))
            .ToList();
        Assert.That(firsts, Has.Count.EqualTo(blocks));
        Assert.That(firsts.Count(name => name.StartsWith("block4.", StringComparison.Ordinal)), Is.EqualTo(inBlock4));
        Assert.That(
            net.has_parameter("block1.0.conv3.weight"),
            Is.EqualTo(kind == MinkUNetKind.MinkUNet50),
            "a third convolution is a bottleneck's"
        );
    }

    [Test]
    public void Shapes_are_those_of_the_planes([Values(1.0, 0.5)] double width)
    {
        using var net = new MinkUNet(MinkUNetKind.MinkUNet34, 4, 19, width, stem_kernel: 3);
        var weights = net.state_dict();
        long Planes(long planes) => (long)(planes * width);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(weights["conv0p1s1.weight"].shape, Is.EqualTo(new[] { 27, 4, Planes(32) }));
            Assert.That(weights["conv4p8s2.weight"].shape, Is.EqualTo(new[] { 8, Planes(128), Planes(128) }));
            Assert.That(weights["convtr5p8s2.weight"].shape, Is.EqualTo(new[] { 8, Planes(256), Planes(128) }));
            Assert.That(
                weights["block5.0.conv1.weight"].shape,
                Is.EqualTo(new[] { 27, Planes(256) + Planes(128), Planes(256) })
            );
            Assert.That(
                weights["block8.0.conv1.weight"].shape,
                Is.EqualTo(new[] { 27, Planes(96) + Planes(32), Planes(96) })
            );
            Assert.That(weights["final.weight"].shape, Is.EqualTo(new[] { 1, Planes(96), 19 }));
        }
    }

    [Test]
    public void Logits_lie_on_the_input_voxels_and_every_parameter_learns(
        [Values] MinkUNetKind kind,
        [Values(2, 3)] int dimensions
    )
    {
        using var scope = torch.NewDisposeScope();
        using var net = new MinkUNet(kind, 2, 5, width: 0.125, stem_kernel: 3, dimensions: dimensions);
        var random = new Random(3);
        var cloud = Cloud.Random(random, Case.Same(40, dimensions), Case.Same(-20, dimensions), 2, 400);
        var features = Tensors.Random(random, torch.ScalarType.Float32, cloud.Rows.Length, 2);
        var input = new SparseTensor(features, cloud.Coordinates(), cloud.Batches);
        var output = net.call(input);
        (output.features * output.features).sum().backward();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((output.map, output.channels), Is.EqualTo((input.map, 5L)));
            Assert.That(
                net.named_parameters()
                    .Where(entry => entry.parameter.grad is not { } grad || grad.abs().sum().item<float>() == 0)
                    .Select(entry => entry.name),
                Is.Empty,
                "parameters without a gradient"
            );
            Assert.That(input.features.IsInvalid, Is.False);
        }
    }

    [Test]
    public void A_kind_width_or_dimension_that_makes_no_sense_is_refused()
    {
        Assert.That(() => new MinkUNet((MinkUNetKind)9, 3, 20), Throws.ArgumentException.With.Message.Contains("9"));
        Assert.That(
            () => new MinkUNet(MinkUNetKind.MinkUNet14, 3, 20, width: double.NaN),
            Throws.ArgumentException.With.Message.Contains("NaN")
        );
        Assert.That(
            () => new MinkUNet(MinkUNetKind.MinkUNet14, 3, 20, dimensions: 5),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("dimensions")
        );
    }
}
