using System.Numerics;

namespace TorchSharp.SparseConv.Core.Tests;

[TestFixtureSource(typeof(Backends), nameof(Backends.Available))]
public sealed class InterpolationTests(Backend backend)
{
    private static readonly double[] Points = [0.5, 0.5, 1.0, 0.5, 1.25, 0.75, -3, 9, 0.5, 1.5];

    private CoordinateManager _manager = null!;
    private CoordinateMap _map = null!;

    [SetUp]
    public void Make_three_voxels_of_a_square()
    {
        _manager = backend.Manager(2);
        _map = _manager.Insert([0, 0, 0, 0, 1, 0, 0, 1, 1]);
    }

    [TearDown]
    public void Free_them() => _manager.Dispose();

    [Test]
    public void Links_have_the_rows_and_weights_of_the_rule()
    {
        using var nearest = PointLinks.Create(_map, Points, [], InterpolationRule.Nearest);
        using var dense = PointLinks.Create(_map, Points, [], InterpolationRule.Dense);
        using var linear = PointLinks.Create(_map, Points, [], InterpolationRule.Linear);
        using var corners = PointLinks.Create(_map, Points, [], InterpolationRule.TorchSparse);
        using (Assert.EnterMultipleScope())
        {
            Check(nearest, [0, 1, 2, 3, 3, 3], [0, 1, 1], [1, 1, 1]);
            Check(dense, [0, 1, 3, 6, 6, 6], [0, 0, 1, 0, 1, 2], [1, 0.5, 0.5, 0.1875, 0.5625, 0.1875]);
            Check(linear, [0, 1, 3, 6, 6, 6], [0, 0, 1, 0, 1, 2], [1, 0.5, 0.5, 0.2, 0.6, 0.2]);
            Check(
                corners,
                [0, 3, 5, 7, 7, 8],
                [0, 1, 2, 1, 2, 1, 2, 2],
                [1 / 3.0, 1 / 3.0, 1 / 3.0, 0.5, 0.5, 0.25, 0.75, 1]
            );
        }

        static void Check(PointLinks links, long[] starts, long[] rows, double[] weights)
        {
            var read = links.Read();
            Assert.That(read.Starts, Is.EqualTo(starts));
            Assert.That(read.Rows, Is.EqualTo(rows));
            Assert.That(read.Weights, Is.EqualTo(weights).Within(1e-15));
        }
    }

    [Test]
    public void Splatting_sums_is_the_adjoint_of_interpolation()
    {
        using var links = PointLinks.Create(_map, Points, [], InterpolationRule.Linear);
        var (rows, points) = (Matrix<double>.Random(3, 4, 1, backend), Matrix<double>.Random(5, 4, 2, backend));
        var (read, splat) = (Filled<double>(5, 4), Filled<double>(3, 4));
        var (gradRows, gradPoints) = (Filled<double>(3, 4), Filled<double>(5, 4));
        Interpolation.Forward(links, rows.View, read.View);
        Interpolation.Splat(links, SplatKind.Sum, points.View, splat.View);
        Interpolation.Backward(links, points.View, gradRows.View);
        Interpolation.SplatBackward(links, SplatKind.Sum, rows.View, gradPoints.View);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Dot(read, points), Is.EqualTo(Dot(rows, splat)).Within(1e-14));
            Assert.That(gradRows.Data, Is.EqualTo(splat.Data), "one is the gradient of the other");
            Assert.That(gradPoints.Data, Is.EqualTo(read.Data));
        }

        static double Dot(Matrix<double> left, Matrix<double> right) =>
            left.Data.Zip(right.Data, (one, other) => one * other).Sum();
    }

    [Test]
    public void A_maximum_needs_what_was_saved()
    {
        using var links = PointLinks.FromRows(_map, [1, 1, -1]);
        var (points, rows) = (Filled<float>(3, 1), Filled<float>(3, 1));
        (points.Data[0], points.Data[1], points.Data[2]) = (-2, -1, 5);
        var saved = new DeviceArray<int>(backend, Interpolation.SavedBytes(links, SplatKind.Max, 1) / sizeof(int));
        Interpolation.Splat(links, SplatKind.Max, points.View, rows.View, saved.Workspace);
        Assert.That(rows.Data, Is.EqualTo(new[] { 0f, -1, 0 }));
        Assert.That(saved.Host, Is.EqualTo(new[] { -1, 1, -1 }));
        rows.Data[1] = 4;
        Interpolation.SplatBackward(links, SplatKind.Max, rows.View, points.View, saved.Workspace);
        Assert.That(points.Data, Is.EqualTo(new[] { 0f, 4, 0 }));

        Refused.With(
            () => Interpolation.SplatBackward(links, SplatKind.Max, rows.View, points.View),
            "saved",
            "has 0 bytes, must have 12"
        );
    }

    [Test]
    public void What_does_not_fit_is_named()
    {
        using var links = PointLinks.FromRows(_map, [0, 1]);
        var (rows, points) = (Filled<float>(3, 2), Filled<float>(2, 2));
        using (Assert.EnterMultipleScope())
        {
            Refused.With(
                () => Interpolation.Forward(links, points.View, points.View),
                "input",
                "is [2, 2], must be [3, 2]"
            );
            Refused.With(() => Interpolation.Forward(links, rows.View, rows.View), "output", "must be [2, 2]");
            Refused.With(
                () => Interpolation.Backward(links, Filled<double>(2, 2).View, rows.View),
                "gradOutput",
                "must have the Float32"
            );
            Refused.With(() => Interpolation.Splat(links, (SplatKind)9, points.View, rows.View), "kind", "9");
            Refused.With(
                () => PointLinks.FromRows(_map, [0, 3]),
                "rowOfPoint",
                "row_of_point[1] is 3, must be -1 to 2"
            );
            Refused.With(() => Make([0]), "points", "has 1 elements, must be rows of 2");
            Refused.With(() => Make([0, 0, double.NaN, 0]), "points", "on axis 0 of point 1, must be finite");
            Refused.With(() => Make([0, 0], [0, 0]), "batch", "has 2 elements");
            Refused.With(() => Make([0, 0], rule: new((InterpolationKind)4)), "rule", "4");
        }

        void Make(double[] places, int[]? batch = null, InterpolationRule? rule = null) =>
            PointLinks.Create(_map, places, batch, rule ?? InterpolationRule.Linear);
    }

    [Test]
    public void Links_outlive_the_manager_and_say_when_they_are_gone()
    {
        var live = LiveObjects.Settled();
        var links = PointLinks.Create(_map, Points, [], InterpolationRule.Nearest);
        Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live + 1));
        _manager.Dispose();
        Assert.That(links.Read().Rows, Has.Length.EqualTo(links.Count));
        Assert.That(
            () => PointLinks.Create(_map, Points, [], InterpolationRule.Nearest),
            Throws.TypeOf<ObjectDisposedException>()
        );
        links.Dispose();
        Assert.That(() => links.Read(), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(live - 1), "the map is gone, too");
    }

    private Matrix<T> Filled<T>(long rows, long columns)
        where T : unmanaged, INumber<T> => new Matrix<T>(rows, columns, backend).Fill(9);
}
