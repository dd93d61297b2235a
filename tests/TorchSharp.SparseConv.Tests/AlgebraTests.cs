using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Tensors combined voxel by voxel, against dictionaries of coordinates, with gradients; float64.</summary>
[TestFixture]
public sealed class AlgebraTests
{
    private const int Channels = 2;

    [Test]
    public void Operators_on_one_level_are_those_of_the_features()
    {
        using var scope = torch.NewDisposeScope();
        var (left, _) = Pair(new Random(1));
        var right = left.with_features(Tensors.Random(new Random(2), torch.ScalarType.Float64, left.count, Channels));
        Assert.That((left + right).map, Is.SameAs(left.map));
        Assert.That(Tensors.Deviation((left + right).features, left.features + right.features), Is.Zero);
        Assert.That(Tensors.Deviation((left - right).features, left.features - right.features), Is.Zero);
        Assert.That(Tensors.Deviation((left * right).features, left.features * right.features), Is.Zero);
    }

    [Test]
    public void Another_order_of_the_same_voxels_is_looked_up()
    {
        using var scope = torch.NewDisposeScope();
        var (left, _) = Pair(new Random(3));
        var order = torch.randperm(left.count);
        var right = new SparseTensor(
            left.features.index_select(0, order),
            left.coordinates.index_select(0, order),
            left.batch_size,
            manager: left.manager
        );
        Assert.That(Tensors.Deviation((left - right).features, torch.zeros_like(left.features)), Is.Zero);
        Assert.That(SparseTensor.cat(left, right).map, Is.SameAs(left.map));
        Assert.That(left.equal(right), Is.True);
    }

