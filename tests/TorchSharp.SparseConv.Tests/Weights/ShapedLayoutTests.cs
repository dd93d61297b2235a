using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Weights of crosses and in groups as the libraries store them that have such, and errors for those that do not.</summary>
[TestFixture]
public sealed class ShapedLayoutTests
{
    private static readonly WeightLayout[] Grouped =
    [
        WeightLayout.Native,
        WeightLayout.SparseConvNet,
        WeightLayout.WarpConvNet,
        WeightLayout.Dense,
        WeightLayout.DenseTranspose,
    ];

    private static readonly WeightLayout[] Ungrouped =
    [
        WeightLayout.SpConv1,
        WeightLayout.SpConv2,
        WeightLayout.TorchSparse,
        WeightLayout.MinkowskiEngine,
    ];

    private static readonly WeightLayout[] BoxesOnly =
    [
        .. WeightLayout.All.Where(layout => layout != WeightLayout.Native),
    ];

    private DisposeScope _scope = null!;

    [SetUp]
    public void Open_a_scope() => _scope = torch.NewDisposeScope();

    [TearDown]
    public void Close_it() => _scope.Dispose();

    /// <summary>HYPER_CROSS of MinkowskiEngine 0.5.4: the centre; then per axis +1 to +r, and -r to -1.</summary>
    [Test]
    public void MinkowskiEngines_cross_begins_with_its_centre([Values("3,3,3", "5,3,1", "5,5", "3,5,3,7")] string sizes)
    {
        int[] size = [.. sizes.Split(',').Select(int.Parse)];
        var geometry = KernelGeometry.Submanifold(size.Length, KernelShape.Cross(new PerAxis(size)));
        var theirs = new List<int[]> { new int[size.Length] };
        for (var axis = 0; axis < size.Length; axis++)
        {
            var reach = size[axis] / 2;
            foreach (var place in Enumerable.Range(1, reach).Concat(Enumerable.Range(-reach, reach)))
            {
                var offset = new int[size.Length];
                offset[axis] = place;
                theirs.Add(offset);
            }
        }

        var ours = Tensors.Random(new Random(1), torch.ScalarType.Float32, geometry.Taps, 2, 3);
        var stored = WeightLayout.MinkowskiEngine.To(ours, geometry);
        Assert.That(stored.shape, Is.EqualTo(new long[] { theirs.Count, 2, 3 }));
        var places = theirs.Select((offset, i) => (Tensors.Key(offset), i)).ToDictionary(StringComparer.Ordinal);
        for (var tap = 0; tap < geometry.Taps; tap++)
        {
            Assert.That(
                Tensors.Deviation(stored[places[Tensors.Key(geometry.TapOffset(tap))]], ours[tap]),
                Is.Zero,
                $"tap {geometry.TapOffset(tap)}"
            );
        }

        Assert.That(Tensors.Deviation(WeightLayout.MinkowskiEngine.From(stored, geometry), ours), Is.Zero, "and back");
    }

    [Test]
    public void Every_element_of_a_grouped_weight_lies_where_the_library_looks_for_it(
        [ValueSource(nameof(Grouped))] WeightLayout layout,
        [Values("3,2", "1,1,1", "2")] string kernel,
        [Values("2,3,2", "1,1,3", "1,2,4", "3,5,1")] string channels
    )
    {
        int[] size = [.. kernel.Split(',').Select(int.Parse)];
        int[] counts = [.. channels.Split(',').Select(int.Parse)];
        var (input, output, groups) = (counts[0], counts[1] * counts[2], counts[2]);
        var geometry = KernelGeometry.Create(size.Length, new PerAxis(size));
        var ours = Tensors.Random(new Random(5), torch.ScalarType.Float32, geometry.Taps, input, output);
        var theirs = layout.To(ours, geometry, groups);
        var (from, to) = (ours.data<float>().ToArray(), theirs.data<float>().ToArray());
        for (var index = 0; index < from.Length; index++)
        {
            var (tap, i, o) = (index / (input * output), index / output % input, index % output);
            Assert.That(to[Place(layout, geometry.Taps, tap, i, o, counts)], Is.EqualTo(from[index]), $"{tap} {i} {o}");
        }

        Assert.That(Tensors.Deviation(layout.From(theirs, geometry, groups), ours), Is.Zero, "and back");
        Assert.That(theirs.shape, Is.EqualTo(layout.Shape(geometry, input * groups, output, groups)));
    }

