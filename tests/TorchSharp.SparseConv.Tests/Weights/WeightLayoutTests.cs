using System.Globalization;
using System.Text.Json;
using TorchSharp.SparseConv.Tests.Golden;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Weights as the other libraries store them, against files that those libraries wrote and against plain loops.</summary>
[TestFixture]
public sealed class WeightLayoutTests
{
    private static readonly WeightLayout[] Layouts = [.. WeightLayout.All];

    private DisposeScope _scope = null!;

    [SetUp]
    public void Open_a_scope() => _scope = torch.NewDisposeScope();

    [TearDown]
    public void Close_it() => _scope.Dispose();

    [TestCase("me/conv_k2_s2")]
    [TestCase("me/conv_k3_s2")]
    [TestCase("me/deconv_k2_s2")]
    [TestCase("me/subm_k3")]
    [TestCase("scn/subm_k2_s1")]
    [TestCase("scn/subm_k3")]
    [TestCase("spconv121/conv_k3_s2")]
    [TestCase("spconv238/conv_k3_s2")]
    [TestCase("spconv238/deconv_k2_s2")]
    [TestCase("spconv238/subm_k3")]
    [TestCase("ts20/conv_k2_s2")]
    [TestCase("ts20/subm_k3")]
    public void A_stored_weight_becomes_ours_tap_by_tap_and_back(string name)
    {
        var folder = TestData.Require(Path.Combine("golden", name));
        using var meta = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "meta.json")));
        var stored = Npy.Read(Path.Combine(folder, "weight.npy"));
        var geometry = Geometry(meta.RootElement);
        var layout = name.Split('/')[0] switch
        {
            "me" => WeightLayout.MinkowskiEngine,
            "scn" => WeightLayout.SparseConvNet,
            "spconv121" => WeightLayout.SpConv1,
            "spconv238" => WeightLayout.SpConv2,
            _ => WeightLayout.TorchSparse,
        };
        var ours = layout.From(stored, geometry);

        // Our taps in the order of their displacement, theirs in the order of offsets.npy: both sorted by displacement.
        var expected = Npy.Read(Path.Combine(folder, "weight_kio.npy"))
            .index_select(0, Sorted(Tensors.Rows(Npy.Read(Path.Combine(folder, "offsets.npy")))));
        var actual = ours.index_select(
            0,
            Sorted([.. Enumerable.Range(0, geometry.Taps).Select(tap => geometry.TapOffset(tap).ToArray())])
        );
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Tensors.Deviation(actual, expected), Is.Zero, "to ours");
            Assert.That(Tensors.Deviation(layout.To(ours, geometry), stored), Is.Zero, "and back");
        }
    }

    /// <summary>One element at a time, by each library's formula of the position.</summary>
    [Test]
    public void Every_element_lies_where_the_library_looks_for_it(
        [ValueSource(nameof(Layouts))] WeightLayout layout,
        [Values("3,3,3", "2,2,2", "3,2,1", "1,1,1", "5,3", "2")] string kernel
    )
    {
        int[] size = [.. kernel.Split(',').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        var geometry = KernelGeometry.Create(size.Length, new PerAxis(size));
        const int Input = 2;
        const int Output = 3;
        var random = new Random(5);
        var ours = Tensors.Random(random, torch.ScalarType.Float32, geometry.Taps, Input, Output);
        var theirs = layout.To(ours, geometry);
        var (from, to) = (ours.data<float>().ToArray(), theirs.data<float>().ToArray());
        for (var tap = 0; tap < geometry.Taps; tap++)
        {
            for (var i = 0; i < Input; i++)
            {
                for (var o = 0; o < Output; o++)
                {
                    var place = Place(layout, size, tap, i, o, Input, Output);
                    Assert.That(to[place], Is.EqualTo(from[(((tap * Input) + i) * Output) + o]), $"{tap} {i} {o}");
                }
            }
        }

        Assert.That(Tensors.Deviation(layout.From(theirs, geometry), ours), Is.Zero, "and back");
        Assert.That(theirs.shape, Is.EqualTo(layout.Shape(geometry, Input, Output)));
    }

    [Test]
    public void One_tap_is_a_matrix_in_some_libraries_unless_it_strides()
    {
        var pointwise = KernelGeometry.Create(3, 1);
        var strided = KernelGeometry.Create(3, 1, 2);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(WeightLayout.MinkowskiEngine.Shape(pointwise, 4, 5), Is.EqualTo(new long[] { 4, 5 }));
            Assert.That(WeightLayout.TorchSparse.Shape(pointwise, 4, 5), Is.EqualTo(new long[] { 4, 5 }));
            Assert.That(WeightLayout.MinkowskiEngine.Shape(strided, 4, 5), Is.EqualTo(new long[] { 1, 4, 5 }));
            Assert.That(WeightLayout.SpConv2.Shape(pointwise, 4, 5), Is.EqualTo(new long[] { 5, 1, 1, 1, 4 }));
        }
    }

    [Test]
    public void A_shape_that_the_library_does_not_give_is_refused()
    {
        var geometry = KernelGeometry.Create(3, 3);
        Assert.That(
            () => WeightLayout.SpConv2.From(torch.zeros(new long[] { 4, 3, 3, 2, 5 }), geometry),
            Throws.ArgumentException.With.Message.Contains("[4, 3, 3, 2, 5], must be [out, 3, 3, 3, in] in spconv 2.x")
        );
        Assert.That(
            () => WeightLayout.SparseConvNet.From(torch.zeros(new long[] { 27, 2, 4, 5 }), geometry),
            Throws.ArgumentException.With.Message.Contains("must be [27, 1, in, out]")
        );
        Assert.That(
            () => WeightLayout.Dense.To(torch.zeros(new long[] { 8, 4, 5 }), geometry),
            Throws.ArgumentException.With.Message.Contains("must be [27, in, out]")
        );
    }

    [Test]
    public void A_model_comes_back_from_every_layout([ValueSource(nameof(Layouts))] WeightLayout layout)
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.safetensors");
        using var net = Net(1);
        using var other = Net(2);
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

    [Test]
    public void MinkowskiEngines_names_are_its_own()
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.safetensors");
        using var net = Net(1);
        try
        {
            Weights.Save(net, path, WeightLayout.MinkowskiEngine);
            using var file = SafeTensors.Open(path);
            Assert.That(file.Names, Is.SupersetOf(new[] { "0.kernel", "1.bn.running_mean", "3.kernel", "3.bias" }));
            Assert.That(file.Shape("3.bias"), Is.EqualTo(new long[] { 1, 2 }));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void Inverse_convolutions_and_sparse_norms_are_named_as_what_they_are()
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.safetensors");
        using var net = torch.nn.SparseSequential(torch.nn.SparseInverseConv3d(2, 5, 2), torch.nn.SparseBatchNorm(5));
        try
        {
            Weights.Save(net, path, WeightLayout.Dense);
            Assert.That(Weights.Read(path)["0.weight"].shape, Is.EqualTo(new long[] { 2, 5, 2, 2, 2 }));
            Weights.Save(net, path, WeightLayout.MinkowskiEngine);
            Assert.That(Weights.Read(path).Keys, Does.Contain("1.bn.running_mean").And.Contain("0.kernel"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static SparseSequential Net(int seed)
    {
        torch.manual_seed(seed);
        return torch.nn.SparseSequential(
            torch.nn.SparseConv3d(2, 4, (3, 2, 1), 2, bias: false),
            torch.nn.BatchNorm1d(4),
            torch.nn.ReLU(),
            torch.nn.SparseConvTranspose3d(4, 2, (3, 2, 1), 2)
        );
    }

    private static KernelGeometry Geometry(JsonElement meta)
    {
        var (kernel, stride) = (meta.GetProperty("kernel").GetInt32(), meta.GetProperty("stride").GetInt32());
        return KernelGeometry.Create(3, kernel, stride, 1, kernel / 2);
    }

    private static torch.Tensor Sorted(int[][] rows) =>
        torch.tensor(
            rows.Select((row, i) => (row, i))
                .OrderBy(entry => entry.row[0])
                .ThenBy(entry => entry.row[1])
                .ThenBy(entry => entry.row[2])
                .Select(entry => (long)entry.i)
                .ToArray(),
            torch.ScalarType.Int64
        );

    private static int Place(WeightLayout layout, int[] size, int tap, int i, int o, int input, int output)
    {
        var taps = size.Aggregate(1, (product, value) => product * value);
        var other = FirstAxisFastest(size, tap);
        return layout.Name switch
        {
            "spconv 2.x" when taps > 1 => (((o * taps) + tap) * input) + i,
            "dense PyTorch" => (((o * input) + i) * taps) + tap,
            "dense PyTorch, transposed" => (((i * output) + o) * taps) + tap,
            "MinkowskiEngine" => (((other * input) + i) * output) + o,
            "TorchSparse" when int.IsOddInteger(taps) => (((other * input) + i) * output) + o,
            _ => (((tap * input) + i) * output) + o,
        };
    }

    private static int FirstAxisFastest(int[] size, int tap)
    {
        var (result, weight) = (0, size.Aggregate(1, (product, value) => product * value));
        for (var axis = size.Length - 1; axis >= 0; axis--)
        {
            weight /= size[axis];
            result += tap % size[axis] * weight;
            tap /= size[axis];
        }

        return result;
    }
}
