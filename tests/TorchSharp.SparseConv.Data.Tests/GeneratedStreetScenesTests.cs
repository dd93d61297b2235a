using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class GeneratedStreetScenesTests
{
    [Test]
    public void The_same_seed_and_index_give_the_same_scene_whatever_was_loaded_before()
    {
        var scenes = new GeneratedStreetScenes(5, 3, azimuthSteps: 100);
        var first = scenes.Load(2);
        scenes.Load(0);
        Assert.That(Fingerprint(scenes.Load(2)), Is.EqualTo(Fingerprint(first)));
        Assert.That(Fingerprint(scenes.Load(1)), Is.Not.EqualTo(Fingerprint(first)));
        Assert.That(Fingerprint(new GeneratedStreetScenes(6, 3, 100).Load(2)), Is.Not.EqualTo(Fingerprint(first)));
    }

    // Pinned: a change here changes every recorded result of the example.
    [Test]
    public void A_scene_has_the_same_bits_on_every_machine() =>
        Assert.That(Fingerprint(new GeneratedStreetScenes(1, 1).Load(0)), Is.EqualTo("001cf91597807c60"));

    [Test]
    public void Scenes_look_like_scans_of_a_64_beam_scanner()
    {
        var scenes = new GeneratedStreetScenes(3, 8);
        for (var index = 0; index < scenes.Count; index++)
        {
            var cloud = scenes.Load(index);
            Assert.That(cloud.Count, Is.InRange(30_000, 64 * 900), scenes.Name(index));
            for (var point = 0; point < cloud.Count; point++)
            {
                var (x, y, z) = (
                    cloud.Positions[3 * point],
                    cloud.Positions[3 * point + 1],
                    cloud.Positions[3 * point + 2]
                );
                var range = MathF.Sqrt(x * x + y * y + z * z);
                var elevation = MathF.Asin(z / range) * 180 / MathF.PI;
                if (
                    range is < 2.3f or > 80.2f
                    || elevation is < -24.4f or > 2.1f
                    || cloud.Intensity![point] is < 0 or > 1
                )
                {
                    Assert.Fail($"{scenes.Name(index)}: point {point}: range {range}, elevation {elevation}");
                }
            }
        }
    }

    [Test]
    public void Nothing_is_seen_through_a_car()
    {
        var random = new SceneRandom(1, 1);
        var wall = new Box(new Vec3(10, 0, 0), new Vec3(0.5, 3, 3), 0, 1, 13, 0.5);
        var car = new Box(new Vec3(5, 0, 0), new Vec3(0.5, 1, 1), 0, 1, 1, 0.5);
        foreach (var solids in new[] { new Solid[] { wall, car }, [car, wall] })
        {
            var hit = Hit.None;
            foreach (var solid in solids)
            {
                solid.Meet(new Vec3(1, 0, 0), ref random, ref hit);
            }
            Assert.Multiple(() =>
            {
                Assert.That(hit.Label, Is.EqualTo(1));
                Assert.That(hit.Distance, Is.EqualTo(4.5).Within(1e-12));
                Assert.That(hit.Incidence, Is.EqualTo(1).Within(1e-12));
            });
        }
    }

    [Test]
    public void Solids_are_met_where_geometry_says()
    {
        var random = new SceneRandom(1, 1);
        var ray = new Vec3(0.6, 0.8, 0);
        var pole = Hit.None;
        new Cylinder(new Vec3(6, 8, 0), 0.5, 1, 18, 0.5).Meet(ray, ref random, ref pole);
        var ball = Hit.None;
        new Ellipsoid(new Vec3(6, 8, 0), 2, 1, 15, 0.5).Meet(ray, ref random, ref ball);
        var above = Hit.None;
        new Cylinder(new Vec3(6, 8, 3), 0.5, 1, 18, 0.5).Meet(ray, ref random, ref above);
        Assert.Multiple(() =>
        {
            Assert.That(pole.Distance, Is.EqualTo(9.5).Within(1e-12));
            Assert.That(ball.Distance, Is.EqualTo(8).Within(1e-12));
            Assert.That(above.Distance, Is.EqualTo(double.PositiveInfinity));
        });
    }

    [Test]
    public void Every_class_of_a_street_occurs()
    {
        var scenes = new GeneratedStreetScenes(1, 12);
        var counts = new int[scenes.ClassNames.Count];
        for (var index = 0; index < scenes.Count; index++)
        {
            foreach (var label in scenes.Load(index).Labels!)
            {
                counts[label]++;
            }
        }
        int[] expected = [0, 1, 4, 6, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19];
        Assert.That(Enumerable.Range(0, counts.Length).Where(label => counts[label] > 0), Is.EqualTo(expected));
    }

    [Test]
    public void Own_sine_and_cosine_agree_with_the_library()
    {
        for (var angle = -20.0; angle < 20; angle += 0.0137)
        {
            var (sin, cos) = ExactMath.SinCos(angle);
            Assert.That(sin, Is.EqualTo(Math.Sin(angle)).Within(1e-9));
            Assert.That(cos, Is.EqualTo(Math.Cos(angle)).Within(1e-9));
        }
    }

    [Test]
    public void Indices_outside_are_refused() =>
        Assert.That(() => new GeneratedStreetScenes(1, 2).Load(2), Throws.TypeOf<ArgumentOutOfRangeException>());

    private static string Fingerprint(PointCloud cloud)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<float>(cloud.Positions));
        hash.AppendData(MemoryMarshal.AsBytes<float>(cloud.Intensity));
        hash.AppendData(MemoryMarshal.AsBytes<int>(cloud.Labels));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