    [Test]
    public void Dense_layers_in_groups_have_the_shapes_of_PyTorchs()
    {
        var geometry = KernelGeometry.Create(3, (3, 2, 1));
        using var conv = torch.nn.Conv3d(4, 6, (3, 2, 1), groups: 2);
        using var transposed = torch.nn.ConvTranspose3d(4, 6, (3, 2, 1), groups: 2);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(WeightLayout.Dense.Shape(geometry, 4, 6, 2), Is.EqualTo(conv.weight.shape));
            Assert.That(WeightLayout.DenseTranspose.Shape(geometry, 4, 6, 2), Is.EqualTo(transposed.weight.shape));
            Assert.That(WeightLayout.WarpConvNet.Shape(geometry, 4, 6, 2), Is.EqualTo(new long[] { 6, 2, 2, 3 }));
            Assert.That(WeightLayout.WarpConvNet.Shape(geometry, 4, 6), Is.EqualTo(new long[] { 6, 4, 6 }));
        }
    }

    [Test]
    public void MinkowskiEngines_depthwise_kernel_is_taps_by_channels()
    {
        var geometry = KernelGeometry.Submanifold(3, KernelShape.Cross(3));
        var ours = Tensors.Random(new Random(2), torch.ScalarType.Float32, 7, 1, 5);
        var theirs = WeightLayout.MinkowskiEngine.To(ours, geometry, 5);
        Assert.That(theirs.shape, Is.EqualTo(new long[] { 7, 5 }));

        // Our 7 taps: x-1, y-1, z-1, centre, z+1, y+1, x+1; theirs: centre, x+1, x-1, y+1, y-1, z+1, z-1.
        var order = torch.tensor(new long[] { 3, 6, 0, 5, 1, 4, 2 });
        Assert.That(Tensors.Deviation(theirs, ours.index_select(0, order).view(7, 5)), Is.Zero);
        Assert.That(Tensors.Deviation(WeightLayout.MinkowskiEngine.From(theirs, geometry, 5), ours), Is.Zero);
    }

    [Test]
    public void Shapes_that_a_library_lacks_are_refused([ValueSource(nameof(BoxesOnly))] WeightLayout layout)
    {
        Refuse(KernelShape.Offsets((0, 0, 0), (0, 0, 2)), "2 offsets");
        Refuse(KernelShape.Hybrid((3, 3, 3, 3), 0, 1, 2), "hybrid (3, 3, 3, 3)");
        Refuse(KernelShape.Cross((3, 3, 2)), "cross (3, 3, 2)");
        if (layout != WeightLayout.MinkowskiEngine)
        {
            Refuse(KernelShape.Cross((3, 3, 3)), "cross (3, 3, 3)");
        }

        void Refuse(KernelShape shape, string says)
        {
            var geometry = KernelGeometry.Create(shape.Size.Count, shape);
            var weight = torch.zeros(new long[] { geometry.Taps, 2, 3 });
            foreach (
                var action in new Action[]
                {
                    () => layout.Shape(geometry, 2, 3),
                    () => layout.To(weight, geometry),
                    () => layout.From(weight, geometry),
                }
            )
            {
                Assert.That(
                    action,
                    Throws
                        .ArgumentException.With.Message.Contains($"geometry has the kernel {says}")
                        .And.Message.Contains(layout.Name)
                );
            }
        }
    }

    [Test]
    public void Groups_that_a_library_lacks_are_refused([ValueSource(nameof(Ungrouped))] WeightLayout layout)
    {
        var geometry = KernelGeometry.Create(3, 3);
        Assert.That(
            () => layout.To(torch.zeros(new long[] { 27, 2, 4 }), geometry, 2),
            Throws.ArgumentException.With.Message.Contains($"groups is 2, must be 1 in {layout.Name}")
        );
        Assert.That(
            () => layout.From(torch.zeros(layout.Shape(geometry, 2, 4)), geometry, 2),
            Throws.ArgumentException.With.Message.Contains($"groups is 2, must be 1 in {layout.Name}")
        );
        Assert.That(
            () => WeightLayout.Dense.Shape(geometry, 3, 4, 2),
            Throws.ArgumentException.With.Message.Contains("groups is 2").And.Message.Contains("in_channels 3")
        );
        Assert.That(
            () => WeightLayout.DenseTranspose.From(torch.zeros(new long[] { 3, 2, 3, 3, 3 }), geometry, 2),
            Throws.ArgumentException.With.Message.Contains("must be [in, out / 2, 3, 3, 3]")
        );
    }

    [Test]
    public void A_model_says_which_weight_a_layout_has_no_place_for()
    {
        using var net = torch.nn.SparseSequential(
            torch.nn.SubMConv3d(4, 4, 3),
            torch.nn.SubMConv3d(4, 4, KernelShape.Cross(3), groups: 2)
        );
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.safetensors");
        Assert.That(
            () => Weights.Save(net, path, WeightLayout.SpConv2),
            Throws.ArgumentException.With.Message.Contains(
                "spconv 2.x has no place for 1.weight: geometry has the kernel"
            )
        );
        Assert.That(path, Does.Not.Exist);
    }

    [Test]
    public void A_model_with_shapes_and_groups_comes_back([Values] bool depthwise)
    {
        var layout = depthwise ? WeightLayout.MinkowskiEngine : WeightLayout.Native;
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.safetensors");
        using var net = Net(1, depthwise);
        using var other = Net(2, depthwise);
        try
        {
            Weights.Save(net, path, layout);
            Assert.That(Weights.Load(other, path, layout).IsComplete);
        }
        finally
        {
            File.Delete(path);
        }

        var expected = net.state_dict();
        foreach (var (name, tensor) in other.state_dict())
        {
            Assert.That(Tensors.Deviation(tensor, expected[name]), Is.Zero, name);
        }
    }

    private static SparseSequential Net(int seed, bool depthwise)
    {
        torch.manual_seed(seed);
        return torch.nn.SparseSequential(
            torch.nn.SubMConv3d(4, 4, KernelShape.Cross((5, 3, 3)), groups: depthwise ? 4 : 2),
            torch.nn.SparseConv3d(4, 4, 2, 2, groups: depthwise ? 4 : 2),
            torch.nn.SparseInverseConv3d(4, 4, 2, groups: depthwise ? 1 : 4)
        );
    }

    private static int Place(WeightLayout layout, int taps, int tap, int i, int o, int[] channels)
    {
        var (input, perGroup, groups) = (channels[0], channels[1], channels[2]);
        var (group, place) = (o / perGroup, o % perGroup);
        return layout.Name switch
        {
            "dense PyTorch" => (((o * input) + i) * taps) + tap,
            "dense PyTorch, transposed" => (((((group * input) + i) * perGroup) + place) * taps) + tap,
            "SparseConvNet" or "WarpConvNet" => (((((tap * groups) + group) * input) + i) * perGroup) + place,
            _ => (((tap * input) + i) * perGroup * groups) + o,
        };
    }
}
