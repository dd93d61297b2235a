using System.Numerics;
using ShapeCompletion;

namespace Examples.Tests.Completion;

internal sealed class ShapeTests
{
    // The volume in a box with half the extent 1.
    [TestCase(SolidKind.Box, 8)]
    [TestCase(SolidKind.Sphere, 4 * Math.PI / 3)]
    [TestCase(SolidKind.Cylinder, 2 * Math.PI)]
    [TestCase(SolidKind.Cone, 2 * Math.PI / 3)]
    [TestCase(SolidKind.Torus, 2 * Math.PI * Math.PI * 0.65 * 0.35)]
    public void A_solid_has_its_volume_however_it_is_turned(SolidKind kind, double volume)
    {
        var turn = Quaternion.CreateFromYawPitchRoll(1, 2, 3);
        var solid = new Solid(kind, new Vector3(0.2f, -0.1f, 0.1f), turn, new Vector3(0.5f, 0.4f, 0.3f));
        const int size = 80;
        var inside = Enumerable.Range(0, size * size * size).Count(cell => solid.Contains(Shape.Place(cell, size)));
        Assert.That(8.0 * inside / (size * size * size), Is.EqualTo(volume * 0.5 * 0.4 * 0.3).Within(2).Percent);
    }

    [Test]
    public void A_surface_is_the_outer_layer()
    {
        var cube = Cube();
        Assert.That(cube.Cells, Has.Length.EqualTo((6 * 6 * 6) - (4 * 4 * 4)));
        Assert.That(cube.Contains(Shape.Cell(5, 5, 5, 10)), Is.False);
        Assert.That(cube.Thickened().Cells, Has.Length.EqualTo((8 * 8 * 8) - (2 * 2 * 2)));
    }

    [Test]
    public void A_camera_sees_the_side_that_is_turned_to_it()
    {
        var cube = Cube();
        var seen = cube.SeenFrom(Vector3.UnitX).Select(cell => Shape.Split(cell, 10)).ToArray();
        var front = cube.Cells.Select(cell => Shape.Split(cell, 10)).Where(at => at.X == 7).ToArray();
        Assert.That(front, Is.SubsetOf(seen));
        Assert.That(seen.Select(at => at.X).Min(), Is.EqualTo(6), "of the sides no more than two voxels");
    }

    [Test]
    public void Two_views_show_more_than_one_and_a_cut_shows_half()
    {
        var (one, two, cut, all) = (0, 0, 0, 0);
        for (var seed = 0; seed < 20; seed++)
        {
            var shape = GeneratedShapes.Draw(new Random(seed), 32);
            all += shape.Cells.Length;
            one += Count(PartialKind.OneView);
            two += Count(PartialKind.TwoViews);
            cut += Count(PartialKind.Cut);

            int Count(PartialKind kind)
            {
                var seen = Sample.Of(shape, kind, new Random(seed)).Seen;
                Assert.That(seen.Cells, Is.SubsetOf(shape.Cells));
                return seen.Cells.Length;
            }
        }
        Assert.That((double)one / all, Is.InRange(0.3, 0.55));
        Assert.That((double)two / all, Is.InRange((double)one / all, 0.85).And.GreaterThan((1.2 * one) / all));
        Assert.That((double)cut / all, Is.InRange(0.35, 0.65));
    }

    [Test]
    public void Generated_shapes_are_the_same_for_a_seed_and_leave_the_border_free()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var shape = GeneratedShapes.Draw(new Random(seed), 32);
            Assert.That(GeneratedShapes.Draw(new Random(seed), 32).Cells, Is.EqualTo(shape.Cells));
            Assert.That(GeneratedShapes.Draw(new Random(seed + 1), 32).Cells, Is.Not.EqualTo(shape.Cells));
            Assert.That(shape.Cells, Has.Length.InRange(200, 6000));
            foreach (var (x, y, z) in shape.Cells.Select(cell => Shape.Split(cell, 32)))
            {
                Assert.That(Math.Min(x, Math.Min(y, z)) >= 1 && Math.Max(x, Math.Max(y, z)) <= 30, Is.True);
            }
        }
    }

    [Test]
    public void Agreement_is_counted_by_hand()
    {
        // Cells in a row: the output has 0, 1, 5 and the truth 1, 2, 8.
        var (output, truth) = (Row(0, 1, 5), Row(1, 2, 8));
        var one = Agreement.Of(output, truth);
        Assert.That(one, Is.EqualTo(new Agreement(Output: 3, Truth: 3, Both: 1, OutputNear: 2, TruthNear: 2)));
        Assert.That((one + one).IoU, Is.EqualTo(0.2));
        Assert.That(one.Precision, Is.EqualTo(2.0 / 3));
        Assert.That(Agreement.Of(Row(), Row()).IoU, Is.EqualTo(1));

        Shape Row(params int[] places) => new(10, places.Select(z => Shape.Cell(4, 4, z, 10)));
    }

    // A cube of 6^3 cells, from 2 to 7 on each axis of 10.
    private static Shape Cube() =>
        Shape.SurfaceOf(10, point => Math.Max(Math.Abs(point.X), Math.Max(Math.Abs(point.Y), Math.Abs(point.Z))) < 0.6);
}