    [Test]
    public void Other_sites_are_joined_as_dictionaries_are(
        [Values("add", "sub", "mul", "cat")] string operation,
        [Values(JoinSites.Union, JoinSites.Intersection)] JoinSites sites,
        [Values(1, 2, 3, 4)] int dimensions
    )
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(dimensions);
        var (left, right) = Pair(random, dimensions);
        var result = Apply(operation, left, right, sites);
        var (one, other) = (Content(left), Content(right));
        var nothing = new double[Channels];
        var expected = Keys(sites, left, right)
            .ToDictionary(
                key => key,
                key => Expected(operation, one.GetValueOrDefault(key, nothing), other.GetValueOrDefault(key, nothing)),
                StringComparer.Ordinal
            );
        Assert.That(Content(result), Is.EquivalentTo(expected));
        Assert.That(Apply(operation, left, right, sites).map, Is.SameAs(result.map), "the level is made once");
        foreach (var leaf in new[] { left.features, right.features })
        {
            Differences.RequireGradient(leaf, () => Apply(operation, left, right, sites).features, random);
        }
    }

    [Test]
    public void More_than_two_stand_side_by_side()
    {
        using var scope = torch.NewDisposeScope();
        var (left, right) = Pair(new Random(6));
        var third = left.prune(torch.arange(left.count).gt(2));
        Assert.That(
            SparseTensor.cat(JoinSites.Union, left, right, third).count,
            Is.EqualTo(Keys(JoinSites.Union, left, right).Count)
        );
        Assert.That(
            SparseTensor.cat(JoinSites.Intersection, left, right, third).count,
            Is.EqualTo(Keys(JoinSites.Intersection, right, third).Count)
        );
    }

    [Test]
    public void What_does_not_meet_is_refused()
    {
        using var scope = torch.NewDisposeScope();
        var (left, right) = Pair(new Random(4));
        using var down = new SparseMaxPool3d(2);
        Refuse(() => left + right, "right has SparseTensor: ", "it lacks (", "JoinSites.Union");
        Refuse(() => left + left.with_features(torch.ones(left.count, 5)), "right has 5 channels, must have the 2");
        Refuse(() => left + down.call(left), "must have the stride and the batch size of the first");
        Refuse(() => SparseTensor.add(left, right, (JoinSites)5), "sites is 5, must be Same, Union or Intersection");
        Refuse(
            () => left * new SparseTensor(left.features, left.coordinates, left.batch_size),
            "two coordinate managers"
        );
        Refuse(() => SparseTensor.cat(), "tensors is empty");
    }

    [Test]
    public void A_row_a_scan_is_spread_over_its_voxels()
    {
        using var scope = torch.NewDisposeScope();
        var (left, _) = Pair(new Random(5));
        var perScan = Tensors.Random(new Random(6), torch.ScalarType.Float64, 3, Channels);
        var values = Arrays.Matrix(perScan);
        var spread = Arrays.Matrix(left.broadcast(perScan).features);
        foreach (var (row, voxel) in Tensors.Rows(left.coordinates).Index())
        {
            Assert.That((spread[row, 0], spread[row, 1]), Is.EqualTo((values[voxel[0], 0], values[voxel[0], 1])));
        }

        Differences.RequireGradient(perScan, () => (left * left.broadcast(perScan)).features, new Random(7));
        Refuse(() => left.broadcast(torch.ones(2, 2)), "per_scan has shape [2, 2], must be [3, channels]");
    }

    [Test]
    public void Equality_is_by_content()
    {
        using var scope = torch.NewDisposeScope();
        var (left, right) = Pair(new Random(8));
        var order = torch.arange(left.count - 1, -1, -1);
        var mirror = new SparseTensor(
            left.features.index_select(0, order),
            left.coordinates.index_select(0, order),
            left.batch_size
        );
        var near = mirror.with_features(mirror.features + 1e-10);
        Assert.That((left.equal(mirror), left.allclose(near), left.equal(near)), Is.EqualTo((true, true, false)));
        Assert.That(left.equal(right), Is.False);
        Assert.That(left.allclose(left.with_features(left.features + 1)), Is.False);
        Assert.That(left.equal(left.with_features(left.features.to_type(torch.ScalarType.Float32))), Is.False);
        var moved = new SparseTensor(left.features, left.coordinates + 1, 4);
        Assert.That(left.equal(moved), Is.False);
        using var none = new SparseTensor(torch.zeros(0, 2), Tensors.Coordinates([], 3));
        using var nothing = new SparseTensor(torch.zeros(0, 2), Tensors.Coordinates([], 3));
        Assert.That(none.equal(nothing), Is.True);
    }

    private static SparseTensor Apply(string operation, SparseTensor left, SparseTensor right, JoinSites sites) =>
        operation switch
        {
            "add" => SparseTensor.add(left, right, sites),
            "sub" => SparseTensor.sub(left, right, sites),
            "mul" => SparseTensor.mul(left, right, sites),
            _ => SparseTensor.cat(sites, left, right),
        };

    private static double[] Expected(string operation, double[] left, double[] right) =>
        operation switch
        {
            "add" => [.. left.Zip(right, (one, other) => one + other)],
            "sub" => [.. left.Zip(right, (one, other) => one - other)],
            "mul" => [.. left.Zip(right, (one, other) => one * other)],
            _ => [.. left, .. right],
        };

    private static HashSet<string> Keys(JoinSites sites, SparseTensor left, SparseTensor right)
    {
        var keys = new HashSet<string>(Content(left).Keys, StringComparer.Ordinal);
        if (sites == JoinSites.Union)
        {
            keys.UnionWith(Content(right).Keys);
        }
        else
        {
            keys.IntersectWith(Content(right).Keys);
        }

        return keys;
    }

    private static Dictionary<string, double[]> Content(SparseTensor tensor)
    {
        var features = Arrays.Matrix(tensor.features);
        return Tensors
            .Rows(tensor.coordinates)
            .Select(
                (voxel, row) =>
                    (
                        Tensors.Key(voxel),
                        Enumerable.Range(0, (int)tensor.channels).Select(c => features[row, c]).ToArray()
                    )
            )
            .ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>Two tensors of one manager, three scans of which the second is empty, that share some voxels.</summary>
    private static (SparseTensor Left, SparseTensor Right) Pair(Random random, int dimensions = 3)
    {
        var manager = new CoordinateManager(dimensions);
        return (One(), One());

        SparseTensor One()
        {
            int[] shape =
                dimensions < 3 ? [.. Case.Same(dimensions == 1 ? 40 : 7, dimensions)] : Case.Same(3, dimensions);
            var cloud = Cloud.Random(random, shape, Case.Same(-1, dimensions), 2, 25);
            var rows = cloud.Rows.Select(row => row[0] == 1 ? [2, .. row.Skip(1)] : row).ToList();
            var features = Tensors.Random(random, torch.ScalarType.Float64, rows.Count, Channels);
            return new SparseTensor(features, Tensors.Coordinates(rows, dimensions), 3, manager: manager);
        }
    }

    private static void Refuse(Func<SparseTensor> call, params string[] parts)
    {
        var refused = Assert.Catch<ArgumentException>(() => call())!;
        foreach (var part in parts)
        {
            Assert.That(refused.Message, Does.Contain(part));
        }
    }
}
