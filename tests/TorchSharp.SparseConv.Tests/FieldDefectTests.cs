using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// What the sources of other libraries get wrong, each as a small case that has one right answer; on a line of voxels where
/// that is enough.
/// </summary>
[TestFixture]
public sealed class FieldDefectTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void Open_a_scope() => _scope = torch.NewDisposeScope();

    [TearDown]
    public void Close_it() => _scope.Dispose();

    /// <summary>MinkowskiEngine 0.5.4: hybrid and custom kernels are named in the interface and end in an assertion.</summary>
    [Test]
    public void Hybrid_and_custom_kernels_work()
    {
        var whole = Tensors.Coordinates([.. TapLists.Box([3, 3, 3, 3]).Select(cell => (int[])[0, .. cell])], 4);
        var input = new SparseTensor(torch.ones(81, 1), whole);
        using var hybrid = Counting(torch.nn.SubMConv4d(1, 1, KernelShape.Hybrid(3, 0, 1, 2), bias: false));
        using var custom = Counting(
            torch.nn.SubMConv4d(1, 1, KernelShape.Offsets((1, 1, 1, 1), (-1, 0, 0, 0), (0, 0, 0, 2)), bias: false)
        );
        var centre = input
            .rows_of(
                Tensors.Coordinates(
                    [
                        [0, 1, 1, 1, 1],
                    ],
                    4
                )
            )
            .item<long>();

        // All of the 27 around it now, and itself before and after; (1, 1, 1, 3) is outside.
        Assert.That(hybrid.call(input).features[centre].item<float>(), Is.EqualTo(29));
        Assert.That(custom.call(input).features[centre].item<float>(), Is.EqualTo(2));
    }

    /// <summary>MinkowskiEngine 0.5.4 divides coordinates by the stride in float32, which is wrong from 2^24 on.</summary>
    [TestCase(16777217, 8388608)]
    [TestCase(16777219, 8388609)]
    [TestCase(-16777217, -8388609)]
    [TestCase(int.MaxValue, 1073741823)]
    [TestCase(int.MinValue, -1073741824)]
    public void Strides_divide_big_coordinates_as_integers(int fine, int coarse)
    {
        using var down = torch.nn.SparseConv1d(1, 1, 3, 2, padding: 1, sites: StridedSites.Downsample);
        using var pool = torch.nn.SparseMaxPool1d(2);
        foreach (var result in new[] { down.call(Line(fine)), pool.call(Line(fine)) })
        {
            Assert.That(Tensors.Rows(result.coordinates), Is.EqualTo(new int[][] { [0, coarse] }));
        }
    }

    /// <summary>MinkowskiEngine 0.5.4 may pool over another level than the scan's own, where one has fewer rows.</summary>
    [Test]
    public void Global_pooling_reads_the_level_that_it_was_given()
    {
        var fine = Line(0, 1, 2, 3, 4, 5, 6, 7);
        using var down = Counting(torch.nn.SparseConv1d(1, 1, 2, 2, bias: false));
        using var pool = torch.nn.SparseGlobalSumPool();
        var coarse = down.call(fine);
        var few = fine.prune(torch.tensor(new[] { true, false, false, false, false, false, false, false }));
        Assert.That(pool.call(coarse).item<float>(), Is.EqualTo(8));
        Assert.That(pool.call(few).item<float>(), Is.EqualTo(1));
        Assert.That(pool.call(fine).item<float>(), Is.EqualTo(8));
    }

    /// <summary>MinkowskiEngine 0.5.4 keeps kernel maps without the custom offsets in their key.</summary>
    [Test]
    public void The_cache_tells_kernel_shapes_apart()
    {
        var input = Line([(0, 1), (1, 10), (2, 100), (5, 1000)]);
        foreach (
            var (shape, expected) in new (KernelShape, double[])[]
            {
                (KernelShape.Offsets(1), [10, 100, 0, 0]),
                (KernelShape.Offsets(2), [100, 0, 0, 0]),
                (KernelShape.Offsets(-1), [0, 1, 10, 0]),
                (KernelShape.Offsets(-1, 1), [10, 101, 10, 0]),
                (KernelShape.Offsets(3, -5), [0, 0, 1000, 1]),
                (3, [11, 111, 110, 1000]),
            }
        )
        {
            using var layer = Counting(torch.nn.SubMConv1d(1, 1, shape, bias: false));
            Assert.That(Values(layer.call(input)), Is.EqualTo(expected), $"{shape}");
        }

        // The same taps in another order are another kernel: their weights change places.
        using var forth = torch.nn.SubMConv1d(1, 1, KernelShape.Offsets(-1, 1), bias: false);
        using var back = torch.nn.SubMConv1d(1, 1, KernelShape.Offsets(1, -1), bias: false);
        using var untracked = torch.no_grad();
        forth.weight.copy_(torch.tensor(new[] { 2f, 3 }, [2, 1, 1]));
        back.weight.copy_(torch.tensor(new[] { 3f, 2 }, [2, 1, 1]));
        Assert.That(Values(forth.call(input)), Is.EqualTo(new double[] { 30, 302, 20, 0 }));
        Assert.That(Values(back.call(input)), Is.EqualTo(Values(forth.call(input))));
    }

    /// <summary>TorchSparse 2.0 and 2.1 take a dilation and ignore it; spconv 1.2.1 dilates submanifold kernels wrongly.</summary>
    [Test]
    public void Dilation_is_used()
    {
        var input = Line([(0, 1), (1, 10), (2, 100), (3, 1000), (4, 10000)]);
        using var layer = Counting(torch.nn.SubMConv1d(1, 1, 3, dilation: 2, bias: false));
        using var plain = Counting(torch.nn.SubMConv1d(1, 1, 3, bias: false));
        Assert.That(Values(layer.call(input)), Is.EqualTo(new double[] { 101, 1010, 10101, 1010, 10100 }));
        Assert.That(Values(plain.call(input)), Is.EqualTo(new double[] { 11, 111, 1110, 11100, 11000 }));
    }

    /// <summary>TorchSparse keeps kernel maps without the padding in their key, and looks strided pairs up without it.</summary>
    [TestCase(0, new double[] { 111, 11100, 10000 })]
    [TestCase(1, new double[] { 11, 1110, 11000 })]
    [TestCase(2, new double[] { 1, 111, 11100 })]
    public void Strided_pairs_follow_the_padding(int padding, double[] expected)
    {
        var input = Line([(0, 1), (1, 10), (2, 100), (3, 1000), (4, 10000)]);
        var sites = Line(0, 1, 2).coordinates;

        // Other paddings on the same levels first, so that a cache without them would answer.
        var coarse = Conv(0).call(input, sites);
        foreach (var other in new[] { 1, 2, 0 })
        {
            Conv(other).call(input, coarse);
        }

        Assert.That(Values(Conv(padding).call(input, coarse)), Is.EqualTo(expected));
        var dense = torch.nn.functional.conv1d(
            torch.tensor(new[] { 1f, 10, 100, 1000, 10000, 0, 0 }, [1, 1, 7]),
            torch.ones(1, 1, 3),
            stride: 2,
            padding: padding
        );
        Assert.That(dense[0, 0].narrow(0, 0, 3).data<float>().ToArray(), Is.EqualTo(expected));

        static SparseConv1d Conv(int padding) =>
            Counting(torch.nn.SparseConv1d(1, 1, 3, 2, padding: padding, bias: false));
    }

    /// <summary>TorchSparse finds voxels by a 64-bit FNV hash and never compares coordinates.</summary>
    [Test]
    public void Voxels_whose_hashes_collide_stay_apart()
    {
        var (first, second) = Colliding();
        Assert.That(Fnv(second), Is.EqualTo(Fnv(first)).And.Not.Zero);
        Assert.That(second, Is.Not.EqualTo(first));
        var input = new SparseTensor(
            torch.tensor(new[] { 3f, 5 }, [2, 1]),
            Tensors.Coordinates(
                [
                    [0, .. first],
                    [0, .. second],
                ],
                2
            )
        );
        using var itself = Counting(torch.nn.SubMConv2d(1, 1, 1, bias: false));
        Assert.That(Values(itself.call(input)), Is.EqualTo(new double[] { 3, 5 }));
        using var alone = new SparseTensor(
            torch.ones(1, 1),
            Tensors.Coordinates(
                [
                    [0, .. first],
                ],
                2
            )
        );
        Assert.That(
            alone
                .contains(
                    Tensors.Coordinates(
                        [
                            [0, .. second],
                            [0, .. first],
                        ],
                        2
                    )
                )
                .data<bool>()
                .ToArray(),
            Is.EqualTo(new[] { false, true })
        );
    }

    /// <summary>The 128-bit hash of WarpConvNet cuts coordinates off unless it is told to check.</summary>
    [Test]
    public void Coordinates_use_all_of_int32_and_nothing_beyond_is_cut_off()
    {
        // Neighbours at the ends, and 2^18 apart, and across the ends, where adding would wrap around.
        var input = Line([
            (int.MinValue, 1),
            (int.MinValue + 1, 10),
            (0, 100),
            (1 << 18, 1000),
            ((1 << 18) + 1, 10000),
            (int.MaxValue, 100000),
        ]);
        using var layer = Counting(torch.nn.SubMConv1d(1, 1, 3, bias: false));
        Assert.That(Values(layer.call(input)), Is.EqualTo(new double[] { 11, 11, 100, 11000, 11000, 100000 }));
        foreach (var beyond in new[] { int.MaxValue + 1L, int.MinValue - 1L, 1L << 40 })
        {
            Assert.That(
                () => new SparseTensor(torch.ones(1, 1), torch.tensor(new[] { 0, beyond }, [1, 2])),
                Throws.ArgumentException.With.Message.Contains($"{beyond}").And.Message.Contains("32 bits")
            );
        }

        using var up = torch.nn.SparseConvTranspose1d(1, 1, 2, 2, sites: TransposedSites.Generate);
        var coarse = new SparseTensor(torch.ones(1, 1), Line(1 << 30).coordinates, stride: 2);
        Assert.That(() => up.call(coarse), Throws.Exception.With.Message.Contains($"{1L << 31}"));
    }

    /// <summary>spconv 2.x reads the weight of a 1x1 kernel, [out, 1, 1, 1, in], as if its memory were [in, out].</summary>
    [Test]
    public void A_pointwise_weight_of_spconv_is_read_as_spconv_reads_it()
    {
        var stored = torch.arange(6, torch.ScalarType.Float32).view(2, 1, 1, 1, 3);
        var ours = WeightLayout.SpConv2.From(stored, KernelGeometry.Create(3, 1));
        Assert.That(ours.shape, Is.EqualTo(new long[] { 1, 3, 2 }));
        Assert.That(ours.data<float>().ToArray(), Is.EqualTo(new float[] { 0, 1, 2, 3, 4, 5 }));
    }

    /// <summary>spconv's load hook permutes a weight again each time that it is loaded.</summary>
    [Test]
    public void Loading_twice_permutes_once([Values("spconv 1.x", "spconv 2.x", "MinkowskiEngine")] string name)
    {
        var layout = WeightLayout.All.Single(one => string.Equals(one.Name, name, StringComparison.Ordinal));
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.safetensors");
        using var net = torch.nn.SparseSequential(torch.nn.SubMConv3d(3, 3, 3));
        var weight = net.state_dict()["0.weight"].clone();
        try
        {
            Weights.Save(net, path, layout);
            foreach (var _ in Enumerable.Range(0, 2))
            {
                Weights.Load(net, path, layout);
                Assert.That(Tensors.Deviation(net.state_dict()["0.weight"], weight), Is.Zero);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>spconv refuses even submanifold kernels, and says of its rule for others that it is wrong.</summary>
    [TestCase(2, new double[] { 11, 110, 1100, 1000 })]
    [TestCase(4, new double[] { 111, 1111, 1110, 1100 })]
    public void Even_kernels_follow_PyTorchs_same_padding(int size, double[] expected)
    {
        var input = Line([(0, 1), (1, 10), (2, 100), (3, 1000)]);
        using var layer = Counting(torch.nn.SubMConv1d(1, 1, size, bias: false));
        using var dense = torch.nn.Conv1d(1, 1, size, Padding.Same, bias: false);
        using var untracked = torch.no_grad();
        dense.weight.fill_(1);
        Assert.That(Values(layer.call(input)), Is.EqualTo(expected));
        var same = dense.call(torch.tensor(new[] { 1f, 10, 100, 1000 }, [1, 1, 4]));
        Assert.That(same.data<float>().ToArray(), Is.EqualTo(expected));
    }

    /// <summary>fVDB before 0.6 placed even transposed kernels, and negative coordinates, wrongly.</summary>
    [Test]
    public void Even_transposed_kernels_at_negative_coordinates_are_in_place()
    {
        var coarse = Line([(-2, 1), (0, 10)], stride: 2);
        using var tiles = torch.nn.SparseConvTranspose1d(1, 1, 2, 2, bias: false, sites: TransposedSites.Generate);
        using var wide = torch.nn.SparseConvTranspose1d(1, 1, 4, 2, 1, bias: false, sites: TransposedSites.Generate);
        using var untracked = torch.no_grad();
        tiles.weight.copy_(torch.tensor(new[] { 2f, 3 }, [2, 1, 1]));
        wide.weight.copy_(torch.tensor(new[] { 2f, 3, 5, 7 }, [4, 1, 1]));
        Assert.That(Placed(tiles.call(coarse)), Is.EqualTo(new (int, double)[] { (-4, 2), (-3, 3), (0, 20), (1, 30) }));

        // fine = 2 * coarse + tap - 1.
        Assert.That(
            Placed(wide.call(coarse)),
            Is.EqualTo(new (int, double)[] { (-5, 2), (-4, 3), (-3, 5), (-2, 7), (-1, 20), (0, 30), (1, 50), (2, 70) })
        );
    }

    /// <summary>spconv takes a kept rulebook for another tensor's where kernel and number of rows agree.</summary>
    [Test]
    public void As_many_voxels_elsewhere_get_their_own_rulebook()
    {
        using var layer = Counting(torch.nn.SubMConv1d(1, 1, 3, bias: false));
        var near = Line(0, 1, 2);
        Assert.That(Values(layer.call(near)), Is.EqualTo(new double[] { 2, 3, 2 }));
        var apart = new SparseTensor(torch.ones(3, 1), Line(0, 2, 4).coordinates, manager: near.manager);
        Assert.That(Values(layer.call(apart)), Is.EqualTo(new double[] { 1, 1, 1 }));
        var pair = new SparseTensor(torch.ones(3, 1), Line(7, 9, 8).coordinates, manager: near.manager);
        Assert.That(Values(layer.call(pair)), Is.EqualTo(new double[] { 2, 2, 3 }));
    }

    /// <summary>A layer whose weights are all 1, so that outputs are sums over what its taps find.</summary>
    private static T Counting<T>(T layer)
        where T : SparseConvolution
    {
        using var untracked = torch.no_grad();
        layer.weight.fill_(1);
        return layer;
    }

    private static SparseTensor Line(params int[] places) => Line([.. places.Select(place => (place, 1f))]);

    private static SparseTensor Line((int Place, float Value)[] voxels, int stride = 1) =>
        new(
            torch.tensor(voxels.Select(voxel => voxel.Value).ToArray(), [voxels.Length, 1]),
            Tensors.Coordinates([.. voxels.Select(voxel => (int[])[0, voxel.Place])], 1),
            stride: stride
        );

    private static double[] Values(SparseTensor tensor) =>
        Arrays.Vector(tensor.features.to_type(torch.ScalarType.Float64));

    private static (int, double)[] Placed(SparseTensor tensor) =>
        [.. Tensors.Rows(tensor.coordinates).Zip(Values(tensor), (row, value) => (row[1], value)).OrderBy(at => at)];

    /// <summary>Two voxels of a plane with one hash: the first words leave equal upper halves, the second words make up the rest.</summary>
    private static (int[] First, int[] Second) Colliding()
    {
        var random = new Random(1);
        var seen = new Dictionary<uint, int>();
        while (true)
        {
            var x = random.Next(int.MinValue, int.MaxValue);
            var hash = Fnv([x]);
            if (seen.TryGetValue((uint)(hash >> 32), out var other) && other != x)
            {
                return ([other, 0], [x, unchecked((int)((uint)hash ^ (uint)Fnv([other])))]);
            }

            seen[(uint)(hash >> 32)] = x;
        }
    }

    /// <summary>FNV-1a over 32-bit words.</summary>
    private static ulong Fnv(int[] words) =>
        words.Aggregate(14695981039346656037UL, (hash, word) => unchecked((hash ^ (uint)word) * 1099511628211UL));
}
