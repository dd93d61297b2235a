using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Points that know their voxels at every stride.</summary>
[TestFixture]
public sealed class PointTensorTests
{
    [Test]
    public void Voxels_at_a_stride_hold_the_points_of_the_floor([Values(1, 2, 3, 4)] int dimensions)
    {
        using var scope = torch.NewDisposeScope();
        var (points, places, scans) = Make(dimensions);
        PerAxis stride = [.. new[] { 3, 2, 5, 4 }.Take(dimensions)];
        foreach (var spacing in new[] { PerAxis.Repeat(1, dimensions), stride })
        {
            var voxels = points.voxels(spacing);
            var groups = Enumerable
                .Range(0, scans.Length)
                .GroupBy(
                    i =>
                        Tensors.Key([
                            scans[i],
                            .. spacing.Select((step, axis) => (int)Math.Floor(places[i, axis] / 0.5 / step)),
                        ]),
                    StringComparer.Ordinal
                )
                .ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
            var rows = Tensors.Rows(voxels.coordinates);
            var given = Arrays.Matrix(points.features);
            Assert.That(voxels.stride, Is.EqualTo(spacing));
            Assert.That(rows.Select(Tensors.Key), Is.EquivalentTo(groups.Keys));
            var means = rows.SelectMany(row =>
                Enumerable.Range(0, 2).Select(n => groups[Tensors.Key(row)].Average(i => given[i, n]))
            );
            Assert.That(Arrays.Vector(voxels.features), Is.EqualTo(means).Within(1e-14));
        }
    }

    [Test]
    public void Levels_and_links_are_made_once_for_all_features()
    {
        using var scope = torch.NewDisposeScope();
        var (points, _, _) = Make(3);
        var coarse = points.voxels(4);
        var live = LiveObjects.Settled();
        var first = points.to_points(coarse);
        Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live + 1));
        var again = first.with_features(first.features * 2);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.voxels(4).map, Is.SameAs(coarse.map));
            Assert.That(again.voxels().map, Is.SameAs(points.voxels().map));
            Assert.That(again.voxels(coarse, SplatKind.Max).map, Is.SameAs(coarse.map));
            again.to_points(coarse);
            Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live + 1), "nothing was made again");
            Assert.That(points.manager.Maps, Has.Count.EqualTo(2));
        }
    }

    [Test]
    public void Gradients_run_through_voxels_and_back()
    {
        using var scope = torch.NewDisposeScope();
        var (points, _, _) = Make(3);
        using var layer = torch.nn.SparseConv3d(2, 3, 2, 2, dtype: torch.ScalarType.Float64);
        Differences.RequireGradient(
            points.features,
            () =>
            {
                var voxels = layer.call(points.voxels());
                var met = points.to_points(voxels);
                return met.to_points(met.voxels(voxels, SplatKind.Mean)).features;
            },
            new Random(4)
        );
    }

    [Test]
    public void A_point_in_every_voxel_reads_its_own_value_at_every_stride()
    {
        using var scope = torch.NewDisposeScope();
        var (points, _, _) = Make(2);
        var coarse = points.voxels((2, 3));
        foreach (var anchor in Enum.GetValues<VoxelAnchor>())
        {
            var centres = PointTensor.of(coarse, anchor);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(centres.manager, Is.SameAs(coarse.manager));
                Assert.That(centres.batch_size, Is.EqualTo(coarse.batch_size));
                var rule = new InterpolationRule(InterpolationKind.Linear, Anchor: anchor);
                Assert.That(Tensors.Deviation(centres.to_points(coarse, rule).features, coarse.features), Is.Zero);
                Assert.That(Tensors.Deviation(centres.voxels(coarse).features, coarse.features), Is.Zero);
            }
        }
    }

    [Test]
    public void It_says_what_it_holds_and_refuses_what_does_not_fit()
    {
        using var scope = torch.NewDisposeScope();
        var (points, _, _) = Make(3);
        var ones = torch.ones(4, 2);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(points.ToString(), Is.EqualTo("PointTensor: 200 points x 2 Float64 on cpu, 2 batches"));
            Assert.That((points.count, points.channels, points.dimensions), Is.EqualTo((200L, 2L, 3)));
            Assert.That(points.lattice.shape, Is.EqualTo(new[] { 200L, 3 }));
            Assert.That(points.batch.dtype, Is.EqualTo(torch.ScalarType.Int32));
            VoxelizationTests.Refuse(() => points.with_features(ones), "features", "4 rows");
            VoxelizationTests.Refuse(() => points.voxels(0), "stride", "(0, 0, 0)");
            VoxelizationTests.Refuse(() => points.to_points(Make(2).Points.voxels()), "map", "2 axes, must have the 3");
            VoxelizationTests.Refuse(
                () => _ = new PointTensor(ones, ones, 0.1, manager: new(3)),
                "points",
                "manager's 3"
            );
            VoxelizationTests.Refuse(() => _ = new PointTensor(ones, ones / 0, 0.1), "points", "point 0");
        }
    }

    [Test]
    public void Its_links_go_with_it()
    {
        var live = LiveObjects.Settled();
        Use();
        for (var attempt = 0; attempt < 20 && SparseConvRuntime.LiveObjects > live; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(SparseConvRuntime.LiveObjects, Is.LessThanOrEqualTo(live));

        static void Use()
        {
            using var scope = torch.NewDisposeScope();
            var (points, _, _) = Make(3);
            points.features.requires_grad_();
            points.to_points(points.voxels(2)).features.sum().backward();
        }
    }

    private static (PointTensor Points, double[,] Places, int[] Scans) Make(int dimensions)
    {
        var random = new Random(dimensions);
        var points = Tensors.Random(random, torch.ScalarType.Float64, 200, dimensions) * 3;
        int[] scans = [.. Enumerable.Range(0, 200).Select(_ => random.Next(2))];
        var features = Tensors.Random(random, torch.ScalarType.Float64, 200, 2);
        return (new PointTensor(features, points, 0.5, torch.tensor(scans)), Arrays.Matrix(points), scans);
    }
}
